package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A place is where in which file something stands, so that a message can
// point at it. Line and column start at 1, a column counts characters; line 0
// means the file as a whole.
type place struct {
	file         *document
	line, column int
	width        int // characters to underline, at least 1
}

func (p place) String() string {
	if p.line == 0 {
		return printable(p.file.name)
	}
	return fmt.Sprintf("%s:%d:%d", printable(p.file.name), p.line, p.column)
}

// maxExcerpt is how many characters of a line an excerpt shows.
const maxExcerpt = 100

// excerpt returns the line with its secrets masked, and the caret line below
// it. Both are "" when there is no line to show.
func (p place) excerpt() (line, caret string) {
	text, ok := p.file.masked(p.line)
	if !ok {
		return "", ""
	}
	shown := []rune(printable(text))
	column := min(max(p.column-1, 0), len(shown))
	start := 0
	if column > maxExcerpt*3/4 {
		start = column - maxExcerpt/2
	}
	end := min(start+maxExcerpt, len(shown))
	width := max(1, min(p.width, end-column))
	return string(shown[start:end]), strings.Repeat(" ", column-start) + strings.Repeat("^", width)
}

// printable replaces what would steer a terminal (CWE-150); a character stays
// one character, so that the caret still fits.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, s)
}
