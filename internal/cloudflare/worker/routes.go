package worker

import (
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
		files = append(files, policy.File{Path: path, Statement: tree.inner(path, v).statement(path)})
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
	return policy.Build(files, policy.Statement{
		Source: "revocation", MaxStaleness: &c.Revocation.MaxStaleness, WhenStale: &c.Revocation.WhenStale,
	})
}

// statement reads what one file says.
func (m *mapping) statement(source string) policy.Statement {
	s := m.keys()
	s.Source = source
	if methods := m.mapping("methods"); methods != nil {
		s.Methods = map[string]policy.Statement{}
		methods.each(func(method string, v strictjson.Value) {
			override := methods.inner(method, v)
			s.Methods[method] = override.keys()
			override.done()
		})
	}
	m.done()
	return s
}

// keys reads a statement without its overrides.
func (m *mapping) keys() policy.Statement {
	s := policy.Statement{
		Authenticate: m.stated("authenticate"), Permissions: m.stated("permissions"),
		Issuers: m.stated("issuers"), Audiences: m.stated("audiences"),
		ForwardCredential: m.boolean("forward_credential"), Assertion: m.boolean("assertion"), SameOrigin: m.boolean("same_origin"),
		IgnoreCase: m.boolean("ignore_case"),
		CORS:       m.cors(),
	}
	if name := m.text("fallback"); name != "" {
		f, ok := policy.ParseFallback(name)
		if !ok {
			m.fail("fallback", "unknown")
		}
		s.Fallback = &f
	}
	if base := m.text("upstream"); base != "" {
		s.Upstream = &base
	}
	if bound := m.duration("max_staleness", 0); bound != 0 {
		s.MaxStaleness = &bound
	}
	if name := m.text("when_stale"); name != "" {
		w, ok := policy.ParseWhenStale(name)
		if !ok {
			m.fail("when_stale", "unknown")
		}
		s.WhenStale = &w
	}
	return s
}

func (m *mapping) cors() *policy.CORS {
	c := m.mapping("cors")
	if c == nil {
		return nil
	}
	defer c.done()
	return &policy.CORS{
		Origins: c.texts("origins"), Methods: c.texts("methods"), Headers: c.texts("headers"), Expose: c.texts("expose"),
		Credentials: c.is("credentials"), MaxAge: c.duration("max_age", 0),
	}
}
