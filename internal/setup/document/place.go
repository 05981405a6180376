package document

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A File is what places are in.
type File interface {
	Name() string // as messages show it
	Order() int   // of its mistakes among those of other files
	// Masked returns a line, numbered from 1, with its secrets hidden, and false
	// where there is none to show.
	Masked(line int) (string, bool)
}

// A Place is where in which file something stands, so that a message can
// point at it. Line and column start at 1, a column counts characters; line 0
// means the file as a whole.
type Place struct {
	File         File
	Line, Column int
	Width        int // characters to underline, at least 1
}

// Whole returns the place that means the file itself.
func Whole(f File) Place { return Place{File: f, Width: 1} }

func (p Place) String() string {
	if p.Line == 0 {
		return Printable(p.File.Name())
	}
	return fmt.Sprintf("%s:%d:%d", Printable(p.File.Name()), p.Line, p.Column)
}

// maxExcerpt is how many characters of a line an excerpt shows.
const maxExcerpt = 100

// excerpt returns the line with its secrets masked, and the caret line below
// it. Both are "" when there is no line to show.
func (p Place) excerpt() (line, caret string) {
	text, ok := p.File.Masked(p.Line)
	if !ok {
		return "", ""
	}
	shown := []rune(Printable(text))
	column := min(max(p.Column-1, 0), len(shown))
	start := 0
	if column > maxExcerpt*3/4 {
		start = column - maxExcerpt/2
	}
	end := min(start+maxExcerpt, len(shown))
	width := max(1, min(p.Width, end-column))
	return string(shown[start:end]), strings.Repeat(" ", column-start) + strings.Repeat("^", width)
}

// Printable replaces what would steer a terminal (CWE-150); a character stays
// one character, so that the caret still fits.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, s)
}
