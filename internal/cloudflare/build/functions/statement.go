package functions

import (
	"fmt"
	"strings"
)

// YAML returns the file of a routes folder for f: it states which methods there
// are and says the rest in comments. By itself it lets nobody in, and neither
// does the tree of all of them.
func (t *Tree) YAML(f *Function) string {
	var b strings.Builder
	methods := "any method"
	if len(f.Methods) > 0 {
		methods = strings.Join(f.Methods, ", ")
	}
	comment(&b, "%s, %s; from %s.", f.Pattern(), methods, strings.Join(f.Sources, " and "))
	if seen := f.Hints.Seen(); seen != "" {
		comment(&b, "The code %s.", seen)
	}
	for _, doubt := range f.Doubts {
		comment(&b, "Look at %s: %s.", doubt.Source, doubt.Why)
	}
	t.suggest(&b, f)
	if f.Middleware() || len(f.Methods) == 0 {
		b.WriteString("{}\n")
		return b.String()
	}
	b.WriteString("methods:\n")
	for _, m := range f.Methods {
		fmt.Fprintf(&b, "  %s: {}\n", m)
	}
	return b.String()
}

// comment writes a line of comment. No argument ends it: a name with a control
// character in it is nothing that a routes folder can say, and is out of the tree.
func comment(b *strings.Builder, format string, args ...any) {
	fmt.Fprintf(b, "# "+format+"\n", args...)
}

// suggest says what to write, and what holds until then.
func (t *Tree) suggest(b *strings.Builder, f *Function) {
	above := t.guard(f)
	strategies := f.Hints.Strategies()
	switch {
	case len(strategies) > 0:
		comment(b, "TODO: nobody is let in until this says who. If the code asks no more than that:")
		comment(b, "  authenticate: [%s]", strings.Join(strategies, ", "))
	case above != nil:
		comment(b, "It inherits what is stated for %s.", above.Pattern())
	default:
		comment(b, "TODO: nobody is let in until this, or a _middleware above it, says who. The code looks")
		comment(b, "at no credential. If it is for everybody:")
		comment(b, "  authenticate: []")
	}
	if f.Hints.Forbids {
		comment(b, "TODO: if it asks for permissions, name them:")
		comment(b, "  permissions: [...]")
	}
	if f.Hints.CORS {
		comment(b, "TODO: a preflight is refused until it is answered here, not by the code:")
		comment(b, "  cors: {origins: [https://app.example.com]}")
	}
	if f.Middleware() || len(f.Methods) == 0 {
		comment(b, "Write it in the place of the {}.")
	}
}

// guard returns the nearest middleware above f that looks at a credential.
func (t *Tree) guard(f *Function) (nearest *Function) {
	for i := range t.Functions {
		m := &t.Functions[i]
		folder := strings.TrimSuffix(m.Path, middleware)
		if m.Middleware() && m.Path != f.Path && strings.HasPrefix(f.Path, folder) && len(m.Hints.Strategies()) > 0 &&
			(nearest == nil || len(m.Path) > len(nearest.Path)) {
			nearest = m
		}
	}
	return nearest
}
