package wrangler

import "bytes"

// plainJSON removes comments and trailing commas from JSON as wrangler reads it.
// What is no such JSON stays none. Each byte that it removes becomes a space, so
// that positions in errors are those of the file.
func plainJSON(text []byte) []byte {
	plain := append([]byte{}, text...)
	comma := -1 // the last one with nothing but space behind it
	for i := 0; i < len(plain); i++ {
		switch c := plain[i]; {
		case c == '"':
			comma, i = -1, endOfString(plain, i)
		case c == '/' && i+1 < len(plain) && (plain[i+1] == '/' || plain[i+1] == '*'):
			i = blankComment(plain, i)
		case c == ',':
			comma = i
		case c == '}' || c == ']':
			if comma >= 0 {
				plain[comma] = ' '
			}
			comma = -1
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			comma = -1
		}
	}
	return plain
}

// endOfString returns where the string that begins at i ends.
func endOfString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// blankComment blanks the comment that begins at i and returns its last byte.
func blankComment(text []byte, i int) int {
	end := []byte("*/")
	if text[i+1] == '/' {
		end = []byte("\n")
	}
	last := len(text)
	if at := bytes.Index(text[i+2:], end); at >= 0 {
		last = i + 2 + at + len(end)
	} else if end[0] == '*' {
		return last // it never ends, and stays: no JSON
	}
	for ; i < last; i++ {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
	return last - 1
}
