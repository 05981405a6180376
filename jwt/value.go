package jwt

import (
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A Value is a claim: JSON of any type, which was checked. A method reports false
// when the claim is of another type. The zero Value is of none.
type Value struct{ json strictjson.Value }

// A Member is a name and its value in an object.
type Member struct {
	Name  string // unescaped, compared exactly
	Value Value
}

// ParseObject reads a JSON object by the rules that a token's payload is read by: no
// name twice at any depth, valid UTF-8, at most 1,000 members and 32 levels. It is for
// what an issuer says outside of a token, as its userinfo does, and proves nothing of
// who wrote it. Its error wraps [edgeward.TokenMalformed] and quotes nothing of text,
// to which the value refers.
func ParseObject(text string) (Value, error) {
	members, err := strictjson.Append(nil, `{"":`+text+`}`)
	if err != nil {
		return Value{}, fmt.Errorf("jwt: object: %w: %w", edgeward.TokenMalformed, err)
	}
	v := Value{members[0].Value}
	if len(members) != 1 || !v.IsObject() {
		return Value{}, fmt.Errorf("jwt: object: it is of another kind: %w", edgeward.TokenMalformed)
	}
	return v, nil
}

// Text returns a string.
func (v Value) Text() (string, bool) { return v.json.String() }

// Texts returns the elements of an array in which all are strings.
func (v Value) Texts() ([]string, bool) { return v.json.Strings() }

// Number returns a number, which is finite.
func (v Value) Number() (float64, bool) { return v.json.Float() }

// Bool returns a boolean.
func (v Value) Bool() (value, ok bool) { return v.json.Bool() }

// JSON returns the claim as it was sent, "" for none.
func (v Value) JSON() string { return v.json.Raw() }

// Member returns the member of an object that is called name, exactly. It reports
// false when there is none, and when v is no object.
func (v Value) Member(name string) (Value, bool) {
	members, _ := v.json.Object()
	member, found := members.Lookup(name)
	return Value{member}, found
}

// Members returns the members of an object in the order in which they were written.
func (v Value) Members() ([]Member, bool) {
	members, ok := v.json.Object()
	all := make([]Member, len(members))
	for i, m := range members {
		all[i] = Member{m.Name, Value{m.Value}}
	}
	return all, ok
}

// Elements returns the elements of an array.
func (v Value) Elements() ([]Value, bool) {
	elements, ok := v.json.Array()
	all := make([]Value, len(elements))
	for i, e := range elements {
		all[i] = Value{e}
	}
	return all, ok
}

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.json.Kind() == strictjson.KindNull }

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.json.Kind() == strictjson.KindObject }
