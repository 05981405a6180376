package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Harmless returns s with what could drive a terminal or reorder text made
// visible; line ends stay. Tokens and URLs can hold anything.
func Harmless(s string) string {
	if !strings.ContainsFunc(s, hostile) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hostile(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hostile(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// Clock returns t with its distance from now.
func Clock(t, now time.Time) string {
	at := t.UTC().Format("2006-01-02 15:04:05 UTC")
	if t.After(now) {
		return at + " (in " + Span(t.Sub(now)) + ")"
	}
	return at + " (" + Span(now.Sub(t)) + " ago)"
}

// Span returns d in the largest unit that says enough.
func Span(d time.Duration) string {
	d = d.Round(time.Second)
	units := []struct {
		size time.Duration
		name string
	}{{365 * 24 * time.Hour, "year"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}
	for _, u := range units {
		switch n := int64(d.Round(u.size) / u.size); {
		case d < u.size:
		case n == 1:
			return "1 " + u.name
		default:
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "less than a second"
}
