package jwt

import "github.com/edgeward/edgeward/internal/wire/strictjson"

// A Value is a claim: JSON of any type, which was checked. A method reports false
// when the claim is of another type. The zero Value is of none.
type Value struct{ json strictjson.Value }

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

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.json.Kind() == strictjson.KindObject }
