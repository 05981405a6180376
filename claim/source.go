package claim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// A Split says what separates values that are written as one string.
type Split string

// The splits. "" leaves a string whole.
const (
	Comma Split = "comma" // with or without spaces around it
	Space Split = "space" // any white space
)

// A Source says where values are and in which form. The zero Source names none.
//
// Without Keys and Members the claim holds one value, or an array of values. A value
// is a string, a whole number, which is its decimal digits, or a boolean, "true" or
// "false". A claim of another form gives nothing, also where a part of it has the
// right one, and a [Note] says so.
type Source struct {
	// Name is the exact name of a claim, "https://app.example/roles", or else a
	// dotted path into objects, "realm_access.roles". A claim of the exact name comes
	// first.
	Name string
	// Keys takes the names of an object's members for the values, or those of the
	// objects in an array: {"editor": {…}} gives editor. A member that is null or
	// false gives none.
	Keys bool
	// Members takes the member of that name of each object in an array: by name,
	// [{"name": "a"}, {"name": "b"}] gives a and b.
	Members string
	// Split separates a claim that is a string. It leaves the elements of an array
	// whole.
	Split Split
	// Only keeps the values that match one of these patterns, [Matches]; none keeps
	// every value.
	Only []string
}

// maxName bounds the name of a claim, in bytes.
const maxName = 255

// IsZero reports whether s names no claim.
func (s *Source) IsZero() bool { return s.Name == "" }

// String returns the name and the form, for people: "groups (keys, only app-*)".
func (s Source) String() string {
	var form []string
	if s.Keys {
		form = append(form, "keys")
	}
	if s.Members != "" {
		form = append(form, "members "+s.Members)
	}
	if s.Split != "" {
		form = append(form, "split at "+string(s.Split))
	}
	if len(s.Only) > 0 {
		form = append(form, "only "+strings.Join(s.Only, " "))
	}
	if len(form) == 0 {
		return s.Name
	}
	return s.Name + " (" + strings.Join(form, ", ") + ")"
}

// Check says what is wrong with s, if it names a claim.
func (s *Source) Check() error {
	switch {
	case s.IsZero():
		if s.Keys || s.Members != "" || s.Split != "" || len(s.Only) > 0 {
			return fmt.Errorf("claim: a form without the name of a claim")
		}
	case len(s.Name) > maxName || len(s.Members) > maxName:
		return fmt.Errorf("claim: a name is longer than %d bytes", maxName)
	case s.Keys && s.Members != "":
		return fmt.Errorf("claim: %q: keys of an object and members of objects in an array exclude each other", s.Name)
	case s.Split != "" && s.Split != Comma && s.Split != Space:
		return fmt.Errorf("claim: %q: split is %q, neither %q nor %q", s.Name, s.Split, Comma, Space)
	case s.Split != "" && (s.Keys || s.Members != ""):
		return fmt.Errorf("claim: %q: split is for a string, which has neither keys nor members", s.Name)
	}
	for _, pattern := range s.Only {
		if !IsPattern(pattern) {
			return fmt.Errorf("claim: %q: %q is no pattern: a * stands at the beginning or the end, and not alone", s.Name, pattern)
		}
	}
	return nil
}

// IsPattern reports whether pattern is one for [Source.Only]: a text that is not
// empty, with a "*" at its beginning, at its end, at both, or nowhere.
func IsPattern(pattern string) bool {
	return strings.Trim(pattern, "*") != "" && !strings.Contains(strings.TrimSuffix(strings.TrimPrefix(pattern, "*"), "*"), "*")
}

// Matches reports whether value fits a pattern. A "*" at its beginning or end stands
// for any text, none included; anything else for itself, byte by byte.
func Matches(pattern, value string) bool {
	rest, begins := strings.CutPrefix(pattern, "*")
	rest, ends := strings.CutSuffix(rest, "*")
	switch {
	case begins && ends:
		return strings.Contains(value, rest)
	case begins:
		return strings.HasSuffix(value, rest)
	case ends:
		return strings.HasPrefix(value, rest)
	}
	return value == pattern
}

// find returns the claim in d. Names have dots often enough, of URLs and of clients,
// so that at each object the longest beginning of the path that is a name is followed:
// first of all the exact name of a claim. One that is null is absent.
func (s *Source) find(d Document) (jwt.Value, bool) {
	v, path, found := longest(s.Name, d.Lookup)
	for found && path != "" {
		v, path, found = longest(path, v.Member)
	}
	return v, found && !v.IsNull()
}

// longest looks up the longest beginning of path, up to a dot, that there is, and
// returns the rest.
func longest(path string, lookup func(string) (jwt.Value, bool)) (v jwt.Value, rest string, found bool) {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
		if v, found := lookup(path[:end]); found {
			return v, strings.TrimPrefix(path[end:], "."), true
		}
	}
	return jwt.Value{}, "", false
}

