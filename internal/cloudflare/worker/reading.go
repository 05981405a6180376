package worker

import (
	"fmt"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A mapping is one mapping of the configuration while it is read. The first
// mistake is kept, with its place: the configuration was checked when it was
// compiled, so any mistake means another version, and nothing is served.
type mapping struct {
	place   string
	members strictjson.Members
	taken   map[string]bool
	fault   *error
}

func newMapping(members strictjson.Members) *mapping {
	return &mapping{members: members, taken: map[string]bool{}, fault: new(error)}
}

func (m *mapping) fail(name, what string) {
	if *m.fault == nil {
		*m.fault = fmt.Errorf("worker: configuration: %s%s: %s", m.place, name, what)
	}
}

// take returns a member, which from then on is known.
func (m *mapping) take(name string) (strictjson.Value, bool) {
	m.taken[name] = true
	return m.members.Lookup(name)
}

// done refuses members that nobody took: what they say would not hold.
func (m *mapping) done() {
	for _, member := range m.members {
		if !m.taken[member.Name] {
			m.fail(member.Name, "unknown")
		}
	}
}

func (m *mapping) text(name string) string {
	v, present := m.take(name)
	if !present {
		return ""
	}
	s, ok := v.String()
	if !ok {
		m.fail(name, "not text")
	}
	return s
}

func (m *mapping) texts(name string) []string {
	v, present := m.take(name)
	if !present {
		return nil
	}
	all, ok := v.Strings()
	if !ok {
		m.fail(name, "not a list of texts")
	}
	return all
}

// is reads true or false; absent is false.
func (m *mapping) is(name string) bool {
	v, present := m.take(name)
	on, ok := v.Bool()
	if present && !ok {
		m.fail(name, "neither true nor false")
	}
	return on
}

func (m *mapping) duration(name string, absent time.Duration) time.Duration {
	s := m.text(name)
	if s == "" {
		return absent
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		m.fail(name, "not a duration")
	}
	return d
}

func (m *mapping) whole(name string, absent int) int {
	v, present := m.take(name)
	if !present {
		return absent
	}
	f, ok := v.Float()
	if !ok || f != float64(int(f)) {
		m.fail(name, "not a whole number")
	}
	return int(f)
}

// mapping returns the mapping under name, nil when there is none.
func (m *mapping) mapping(name string) *mapping {
	v, present := m.take(name)
	if !present {
		return nil
	}
	return m.inner(name, v)
}

func (m *mapping) inner(name string, v strictjson.Value) *mapping {
	members, ok := v.Object()
	if !ok {
		m.fail(name, "not a mapping")
	}
	return &mapping{place: m.place + name + ".", members: members, taken: map[string]bool{}, fault: m.fault}
}

// mappings returns those in the list under name.
func (m *mapping) mappings(name string) []*mapping {
	v, present := m.take(name)
	if !present {
		return nil
	}
	list, ok := v.Array()
	if !ok {
		m.fail(name, "not a list")
	}
	all := make([]*mapping, len(list))
	for i, item := range list {
		all[i] = m.inner(fmt.Sprintf("%s[%d]", name, i), item)
	}
	return all
}

// each calls read for every member, whose names mean nothing to us.
func (m *mapping) each(read func(name string, v strictjson.Value)) {
	for _, member := range m.members {
		m.taken[member.Name] = true
		read(member.Name, member.Value)
	}
}
