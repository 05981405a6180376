package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Paint colours text when it is true, and leaves it alone when it is not.
type Paint bool

// Painter decides whether what goes to w may be coloured: only on a terminal,
// and not when NO_COLOR is set (https://no-color.org).
func Painter(w io.Writer) Paint {
	return Paint(IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (p Paint) with(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p Paint) Bold(s string) string   { return p.with("1", s) }
func (p Paint) Dim(s string) string    { return p.with("2", s) }
func (p Paint) Red(s string) string    { return p.with("31", s) }
func (p Paint) Green(s string) string  { return p.with("32", s) }
func (p Paint) Yellow(s string) string { return p.with("33", s) }
func (p Paint) Cyan(s string) string   { return p.with("36", s) }

// Status colours an HTTP status: green for yes, yellow for no, red for trouble.
func (p Paint) Status(status int, s string) string {
	switch {
	case status < 400:
		return p.Green(s)
	case status < 500:
		return p.Yellow(s)
	default:
		return p.Red(s)
	}
}
