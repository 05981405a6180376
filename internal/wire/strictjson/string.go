package strictjson

import (
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string; pos is on its opening quote.
func (s *scanner) string() (Value, error) {
	start := s.pos
	s.pos = skipPlain(s.text, start+1)
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		s.pos++
		return Value{raw: s.text[start:s.pos], kind: KindString}, nil
	}
	return s.unplainString(start)
}

// skipPlain returns the position of the first byte at or after pos that does
// not stand for itself: a control character, quote, backslash or a part of a
// character beyond ASCII. It looks at eight bytes at a time.
func skipPlain(text string, pos int) int {
	for ; len(text)-pos >= 8; pos += 8 {
		if odd := notPlain(word(text[pos:])); odd != 0 {
			return pos + bits.TrailingZeros64(odd)/8
		}
	}
	for pos < len(text) && notPlain(uint64(text[pos])|spaces&^0xff) == 0 {
		pos++
	}
	return pos
}

const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	spaces = ' ' * ones
)

// notPlain sets the high bit of the first byte of w that is not plain, perhaps
// of some after it, and of none before it. Subtracting from a byte borrows into
// its high bit when the byte is too small, which is all that is used here; the
// xor makes quote and backslash zero.
func notPlain(w uint64) uint64 {
	quote, backslash := w^'"'*ones, w^'\\'*ones
	return (w | (w - spaces) | (quote - ones) | (backslash - ones)) & highs
}

// word returns the first eight bytes of text, the first one lowest.
func word(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// unplainString reads on in a string that holds more than plain ASCII.
func (s *scanner) unplainString(start int) (Value, error) {
	escaped := false
	for ; s.pos < len(s.text); s.pos = skipPlain(s.text, s.pos) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return Value{raw: s.text[start:s.pos], kind: KindString, escaped: escaped}, nil
		case c == '\\':
			escaped = true
		case c < ' ':
			return Value{}, s.fail("control character in a string")
		}
		_, size := decodeRune(s.text[s.pos:])
		if size == 0 {
			return Value{}, s.fail("bad escape or bad UTF-8 in a string")
		}
		s.pos += size
	}
	return Value{}, s.fail("string without end")
}

// decodeRune reads the character or escape that text starts with, and returns
// the number of bytes that it takes, 0 when it is none.
func decodeRune(text string) (r rune, size int) {
	if text[0] == '\\' {
		return decodeEscape(text)
	}
	r, size = utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && size <= 1 {
		return 0, 0
	}
	return r, size
}

// decodeEscape reads an escape of RFC 8259 §7.
func decodeEscape(text string) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch text[1] {
	case '"', '\\', '/':
		return rune(text[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	return decodeHexEscape(text)
}

// decodeHexEscape reads \uXXXX, or two of them that are a surrogate pair. A
// surrogate that is alone is no character.
func decodeHexEscape(text string) (r rune, size int) {
	r, ok := hexEscape(text)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hexEscape(text[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func hexEscape(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(code), err == nil
}

// unescape returns the content of a validated string with its quotes.
func unescape(quoted string) string {
	text := quoted[1 : len(quoted)-1]
	content := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := decodeRune(text)
		content = utf8.AppendRune(content, r)
		text = text[size:]
	}
	return string(content)
}

// AppendString appends s to dst as a JSON string. Bytes that are no UTF-8
// become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
