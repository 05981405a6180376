// Package value is what a configuration holds, as the keys of a route read it,
// whatever it is written in; and what a key's value is that has a package of its own.
package value

import (
	"time"

	"github.com/edgeward/edgeward"
)

// A Value is one value of a configuration. What it is asked for and is not, it
// reports where it stands, and returns false.
type Value interface {
	// Shape is what the value is; to ask reports nothing.
	Shape() Shape
	Text(example string) (string, bool)    // one line, not empty
	Texts(example string) ([]string, bool) // different from each other
	Bool() (value, ok bool)
	Choice(names []string) (int, bool)
	// Duration is between least and most. why ends what is said of a longer one.
	Duration(least, most time.Duration, why string) (time.Duration, bool)
	// Size is a number of bytes, at least 1.
	Size() (bytes int64, ok bool)
	// Secret reads what the value refers to. It is zero, and no mistake, where only
	// the place has it that the configuration is made for.
	Secret() (edgeward.Secret, bool)
	// Members calls read with each member of a mapping, and with the index of its
	// name in names. It reports other names. what says whose they are.
	Members(what string, names []string, read func(i int, member Value)) bool
	// Each calls read with each member of a mapping with names of any kind.
	Each(example string, read func(name string, member Value)) bool
	// Items calls read with each member of a list, of whatever kind they are.
	Items(example string, read func(member Value)) bool
}

// A Shape is what a [Value] is.
type Shape uint8

// The shapes.
const (
	Other Shape = iota // nothing, a number, true or false
	Text
	List
	Mapping
)

// An Object is the value of a key that has a package of its own: a pointer to a
// struct whose zero value is what holds where nothing is stated.
type Object interface {
	// Read replaces what the object holds by v. It reports false when v is something
	// else, which v has reported.
	Read(v Value) bool
	// Lay replaces what the object holds by what from does, of the same type. They
	// share what no one changes.
	Lay(from Object)
	// Equal reports whether both state the same; other is of the same type.
	Equal(other Object) bool
	// Seal checks the object and makes it ready for use. What is wrong it reports by
	// the name of a member, or by "".
	Seal(report func(member, detail string))
	// Show gives the value, which is called name, as an explanation has it: a
	// []string, a string or a bool, or several of them under names below name.
	Show(name string, add func(name string, value any))
}

// A Key is what the reference says, in Markdown, of one member of a mapping.
type Key struct {
	Name    string
	Kind    string // "list of text", "true or false"
	Absent  string // what holds without it
	Meaning string
}
