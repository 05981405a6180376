package ui

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Columns prints a title line and rows, tab-separated, below each other. A list
// without rows is its titles: a person sees that it was read.
func Columns(w io.Writer, titles string, rows func(io.Writer)) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, titles)
	rows(t)
	_ = t.Flush() // into memory
	p := Painter(w)
	first := true
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, " \n")
		if first {
			line, first = p.Dim(line), false
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// Cell is text of somebody else in a column.
func Cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.ReplaceAll(Harmless(s), "\n", `\u000a`)
}

// Ago returns how long t is gone.
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return Span(max(now.Sub(t), 0)) + " ago"
}

// Expiry returns when something ends.
func Expiry(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return Clock(t, time.Now())
}

func OrNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return Harmless(strings.Join(list, " "))
}
