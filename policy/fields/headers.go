package fields

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
	"github.com/edgeward/edgeward/policy/value"
)

// MaxHeader bounds the fields of [Headers] of one request together, in bytes with
// their names and ": ": 200 groups named by UUIDs take 7,420, and leave of 8 KiB what
// X-Auth-* and the front's own need.
const MaxHeader = 7700

// A Field is a header field that names something of the identity.
type Field struct {
	Name      string
	From      Attribute
	Encoding  Encoding
	Separator string // between values of a list: "" means ","
}

// Headers are the fields by which an identity is named to the application, beside
// X-Auth-*. The zero value has none.
type Headers struct{ set *Set }

// A Set is Headers that are ready for use: immutable, shared by routes, and safe for
// concurrent use.
type Set struct {
	// Number tells sets of a process apart, as long as there are fewer than 2^64.
	Number uint64
	fields []Field
}

var sets atomic.Uint64

// HeadersOf returns Headers. Of two fields with one name the later holds.
func HeadersOf(all ...Field) Headers {
	s := &Set{}
	for _, f := range all {
		s.add(f)
	}
	return Headers{s}
}

func (s *Set) add(f Field) {
	if name := canonical.FieldName(f.Name); name != "" {
		f.Name = name
	}
	for i := range s.fields {
		if s.fields[i].Name == f.Name {
			s.fields[i] = f
			return
		}
	}
	s.fields = append(s.fields, f)
}

// sorted returns the fields in the order of their names. It is a loop: to sort them by
// package slices would make a Worker's module larger.
func (s *Set) sorted() (all []Field) {
	for _, f := range s.fields {
		all = append(all, f)
		for i := len(all) - 1; i > 0 && all[i].Name < all[i-1].Name; i-- {
			all[i], all[i-1] = all[i-1], all[i]
		}
	}
	return all
}

// Fields returns the fields, sorted by their names once h is sealed. The caller must
// not change them.
func (h *Headers) Fields() []Field {
	if h.set == nil {
		return nil
	}
	return h.set.fields
}

// Source returns what makes the fields of an identity once h is sealed, nil for Headers
// without any.
func (h *Headers) Source() *Set {
	if len(h.Fields()) == 0 {
		return nil
	}
	return h.set
}

const example = "{Remote-User: username}"

// Read implements [value.Object]: a mapping, the name of a preset, or a list of both.
func (h *Headers) Read(v value.Value) (ok bool) {
	s := &Set{}
	switch v.Shape() {
	case value.List:
		ok = true
		v.Items("[remote-user, "+example+"]", func(member value.Value) { ok = s.read(member) && ok })
	default:
		ok = s.read(v)
	}
	h.set = s
	return ok
}

// read adds what one member says.
func (s *Set) read(v value.Value) bool {
	if v.Shape() == value.Text {
		i, ok := v.Choice(presetNames[:])
		if ok {
			for _, f := range presets[i] {
				s.add(f)
			}
		}
		return ok
	}
	ok := true
	return v.Each(example, func(name string, member value.Value) {
		f := Field{Name: name}
		ok = f.read(member) && ok
		s.add(f)
	}) && ok
}

var fieldMembers = []string{"from", "encoding", "separator"}

func (f *Field) read(v value.Value) bool {
	if v.Shape() != value.Mapping {
		return f.readFrom(v)
	}
	ok := true
	return v.Members("a field", fieldMembers, func(i int, member value.Value) {
		switch i {
		case 0:
			ok = f.readFrom(member) && ok
		case 1:
			n, known := member.Choice(encodings)
			f.Encoding, ok = Encoding(n), known && ok
		case 2:
			separator, read := member.Text(`"|"`)
			f.Separator, ok = separator, read && ok
		}
	}) && ok
}

func (f *Field) readFrom(v value.Value) bool {
	from, ok := v.Text(string(Username))
	f.From = Attribute(from)
	return ok
}

// Lay implements [value.Object].
func (h *Headers) Lay(from value.Object) { *h = *from.(*Headers) }

