package telemetry

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgeward/edgeward/audit"
)

// Bounds of what a client can make the log write, in bytes before escaping.
const (
	maxPath  = 1024
	maxError = 2048
)

// visible returns s with everything escaped that could forge a line, drive a
// terminal or reorder text: control characters of C0 and C1, ANSI sequences
// (they begin with one), bidirectional marks, and bytes that are not UTF-8. It
// cuts s after limit bytes.
func visible(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		s = s[:limit]
	}
	if !plain(s) {
		s = escape(s)
	}
	if cut {
		s += mark
	}
	return s
}

// masked is visible for what others have written, a path or a provider's error,
// without what looks like a credential. The bound comes first: they choose its
// length, and what is in it.
func masked(s string, limit int) string {
	shown := visible(audit.RedactPrefix(s, limit), limit)
	if len(s) > limit && !strings.HasSuffix(shown, mark) {
		shown += mark
	}
	return shown
}

// mark stands where something was cut off.
const mark = "…"

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	return true
}

func escape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[0]), 16))
		case r == '\\':
			b.WriteString(`\\`) // or an escape could be faked
		case unicode.IsPrint(r):
			b.WriteString(s[:n])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[n:]
	}
	return b.String()
}
