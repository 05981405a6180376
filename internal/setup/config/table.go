package config

import (
	"slices"
	"strings"
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
	required bool
	secret   bool // its value is never shown
	read     func(d *decoder, n *node, into *T)
}

func (t *table[T]) names() []string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.name
	}
	return names
}

// read reads the mapping n into into. It reports whether n is a mapping at all.
func (t *table[T]) read(d *decoder, n *node, into *T) bool {
	if n.kind != mapping {
		d.refuse(n.place, t.has(), "%s must be a mapping, not %s", t.name, n.kind)
		return false
	}
	var meant []string // by misspelled keys: one mistake, one message
	for _, f := range n.fields {
		i := slices.IndexFunc(t.keys, func(k key[T]) bool { return k.name == f.key.text })
		if i < 0 {
			meant = append(meant, t.unknown(d, f))
			continue
		}
		t.keys[i].read(d, f.value, into)
	}
	for _, k := range t.keys {
		if k.required && n.field(k.name) == nil && !slices.Contains(meant, k.name) {
			d.refuse(n.place, "add "+k.name+": <"+k.kind+">", "%s needs %q", t.name, k.name)
		}
	}
	return true
}

func (t *table[T]) has() string { return t.name + " has: " + strings.Join(t.names(), ", ") }

// unknown reports a key that is not in the table and returns the one that was
// most likely meant, or "".
func (t *table[T]) unknown(d *decoder, f field) (meant string) {
	n := f.key
	remedy := ""
	if meant = nearest(n.text, t.names()); meant == "" {
		remedy = t.has()
	}
	if t.spilt(f) {
		d.refuse(n.place, remedy, "unknown key, not shown because it may hold a secret")
		return meant
	}
	d.refuse(n.place, remedy, "unknown key %q%s", n.text, didYouMean(n.text, t.names()))
	return meant
}

// spilt reports whether a key may be a secret that got out of its place:
// "secret:hunter2" without a space is a key, and in {secret: env:X, hunter2} so
// is hunter2.
func (t *table[T]) spilt(f field) bool {
	holdsSecrets := slices.ContainsFunc(t.keys, func(k key[T]) bool { return k.secret })
	name := strings.ToLower(f.key.text)
	return holdsSecrets && f.value.kind == null && nearest(name, t.names()) == "" ||
		strings.ContainsAny(name, ":= ") && slices.ContainsFunc(suspicious, func(part string) bool { return strings.Contains(name, part) })
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

// sections returns every table, in the order of the reference.
func sections() []section {
	return []section{
		rootTable.section(), proxyTable.section(), forwardAuthTable.section(), adminTable.section(), issuerTable.section(),
		tokensTable.section(), assertionTable.section(), storeTable.section(), sessionsTable.section(), apiKeysTable.section(),
		failuresTable.section(), revocationTable.section(), loginTable.section(), providerTable.section(), permissionsTable.section(), statementTable.section(), corsTable.section(),
	}
}

func (t *table[T]) section() section {
	s := section{title: t.title, about: t.about}
	for _, k := range t.keys {
		s.keys = append(s.keys, row{k.name, k.kind, k.absent, k.meaning, k.required, k.secret})
	}
	return s
}

// readNew reads a mapping into a new T, nil when n is no mapping.
func readNew[T any](d *decoder, t *table[T], n *node) *T {
	into := new(T)
	if !t.read(d, n, into) {
		return nil
	}
	return into
}

func ref[T any](v T) *T { return &v }
