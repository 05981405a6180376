package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// columns prints a title line and rows, tab-separated, below each other. A list
// without rows is its titles: a person sees that it was read.
func columns(w io.Writer, titles string, rows func(io.Writer)) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, titles)
	rows(t)
	_ = t.Flush() // into memory
	p := painter(w)
	first := true
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, " \n")
		if first {
			line, first = p.dim(line), false
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// cell is text of somebody else in a column.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.ReplaceAll(harmless(s), "\n", `\u000a`)
}

// ago returns how long t is gone.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return span(max(now.Sub(t), 0)) + " ago"
}

// expiry returns when something ends.
func expiry(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return clock(t, time.Now())
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return harmless(strings.Join(list, " "))
}
