package config

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// A table is what is known of one mapping: the decoder reads by it, a Worker's as a
// gateway's. It is for pointers, all of which share one compiled reader, and it is
// made without code, which would link whatever it names into a Worker's module. What
// docs/configuration.md says of its keys stands beside the test that prints it.
type table[P any] struct {
	name    string // of the mapping, as messages say it: "an issuer"
	example string // of one, where something shorter is easily written in its place
	keys    []key[P]
}

// A key is one member of a mapping.
type key[P any] struct {
	name     string
	kind     string // "text", "list of text", "duration"
	required bool
	unless   string // a key beside which it is not required
	secret   bool   // its value is never shown
	read     func(d *decoder, n *document.Node, into P)
}

// A row is a key without its type.
type row struct {
	name, kind, unless string
	required, secret   bool
}

func (t *table[P]) rows() []row {
	all := make([]row, len(t.keys))
	for i := range t.keys {
		k := &t.keys[i]
		all[i] = row{k.name, k.kind, k.unless, k.required, k.secret}
	}
	return all
}

// read reads the mapping n into into. It reports whether n is a mapping at all.
func (t *table[P]) read(d *decoder, n *document.Node, into P) bool {
	if t.example != "" && !d.is(n, document.Mapping, t.example) {
		return false
	}
	return d.members(t.rows(), t.name, n, func(i int, value *document.Node) { t.keys[i].read(d, value, into) })
}

// readInto is read that returns what it has read into, and zero when n is no mapping.
func (t *table[P]) readInto(d *decoder, n *document.Node, into P) (read P) {
	if t.read(d, n, into) {
		return into
	}
	return read
}

// indexOf is a loop, since slices.IndexFunc would be compiled for rows alone.
func indexOf(all []row, name string) int {
	for i := range all {
		if all[i].name == name {
			return i
		}
	}
	return -1
}

func namesOf(all []row) []string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	return names
}

// members has read read the members of the mapping n, which messages call what. It
// reports whether n is a mapping at all.
func (d *decoder) members(all []row, what string, n *document.Node, read func(i int, value *document.Node)) bool {
	if n.Kind != document.Mapping {
		d.refuse(n.Place, keysOf(what, all), "%s must be a mapping, not %s", what, n.Kind)
		return false
	}
	var meant []string // by misspelled keys: one mistake, one message
	for _, f := range n.Fields {
		i := indexOf(all, f.Key.Text)
		if i < 0 {
			meant = append(meant, d.rules.unknown(d, all, what, f))
			continue
		}
		read(i, f.Value)
	}
	for _, k := range all {
		if k.required && n.Field(k.name) == nil && !slices.Contains(meant, k.name) && (k.unless == "" || n.Field(k.unless) == nil && !slices.Contains(meant, k.unless)) {
			d.refuse(n.Place, "add "+k.name+": <"+k.kind+">", "%s needs %q", what, k.name)
		}
	}
	return true
}

func keysOf(what string, all []row) string { return what + " has: " + strings.Join(namesOf(all), ", ") }

// unknown reports a key that is not in the table and returns the one that was
// most likely meant, or "".
func (d *decoder) unknown(all []row, what string, f document.Field) (meant string) {
	n, names := f.Key, namesOf(all)
	remedy := ""
	if meant = rule.Nearest(n.Text, names); meant == "" {
		remedy = keysOf(what, all)
	}
	if looksLikeSecret(all, f) {
		d.refuse(n.Place, remedy, "unknown key, not shown because it may hold a secret")
		return meant
	}
	d.refuse(n.Place, remedy, "unknown key %q%s", n.Text, d.didYouMean(n.Text, names))
	return meant
}

// looksLikeSecret reports whether a key may be a secret that got out of its place:
// "secret:hunter2" without a space is a key, and in {secret: env:X, hunter2} so
// is hunter2.
func looksLikeSecret(all []row, f document.Field) bool {
	holdsSecrets := slices.ContainsFunc(all, func(r row) bool { return r.secret })
	name := strings.ToLower(f.Key.Text)
	return holdsSecrets && f.Value.Kind == document.Null && rule.Nearest(name, namesOf(all)) == "" ||
		strings.ContainsAny(name, ":= ") && document.Suspicious(name)
}

// Names returns the names of all keys, those whose values are secret and the
// others.
func Names() (secret, plain []string) {
	for _, k := range rows() {
		if k.secret {
			secret = append(secret, k.name)
		} else {
			plain = append(plain, k.name)
		}
	}
	for _, k := range slices.Concat(policy.Keys(), policy.CORSKeys()) {
		plain = append(plain, k.Name)
	}
	return secret, plain
}

// Keys returns the paths of the keys that a place other than a gateway has to know
// of: those of the file, and of the sections that it may take in part.
func Keys() []string {
	all := namesOf(rootTable.rows())
	for section, rows := range map[string][]row{
		"proxy": proxyTable.rows(), "tokens": tokensTable.rows(), "store": storeTable.rows(), "sessions": sessionsTable.rows(),
	} {
		for _, name := range namesOf(rows) {
			all = append(all, section+"."+name)
		}
	}
	slices.Sort(all)
	return all
}
