package strictjson

import (
	"strconv"
	"strings"
)

// A scanner walks over text once.
type scanner struct {
	text  string
	pos   int
	depth int
	total int // members seen in the whole document
	limit int // of them

	// members is a stack: an object puts its members on top of those of the
	// objects around it and takes them off when it ends, only the outermost
	// leaves its own.
	members Members
}

func (s *scanner) fail(problem string) error { return &SyntaxError{s.pos, problem} }

// document reads one object and nothing else.
func (s *scanner) document() error {
	if s.next() != '{' {
		return s.fail("no object")
	}
	if err := s.object(); err != nil {
		return err
	}
	if s.next(); s.pos != len(s.text) {
		return s.fail("data after the object")
	}
	return nil
}

// next skips white space and returns the byte after it, 0 at the end.
func (s *scanner) next() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// enter steps over the bracket that opens an object or array.
func (s *scanner) enter() error {
	s.pos++
	if s.depth++; s.depth > maxDepth {
		return s.fail("nesting too deep")
	}
	return nil
}

// object reads an object and leaves its members on the stack.
func (s *scanner) object() error {
	if err := s.enter(); err != nil {
		return err
	}
	names := nameSet{from: len(s.members)}
	for first := true; ; first = false {
		done, err := s.separator('}', first)
		if done || err != nil {
			return err
		}
		if err := s.member(&names); err != nil {
			return err
		}
	}
}

// array reads an array and hands every element to yield.
func (s *scanner) array(yield func(Value)) error {
	if err := s.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		done, err := s.separator(']', first)
		if done || err != nil {
			return err
		}
		element, err := s.value()
		if err != nil {
			return err
		}
		if yield != nil {
			yield(element)
		}
	}
}

// separator reads the comma before every item but the first, or the bracket
// that ends them.
func (s *scanner) separator(end byte, first bool) (done bool, err error) {
	switch c := s.next(); {
	case c == end:
		s.pos++
		s.depth--
		return true, nil
	case first:
		return false, nil
	case c == ',':
		s.pos++
		return false, nil
	}
	return false, s.fail("no comma or closing bracket")
}

// member reads a name and its value and puts them on the stack.
func (s *scanner) member(names *nameSet) error {
	if s.total++; s.total > s.limit {
		return s.fail("too many members")
	}
	if s.next() != '"' {
		return s.fail("no name")
	}
	name, err := s.string()
	if err != nil {
		return err
	}
	m := Member{}
	m.Name, _ = name.String()
	if !names.add(s.members, m.Name) {
		return s.fail("duplicate name")
	}
	if s.next() != ':' {
		return s.fail("no colon")
	}
	s.pos++
	if m.Value, err = s.value(); err != nil {
		return err
	}
	s.members = append(s.members, m)
	return nil
}

// A nameSet finds duplicates among the names of one object, whose members are
// on the stack from a position on. Small objects are compared name by name;
// larger ones get a map, or 1,000 members would cost 500,000 comparisons.
type nameSet struct {
	from int
	seen map[string]struct{}
}

const smallObject = 16 // members

// add reports whether name is new among the members.
func (n *nameSet) add(stack Members, name string) bool {
	members := stack[n.from:]
	if len(members) < smallObject {
		_, found := members.Lookup(name)
		return !found
	}
	if n.seen == nil {
		n.seen = make(map[string]struct{}, 2*smallObject)
		for i := range members {
			n.seen[members[i].Name] = struct{}{}
		}
	}
	before := len(n.seen)
	n.seen[name] = struct{}{}
	return len(n.seen) > before
}

// value reads any value.
func (s *scanner) value() (Value, error) {
	c := s.next()
	switch c {
	case '"':
		return s.string()
	case '{', '[':
		return s.composite(c)
	case 't':
		return s.literal("true", KindBool)
	case 'f':
		return s.literal("false", KindBool)
	case 'n':
		return s.literal("null", KindNull)
	}
	return s.number()
}

// composite reads an object or array inside another; its members were only
// needed to find duplicates.
func (s *scanner) composite(open byte) (Value, error) {
	start, around := s.pos, len(s.members)
	kind, err := KindObject, error(nil)
	if open == '{' {
		err = s.object()
	} else {
		kind, err = KindArray, s.array(nil)
	}
	if err != nil {
		return Value{}, err
	}
	s.members = s.members[:around]
	return Value{raw: s.text[start:s.pos], kind: kind}, nil
}

func (s *scanner) literal(word string, kind Kind) (Value, error) {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return Value{}, s.fail("no value")
	}
	s.pos += len(word)
	return Value{raw: word, kind: kind}, nil
}

// number reads a number of RFC 8259 §6.
func (s *scanner) number() (Value, error) {
	start := s.pos
	s.skip('-')
	whole := s.digits()
	if whole == 0 || whole > 1 && s.text[s.pos-whole] == '0' {
		return Value{}, s.fail("no value")
	}
	if s.skip('.') && s.digits() == 0 {
		return Value{}, s.fail("no digit after the point")
	}
	exponent := s.skip('e') || s.skip('E')
	if exponent {
		_ = s.skip('+') || s.skip('-')
		s.digits()
	}
	raw := s.text[start:s.pos]
	// Refuses an exponent without digits and what RFC 7493 §2.2 calls out of
	// range. Without an exponent only a very long number can be.
	if exponent || len(raw) > 300 {
		if _, err := strconv.ParseFloat(raw, 64); err != nil {
			return Value{}, s.fail("no number, or one out of range")
		}
	}
	return Value{raw: raw, kind: KindNumber}, nil
}

// skip steps over c if it is next.
func (s *scanner) skip(c byte) bool {
	found := s.pos < len(s.text) && s.text[s.pos] == c
	if found {
		s.pos++
	}
	return found
}

// digits steps over digits and returns how many.
func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos - start
}
