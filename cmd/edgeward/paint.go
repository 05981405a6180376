package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// paint colours text when it is true, and leaves it alone when it is not.
type paint bool

// painter decides whether what goes to w may be coloured: only on a terminal,
// and not when NO_COLOR is set (https://no-color.org).
func painter(w io.Writer) paint {
	return paint(isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (p paint) with(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string   { return p.with("1", s) }
func (p paint) dim(s string) string    { return p.with("2", s) }
func (p paint) red(s string) string    { return p.with("31", s) }
func (p paint) green(s string) string  { return p.with("32", s) }
func (p paint) yellow(s string) string { return p.with("33", s) }
func (p paint) cyan(s string) string   { return p.with("36", s) }

// status colours an HTTP status: green for yes, yellow for no, red for trouble.
func (p paint) status(status int, s string) string {
	switch {
	case status < 400:
		return p.green(s)
	case status < 500:
		return p.yellow(s)
	default:
		return p.red(s)
	}
}
