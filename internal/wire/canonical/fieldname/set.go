package fieldname

import (
	"fmt"
	"slices"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// Bounds of a [Set]. Forward-auth answers every request with all names.
const (
	MaxNames  = 64
	MaxLength = 64 // bytes of a name
)

// A Set is the names of fields by which a configuration speaks to applications. It
// implements [edgeward.FieldNames], is immutable and safe for concurrent use. Nil
// and the zero value have no names.
type Set struct {
	own, touched []string
	byLength     [MaxLength + 1][]string // of own, folded
}

// NewSet returns a Set of own names, which no client may send, and of others that a
// configuration changes on some route. It fails beyond the bounds, and for what is no
// name. It keeps neither slice.
func NewSet(own, touched []string) (*Set, error) {
	s := &Set{}
	for _, name := range own {
		name, err := checked(name)
		if err != nil {
			return nil, err
		}
		if !s.Covers(name) {
			s.own = append(s.own, name)
			s.byLength[len(name)] = append(s.byLength[len(name)], Fold(name))
		}
	}
	for _, name := range touched {
		name, err := checked(name)
		if err != nil {
			return nil, err
		}
		if !s.Covers(name) && !slices.Contains(s.touched, name) {
			s.touched = append(s.touched, name)
		}
	}
	if n := len(s.own) + len(s.touched); n > MaxNames {
		return nil, fmt.Errorf("fieldname: %d header fields are set or removed by the routes of all hosts, at most %d can be", n, MaxNames)
	}
	slices.Sort(s.own)
	slices.Sort(s.touched)
	return s, nil
}

func checked(name string) (string, error) {
	c := canonical.FieldName(name)
	if c == "" || len(c) > MaxLength {
		return "", fmt.Errorf("fieldname: %q is no field name of at most %d bytes (RFC 9110 §5.1)", name[:min(len(name), MaxLength)], MaxLength)
	}
	return c, nil
}

// Covers reports whether name can be read as one of the own names, in any spelling.
// It allocates nothing.
func (s *Set) Covers(name string) bool {
	if s == nil || len(name) > MaxLength {
		return false
	}
	for _, own := range s.byLength[len(name)] {
		if equal(name, own) {
			return true
		}
	}
	return false
}

// Own returns the own names, canonical and sorted. The caller must not change it.
func (s *Set) Own() []string {
	if s == nil {
		return nil
	}
	return s.own
}

// Touched returns the other names, canonical and sorted. The caller must not change
// it.
func (s *Set) Touched() []string {
	if s == nil {
		return nil
	}
	return s.touched
}
