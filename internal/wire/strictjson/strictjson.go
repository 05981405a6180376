// Package strictjson reads JSON objects that have exactly one meaning: RFC 8259
// with the demands of I-JSON (RFC 7493) on names and numbers, and with bounds. Tokens and key sets are read with it, because
// encoding/json folds the case of names ("ALG" would set alg), lets the last
// duplicate win and repairs broken UTF-8, and each of these has been a way
// past somebody's signature check.
//
// Refused are: duplicate names at any depth, compared after unescaping
// ("\u0061lg" is "alg"); invalid UTF-8, lone surrogates and a byte order mark;
// numbers that no float64 can hold; nesting deeper than 32
// and more than 1,000 members in all, which are enough for what strangers send;
// anything after the object. Names are exact: case and Unicode look-alikes make
// other names. Noncharacters such as U+FFFF are allowed in strings: they are
// ordinary code points to UTF-8 and to RFC 8259, Unicode's Corrigendum 9 permits
// them in interchange, and one in a display name must not refuse a valid token.
// [edgeward.NewIdentity] keeps them out of what becomes a header or a log line.
//
// Time is linear in the input. Values refer to the input and copy nothing but
// strings with escapes.
package strictjson

import "fmt"

const (
	maxDepth   = 32   // nested objects and arrays, the outermost included
	maxMembers = 1000 // members of all objects in the document together
)

// Object validates data, which must be one object, and returns its members.
// The error is a [*SyntaxError].
func Object(data []byte) (Members, error) { return ObjectUpTo(data, maxMembers) }

// ObjectUpTo is [Object] for a document of our own, with up to so many members
// in all.
func ObjectUpTo(data []byte, members int) (Members, error) {
	s := scanner{text: string(data), limit: members}
	if err := s.document(); err != nil {
		return nil, err
	}
	return s.members, nil
}

// Append is [Object] for a string, to which the members refer. It appends
// them to members, so that a caller can keep those of a small object off the
// heap; members must be empty.
func Append(members Members, text string) (Members, error) {
	s := scanner{text: text, members: members, limit: maxMembers}
	if err := s.document(); err != nil {
		return nil, err
	}
	return s.members, nil
}

// A SyntaxError says what is wrong with a document and where. It quotes
// nothing of it, which may be a secret.
type SyntaxError struct {
	Offset  int // in bytes
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("json: %s at byte %d", e.Problem, e.Offset)
}
