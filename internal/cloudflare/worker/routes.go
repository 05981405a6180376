package worker

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/policy"
)

// routes reads the tree that stands inline in the configuration.
func (m *mapping) routes(name string) []policy.File {
	tree := m.mapping(name)
	if tree == nil {
		m.fail(name, "missing")
		return nil
	}
	var files []policy.File
	tree.each(func(path string, v strictjson.Value) {
		files = append(files, policy.File{Path: path, Statement: policy.Read(&value{tree, path, v})})
	})
	return files
}

// tree makes what decides which route covers a path.
func (c *Configuration) tree() (*policy.Tree, error) {
	files := c.Routes
	if c.Pages {
		var err error
		if files, err = policy.Folded(files); err != nil {
			return nil, err
		}
	}
	if !c.Remember {
		return policy.Build(files)
	}
	return policy.Build(files, policy.File{
		Source: "revocation", Statement: policy.Statement{}.MaxStaleness(c.Revocation.MaxStaleness).WhenStale(c.Revocation.WhenStale),
	})
}

// A value is a member of a mapping as package policy reads it.
type value struct {
	in   *mapping
	name string
	v    strictjson.Value
}

// is reports what a value is not.
func (v *value) is(ok bool, what string) bool {
	if !ok {
		v.in.fail(v.name, "not "+what)
	}
	return ok
}

func (v *value) Text(string) (string, bool) {
	s, ok := v.v.String()
	return s, v.is(ok, "text")
}

func (v *value) Texts(string) ([]string, bool) {
	all, ok := v.v.Strings()
	return all, v.is(ok, "a list of texts")
}

func (v *value) Bool() (on, ok bool) {
	on, ok = v.v.Bool()
	return on, v.is(ok, "true or false")
}

func (v *value) Choice(names []string) (int, bool) {
	s, _ := v.v.String()
	i := slices.Index(names, s)
	return i, v.is(i >= 0, "a name that it can be")
}

func (v *value) Duration(least, most time.Duration, _ string) (time.Duration, bool) {
	s, _ := v.v.String()
	d, err := time.ParseDuration(s)
	return d, v.is(err == nil && least <= d && d <= most, "a duration that it can be")
}

func (v *value) Members(_ string, names []string, read func(i int, member policy.Value)) bool {
	inner := v.in.inner(v.name, v.v)
	for _, member := range inner.members {
		if i := slices.Index(names, member.Name); i >= 0 {
			read(i, &value{inner, member.Name, member.Value})
		} else {
			inner.fail(member.Name, "unknown")
		}
	}
	return true
}

func (v *value) Each(_ string, read func(name string, member policy.Value)) bool {
	inner := v.in.inner(v.name, v.v)
	inner.each(func(name string, member strictjson.Value) { read(name, &value{inner, name, member}) })
	return true
}
