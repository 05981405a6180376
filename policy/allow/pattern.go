package allow

import (
	"slices"
	"strings"
)

// A pattern is a value that is accepted, with any text before or after it.
type pattern struct {
	text          string
	before, after bool
}

func parsePattern(s string) (p pattern) {
	p.text, p.before = strings.CutPrefix(s, "*")
	p.text, p.after = strings.CutSuffix(p.text, "*")
	return p
}

// open reports whether p fits more than its text.
func (p *pattern) open() bool { return p.before || p.after }

func (p *pattern) fits(s string) bool {
	switch {
	case p.before && p.after:
		return strings.Contains(s, p.text)
	case p.before:
		return strings.HasSuffix(s, p.text)
	case p.after:
		return strings.HasPrefix(s, p.text)
	}
	return s == p.text
}

// fitsAny is fits of any member of a sorted list.
func (p *pattern) fitsAny(sorted []string) bool {
	if p.before {
		return slices.ContainsFunc(sorted, p.fits)
	}
	i, _ := slices.BinarySearch(sorted, p.text)
	return i < len(sorted) && p.fits(sorted[i])
}

// covers reports whether p fits everything that q fits.
func (p *pattern) covers(q *pattern) bool {
	switch {
	case q.before && !p.before || q.after && !p.after:
		return false
	case p.before && p.after:
		return strings.Contains(q.text, p.text)
	}
	return p.fits(q.text)
}
