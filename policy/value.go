package policy

import "time"

// A Value is one value of a configuration, whatever it is written in. What it is
// asked for and is not, it reports where it stands, and returns false.
type Value interface {
	Text(example string) (string, bool)    // one line, not empty
	Texts(example string) ([]string, bool) // different from each other
	Bool() (value, ok bool)
	Choice(names []string) (int, bool)
	// Duration is between least and most. why ends what is said of a longer one.
	Duration(least, most time.Duration, why string) (time.Duration, bool)
	// Size is a number of bytes, at least 1.
	Size() (bytes int64, ok bool)
	// Members calls read with each member of a mapping, and with the index of its
	// name in names. It reports other names. what says whose they are.
	Members(what string, names []string, read func(i int, member Value)) bool
	// Each calls read with each member of a mapping with names of any kind.
	Each(example string, read func(name string, member Value)) bool
}

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