// Equal implements [value.Object].
func (h *Headers) Equal(other value.Object) bool {
	mine, others := h.Fields(), other.(*Headers).Fields()
	if len(mine) != len(others) {
		return false
	}
	for i := range mine {
		if mine[i] != others[i] {
			return false
		}
	}
	return true
}

// Seal implements [value.Object].
func (h *Headers) Seal(report func(member, detail string)) {
	sealed := &Set{Number: sets.Add(1)}
	if h.set != nil {
		sealed.fields = h.set.sorted()
	}
	for i := range sealed.fields {
		f := &sealed.fields[i]
		if detail := cmp.Or(CheckName(f.Name), f.From.check(), f.checkSpelling()); detail != "" {
			report(f.Name, detail)
		}
	}
	if len(sealed.fields) > fieldname.MaxNames {
		report("", strconv.Itoa(len(sealed.fields))+" fields, at most "+strconv.Itoa(fieldname.MaxNames))
	}
	h.set = sealed
}

// separators are signs that lists are joined by, and that percent-encoding encodes.
const separators = ",;| "

func (f *Field) checkSpelling() string {
	switch {
	case f.Separator != "" && (len(f.Separator) > 1 || !strings.Contains(separators, f.Separator)):
		return `a separator is one of "," ";" "|" and " "`
	case int(f.Encoding) >= len(encodings):
		return "an encoding is one of " + strings.Join(encodings, ", ")
	}
	return ""
}

// Show implements [value.Object].
func (h *Headers) Show(name string, add func(name string, value any)) {
	if len(h.Fields()) == 0 {
		add(name, "off")
		return
	}
	for _, f := range h.Fields() {
		add(name+"."+f.Name, f.text())
	}
}

// text is what a configuration says of f.
func (f *Field) text() string {
	if f.Encoding == UTF8 && f.Separator == "" {
		return string(f.From)
	}
	t := "{from: " + string(f.From)
	if f.Encoding != UTF8 && int(f.Encoding) < len(encodings) {
		t += ", encoding: " + encodings[f.Encoding]
	}
	if f.Separator != "" {
		t += ", separator: " + strconv.Quote(f.Separator)
	}
	return t + "}"
}

// HeaderOf returns the fields that name id, those of [edgeward.Identity.Header] among
// them, and what it leaves out, as [edgeward.Decision.Omitted] says it. What an application would read as
// something else is left out: a value that holds the separator of its list, and, of
// all fields together longer than [MaxHeader], the longest: a part of a user's groups
// would be another user's.
func (s *Set) HeaderOf(id *edgeward.Identity) (h edgeward.Header, omitted []string) {
	h = make(edgeward.Header, len(id.Header())+len(s.fields))
	maps.Copy(h, id.Header())
	size := 0
	for i := range s.fields {
		f := &s.fields[i]
		text, left := f.of(id)
		if left > 0 {
			omitted = append(omitted, f.Name+": "+strconv.Itoa(left)+" values hold its separator")
		}
		if text != "" {
			h.Set(f.Name, text)
			size += f.size(text)
		}
	}
	for size > MaxHeader {
		longest := s.longest(h)
		n := longest.size(h.First(longest.Name))
		omitted = append(omitted, longest.Name+": too long, "+strconv.Itoa(n)+" bytes")
		delete(h, longest.Name)
		size -= n
	}
	return h, omitted
}

// of returns the field of id, "" for none, and how many values it leaves out.
func (f *Field) of(id *edgeward.Identity) (text string, left int) {
	values := f.From.values(id)
	if len(values) == 0 {
		return "", 0
	}
	if !f.From.isList() {
		if f.Encoding == Percent {
			text, _ = Percent.join(values, "")
			return text, 0
		}
		return f.Encoding.of(values[0]), 0
	}
	return f.Encoding.join(values, cmp.Or(f.Separator, ","))
}

func (f *Field) size(text string) int { return len(f.Name) + len(": ") + len(text) }

// longest returns the longest field that h has.
func (s *Set) longest(h edgeward.Header) (found *Field) {
	most := -1
	for i := range s.fields {
		if text := h.First(s.fields[i].Name); text != "" && s.fields[i].size(text) > most {
			found, most = &s.fields[i], s.fields[i].size(text)
		}
	}
	return found
}
