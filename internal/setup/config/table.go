package config

import (
	"fmt"
	"github.com/edgeward/edgeward/internal/setup/document"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/policy"
)

// A table is everything that is known of one mapping: the decoder reads by it,
// suggestions come from it and docs/configuration.md is printed from it.
type table[T any] struct {
	name  string // of the mapping, as messages say it: "an issuer"
	title string // of its section in the reference
	about string // what it is, in the reference
	keys  []key[T]
}

// A key is one member of a mapping.
type key[T any] struct {
	name     string
	kind     string // in the reference: "text", "list of text", "duration"
	absent   string // what holds without it, in the reference
	meaning  string // in the reference
	with     []any  // what %v in absent and meaning stand for, in their order: no table is made by code, which a Worker's module would carry
	required bool
	secret   bool // its value is never shown
	read     func(d *decoder, n *document.Node, into *T)
}

func (t *table[T]) names() []string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.name
	}
	return names
}

// read reads the mapping n into into. It reports whether n is a mapping at all.
func (t *table[T]) read(d *decoder, n *document.Node, into *T) bool {
	if n.Kind != document.Mapping {
		d.refuse(n.Place, t.has(), "%s must be a mapping, not %s", t.name, n.Kind)
		return false
	}
	var meant []string // by misspelled keys: one mistake, one message
	for _, f := range n.Fields {
		i := slices.IndexFunc(t.keys, func(k key[T]) bool { return k.name == f.Key.Text })
		if i < 0 {
			meant = append(meant, t.unknown(d, f))
			continue
		}
		t.keys[i].read(d, f.Value, into)
	}
	for _, k := range t.keys {
		if k.required && n.Field(k.name) == nil && !slices.Contains(meant, k.name) {
			d.refuse(n.Place, "add "+k.name+": <"+k.kind+">", "%s needs %q", t.name, k.name)
		}
	}
	return true
}

func (t *table[T]) has() string { return t.name + " has: " + strings.Join(t.names(), ", ") }

// unknown reports a key that is not in the table and returns the one that was
// most likely meant, or "".
func (t *table[T]) unknown(d *decoder, f document.Field) (meant string) {
	n := f.Key
	remedy := ""
	if meant = nearest(n.Text, t.names()); meant == "" {
		remedy = t.has()
	}
	if t.spilt(f) {
		d.refuse(n.Place, remedy, "unknown key, not shown because it may hold a secret")
		return meant
	}
	d.refuse(n.Place, remedy, "unknown key %q%s", n.Text, didYouMean(n.Text, t.names()))
	return meant
}

// spilt reports whether a key may be a secret that got out of its place:
// "secret:hunter2" without a space is a key, and in {secret: env:X, hunter2} so
// is hunter2.
func (t *table[T]) spilt(f document.Field) bool {
	holdsSecrets := slices.ContainsFunc(t.keys, func(k key[T]) bool { return k.secret })
	name := strings.ToLower(f.Key.Text)
	return holdsSecrets && f.Value.Kind == document.Null && nearest(name, t.names()) == "" ||
		strings.ContainsAny(name, ":= ") && document.Suspicious(name)
}

// A section is a table as the reference and the masking see it.
type section struct {
	title, about string
	keys         []row
}

// A row is a key without its type.
type row struct {
	name, kind, absent, meaning string
	required, secret            bool
}

// Names returns the names of all tables, those whose values are secret and the
// others.
func Names() (secret, plain []string) {
	for _, s := range sections() {
		for _, k := range s.keys {
			if k.secret {
				secret = append(secret, k.name)
			} else {
				plain = append(plain, k.name)
			}
		}
	}
	return secret, plain
}

// sections returns every table, in the order of the reference.
func sections() []section {
	return []section{
		rootTable.section(), proxyTable.section(), forwardAuthTable.section(), adminTable.section(), issuerTable.section(),
		tokensTable.section(), assertionTable.section(), storeTable.section(), sessionsTable.section(), apiKeysTable.section(),
		failuresTable.section(), revocationTable.section(), loginTable.section(), providerTable.section(), permissionsTable.section(),
		described("Routes", routesAbout, policy.Keys()),
		described("`cors`", "Cross-origin access from browsers. Preflights are answered at the edge; errors carry the fields too.", policy.CORSKeys()),
	}
}

// described is the section of a mapping that package policy reads.
func described(title, about string, keys []policy.Key) section {
	s := section{title: title, about: about}
	for _, k := range keys {
		s.keys = append(s.keys, row{name: k.Name, kind: k.Kind, absent: k.Absent, meaning: k.Meaning})
	}
	return s
}

func (t *table[T]) section() section {
	s := section{title: t.title, about: t.about}
	for _, k := range t.keys {
		absent, meaning := filled(k.absent, k.meaning, k.with)
		s.keys = append(s.keys, row{k.name, k.kind, absent, meaning, k.required, k.secret})
	}
	return s
}

// filled puts values into the texts of a key, if there are any.
func filled(absent, meaning string, values []any) (string, string) {
	if len(values) == 0 {
		return absent, meaning
	}
	all := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case time.Duration:
			all[i] = short(v)
		case *[]string:
			all[i] = strings.Join(*v, ", ")
		default:
			all[i] = v
		}
	}
	absent, meaning, _ = strings.Cut(fmt.Sprintf(absent+"\x00"+meaning, all...), "\x00")
	return absent, meaning
}

// readNew reads a mapping into a new T, nil when n is no mapping.
func readNew[T any](d *decoder, t *table[T], n *document.Node) *T {
	into := new(T)
	if !t.read(d, n, into) {
		return nil
	}
	return into
}

// Keys returns the paths of the keys that a place other than a gateway has to know
// of: those of the file, and of the sections that it may take in part.
func Keys() []string {
	all := rootTable.names()
	for section, names := range map[string][]string{
		"proxy": proxyTable.names(), "tokens": tokensTable.names(), "store": storeTable.names(), "sessions": sessionsTable.names(),
	} {
		for _, name := range names {
			all = append(all, section+"."+name)
		}
	}
	slices.Sort(all)
	return all
}
