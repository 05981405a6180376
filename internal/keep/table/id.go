package table

import "encoding/base64"

// IDSize is the size of an [ID], in bytes.
const IDSize = 16

// An ID names a row. It is public and proves nothing.
type ID [IDSize]byte

var base64url = base64.RawURLEncoding.Strict()

// String returns the id in base64url.
func (id ID) String() string { return base64url.EncodeToString(id[:]) }

// ParseID reads what String wrote and nothing else.
func ParseID(s string) (id ID, ok bool) {
	if len(s) != base64url.EncodedLen(IDSize) {
		return id, false
	}
	// Go's decoder stops where the text is wrong and skips CR and LF: what it
	// decodes in full has one spelling.
	n, err := base64url.Decode(id[:], []byte(s))
	return id, err == nil && n == IDSize
}