// first returns the claim from the first document that has it.
func (s *Source) first(documents []Document) (jwt.Value, bool) {
	for _, d := range documents {
		if v, found := s.find(d); found {
			return v, true
		}
	}
	return jwt.Value{}, false
}

// elsewhere reports whether a document says that another one has the claim, which is
// not asked for (OpenID Connect Core §5.6.2): so do Entra's tokens of users in more
// groups than fit.
func (s *Source) elsewhere(documents []Document) bool {
	for _, d := range documents {
		names, _ := d.Lookup("_claim_names")
		if _, found := names.Member(s.Name); found {
			return true
		}
	}
	return false
}

// values returns what v says in the form of s, and what is wrong with what says
// nothing, "" for nothing.
func (s *Source) values(v jwt.Value) (all []string, problem string) {
	switch {
	case s.Keys:
		all, problem = keysOf(v)
	case s.Members != "":
		all, problem = membersOf(v, s.Members)
	default:
		all, problem = plain(v, s.Split)
	}
	return s.keep(all, &problem), problem
}

// keep removes from all, which is s's own, what is no line of a log, and what the
// configuration does not want.
func (s *Source) keep(all []string, problem *string) []string {
	kept := all[:0]
	for _, value := range all {
		switch {
		case value == "" || len(s.Only) > 0 && !s.wants(value):
		case !edgeward.IsFieldValue(value):
			*problem = "has a value with control characters or outer spaces"
		default:
			kept = append(kept, value)
		}
	}
	return kept
}

func (s *Source) wants(value string) bool {
	for _, pattern := range s.Only {
		if Matches(pattern, value) {
			return true
		}
	}
	return false
}

// plain reads a value or an array of values.
func plain(v jwt.Value, split Split) (all []string, problem string) {
	if text, ok := v.Text(); ok && split != "" {
		return split.cut(text), ""
	}
	if texts, ok := v.Texts(); ok { // as nearly all are
		return texts, ""
	}
	if elements, ok := v.Elements(); ok {
		for _, e := range elements {
			value, isValue := one(e)
			if all = append(all, value); e.IsObject() {
				return nil, "is an array with objects: members says which member is the value"
			} else if !isValue {
				return nil, "is an array with an element that is no value"
			}
		}
		return all, ""
	}
	if v.IsObject() {
		return nil, "is an object: its values are named by a path, its names by keys"
	}
	value, ok := one(v)
	if !ok {
		return nil, "is a number that is not whole"
	}
	return []string{value}, ""
}

func (s Split) cut(text string) []string {
	if s == Space {
		return strings.Fields(text)
	}
	all := strings.Split(text, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// keysOf reads the names of an object's members, or of those of objects in an array.
func keysOf(v jwt.Value) (all []string, problem string) {
	objects, isArray := v.Elements()
	if !isArray {
		objects = []jwt.Value{v}
	}
	for _, object := range objects {
		members, ok := object.Members()
		if !ok {
			return nil, "is no object, nor an array of objects, and keys asks for one"
		}
		for _, m := range members {
			// {"admin": false} says that the user is none.
			if holds, isBool := m.Value.Bool(); !m.Value.IsNull() && (holds || !isBool) {
				all = append(all, m.Name)
			}
		}
	}
	return all, problem
}

// membersOf reads one member of each object in an array.
func membersOf(v jwt.Value, name string) (all []string, problem string) {
	objects, isArray := v.Elements()
	if !isArray {
		objects = []jwt.Value{v}
	}
	for _, object := range objects {
		member, found := object.Member(name)
		value, ok := one(member)
		switch {
		case ok:
			all = append(all, value)
		case !object.IsObject():
			return nil, "is no array of objects, and members asks for one"
		case found && !member.IsNull():
			return nil, "has a member of the objects that is no value"
		}
	}
	return all, ""
}

// one reads a value: a string, a whole number, a boolean.
func one(v jwt.Value) (string, bool) {
	if text, ok := v.Text(); ok {
		return text, true
	}
	if is, ok := v.Bool(); ok {
		return strconv.FormatBool(is), true
	}
	return number(v)
}

// maxExact is the largest number of which a float64 distinguishes each from the next.
const maxExact = 1 << 53

// number returns the decimal digits of a whole number, one spelling of each: 42, 42.0
// and 4.2e1 are one value, and so one user. Beyond 2^53 it has to be written without
// a fraction and an exponent, or two numbers would be one.
func number(v jwt.Value) (string, bool) {
	f, ok := v.Number()
	if !ok {
		return "", false
	}
	if raw := v.JSON(); !strings.ContainsAny(raw, ".eE") && raw != "-0" {
		return raw, true
	}
	if -maxExact <= f && f <= maxExact && f == float64(int64(f)) {
		return strconv.FormatInt(int64(f), 10), true
	}
	return "", false
}
