package strictjson

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// plain marks the bytes that stand for themselves in a string: ASCII without
// control characters, quote and backslash.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// string reads a string; pos is on its opening quote.
func (s *scanner) string() (Value, error) {
	start, escaped := s.pos, false
	s.pos++
	for {
		for s.pos < len(s.text) && plain[s.text[s.pos]] {
			s.pos++
		}
		if s.pos == len(s.text) {
			return Value{}, s.fail("string without end")
		}
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return Value{raw: s.text[start:s.pos], kind: KindString, escaped: escaped}, nil
		case c == '\\':
			escaped = true
		case c < ' ':
			return Value{}, s.fail("control character in a string")
		}
		r, size := decodeRune(s.text[s.pos:])
		if size == 0 {
			return Value{}, s.fail("bad escape or bad UTF-8 in a string")
		}
		if noncharacter(r) {
			return Value{}, s.fail("noncharacter in a string")
		}
		s.pos += size
	}
}

// noncharacter reports whether r is a code point that RFC 7493 §2.1 keeps out
// of strings. Surrogates are found by decodeRune.
func noncharacter(r rune) bool { return r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef }

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
