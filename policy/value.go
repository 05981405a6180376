package policy

import "github.com/edgeward/edgeward/policy/value"

// A Value is one value of a configuration: see [value.Value].
type Value = value.Value

// Read reads what one file says.
func Read(v Value) (s Statement) {
	v.Members("a route", append(names(keys[:]), keyMethods), func(i int, member Value) {
		if i < len(keys) {
			s.read(i, member)
			return
		}
		s.methods = map[string]Statement{}
		member.Each("{POST: {permissions: [write]}}", func(method string, v Value) {
			var o Statement
			v.Members("a method's override", names(keys[:len(keys)-1]), o.read) // without the folder's own, which comes last
			s.methods[method] = o
		})
	})
	return s
}

// read reads one key. What could not be read is not stated.
func (s *Statement) read(i int, v Value) {
	if keys[i].read(v, &s.values) {
		s.stated |= 1 << i
	}
}

func names(rows []key) []string {
	all := make([]string, len(rows))
	for i := range rows {
		all[i] = rows[i].name
	}
	return all
}
