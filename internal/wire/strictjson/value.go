package strictjson

import "strconv"

// A Kind is the type of a JSON value. The zero Kind is that of no value.
type Kind uint8

// The kinds.
const (
	KindNone Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// A Value is a JSON value that was validated. The zero Value is of no kind.
type Value struct {
	raw     string
	kind    Kind
	escaped bool // a string that holds a backslash
}

// Kind returns what the value is.
func (v Value) Kind() Kind { return v.kind }

// Raw returns the value as it was written.
func (v Value) Raw() string { return v.raw }

// String returns the content of a string.
func (v Value) String() (string, bool) {
	if v.kind != KindString {
		return "", false
	}
	if v.escaped {
		return unescape(v.raw), true
	}
	return v.raw[1 : len(v.raw)-1], true
}

// Float returns a number. It is finite.
func (v Value) Float() (float64, bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	if n, ok := smallInteger(v.raw); ok {
		return float64(n), true
	}
	f, err := strconv.ParseFloat(v.raw, 64)
	return f, err == nil
}

// smallInteger reads a number of up to 15 digits, such as a time, in a quarter
// of the time. It is exact: 10^15 is less than 2^53.
func smallInteger(raw string) (n int64, ok bool) {
	if len(raw) > 15 {
		return 0, false
	}
	for i := range len(raw) {
		digit := raw[i] - '0'
		if digit > 9 {
			return 0, false
		}
		n = 10*n + int64(digit)
	}
	return n, true
}

// Bool returns a boolean.
func (v Value) Bool() (value, ok bool) { return v.raw == "true", v.kind == KindBool }

// Object returns the members of an object.
func (v Value) Object() (Members, bool) {
	if v.kind != KindObject {
		return nil, false
	}
	s := scanner{text: v.raw, limit: len(v.raw)} // it was counted with its document
	err := s.document()
	return s.members, err == nil
}

// Array returns the elements of an array.
func (v Value) Array() ([]Value, bool) {
	if v.kind != KindArray {
		return nil, false
	}
	var elements []Value
	s := scanner{text: v.raw, limit: len(v.raw)}
	err := s.array(func(e Value) { elements = append(elements, e) })
	return elements, err == nil
}

// Strings returns the elements of an array of strings. It reports false for
// any other value, and for an array with an element that is no string.
func (v Value) Strings() ([]string, bool) {
	if v.kind != KindArray {
		return nil, false
	}
	texts, all := make([]string, 0, 2), true
	s := scanner{text: v.raw, limit: len(v.raw)}
	err := s.array(func(e Value) {
		text, ok := e.String()
		texts, all = append(texts, text), all && ok
	})
	return texts, all && err == nil
}

// A Member is a name and its value in an object.
type Member struct {
	Name  string // unescaped
	Value Value
}

// Members are the members of an object in the order in which they were
// written. No two have the same name.
type Members []Member

// Stated is [Members.Lookup] for documents of others, where a null is as good as
// absent: serializers that print every member write one for what is not there.
func (m Members) Stated(name string) (Value, bool) {
	v, found := m.Lookup(name)
	if v.kind == KindNull {
		return Value{}, false
	}
	return v, found
}

// Lookup returns the value of name, which is compared exactly.
func (m Members) Lookup(name string) (Value, bool) {
	for i := range m {
		if m[i].Name == name {
			return m[i].Value, true
		}
	}
	return Value{}, false
}
