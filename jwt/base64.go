package jwt

import (
	"encoding/binary"
	"strings"
)

// Go's decoder skips CR and LF even when strict, which gives one token many
// spellings. This one knows the URL alphabet of RFC 4648 §5 and nothing else:
// no padding, no white space, no bits left over (§3.5).

const notInAlphabet = 0xff

// sextet maps a character to its six bits.
var sextet = func() (table [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range table {
		table[i] = notInAlphabet
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

// decodedLen returns how many bytes n characters spell.
func decodedLen(n int) int { return n * 6 / 8 }

// decode writes what segment spells to dst, which has decodedLen bytes, and
// reports whether segment is strict base64url.
func decode(dst []byte, segment string) bool {
	// Eight characters at a time, as long as a whole word can be written.
	for len(segment) >= 8 && len(dst) >= 8 {
		a, b, c, d := sextet[segment[0]], sextet[segment[1]], sextet[segment[2]], sextet[segment[3]]
		e, f, g, h := sextet[segment[4]], sextet[segment[5]], sextet[segment[6]], sextet[segment[7]]
		if a|b|c|d|e|f|g|h == notInAlphabet {
			return false
		}
		binary.BigEndian.PutUint64(dst, uint64(a)<<58|uint64(b)<<52|uint64(c)<<46|uint64(d)<<40|
			uint64(e)<<34|uint64(f)<<28|uint64(g)<<22|uint64(h)<<16)
		segment, dst = segment[8:], dst[6:]
	}
	for len(segment) >= 4 {
		a, b, c, d := sextet[segment[0]], sextet[segment[1]], sextet[segment[2]], sextet[segment[3]]
		if a|b|c|d == notInAlphabet {
			return false
		}
		dst[0], dst[1], dst[2] = a<<2|b>>4, b<<4|c>>2, c<<6|d
		segment, dst = segment[4:], dst[3:]
	}
	return decodeLast(dst, segment)
}

// decodeLast decodes the last two or three characters, or none. The bits that
// belong to no byte must be zero, else the same bytes had several spellings.
func decodeLast(dst []byte, segment string) bool {
	switch len(segment) {
	case 0:
		return true
	case 2:
		a, b := sextet[segment[0]], sextet[segment[1]]
		dst[0] = a<<2 | b>>4
		return a|b != notInAlphabet && b&0x0f == 0
	case 3:
		a, b, c := sextet[segment[0]], sextet[segment[1]], sextet[segment[2]]
		dst[0], dst[1] = a<<2|b>>4, b<<4|c>>2
		return a|b|c != notInAlphabet && c&0x03 == 0
	}
	return false
}

// decodeText appends what segment spells to text. It goes by way of a small
// buffer on the stack, so that text's memory is the only allocation.
func decodeText(text *strings.Builder, segment string) bool {
	var buffer [384]byte
	const chunk = len(buffer) / 3 * 4
	for len(segment) > 0 {
		n := min(chunk, len(segment))
		decoded := buffer[:decodedLen(n)]
		if !decode(decoded, segment[:n]) {
			return false
		}
		text.Write(decoded)
		segment = segment[n:]
	}
	return true
}
