package ui

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Warnings prints what stops nothing.
func Warnings(w io.Writer, p Paint, warnings []string) {
	if len(warnings) > 0 {
		fmt.Fprintf(w, "\n%s\n", p.Bold("warnings"))
	}
	for _, text := range warnings {
		fmt.Fprintf(w, "  %s %s\n", p.Yellow("!"), text)
	}
}

// Section prints a title and, below it, rows in columns.
func Section(w io.Writer, p Paint, title string, rows func(io.Writer)) {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	rows(t)
	_ = t.Flush() // into memory
	if b.Len() == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.Bold(title))
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
}
