package schema

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// Misspelled reports a key that is not in the table and returns the one that was
// most likely meant, or "".
func (r *Reader) Misspelled(all []Row, what string, f document.Field) (meant string) {
	n, names := f.Key, Names(all)
	remedy := ""
	if meant = r.Nearest(n.Text, names); meant == "" {
		remedy = keysOf(what, all)
	}
	if r.looksLikeSecret(all, f) {
		r.Refuse(n.Place, remedy, "unknown key, not shown because it may hold a secret")
		return meant
	}
	r.Refuse(n.Place, remedy, "unknown key %q%s", n.Text, r.DidYouMean(n.Text, names))
	return meant
}

// looksLikeSecret reports whether a key may be a secret that got out of its place:
// "secret:hunter2" without a space is a key, and in {secret: env:X, hunter2} so
// is hunter2.
func (r *Reader) looksLikeSecret(all []Row, f document.Field) bool {
	holdsSecrets := slices.ContainsFunc(all, func(k Row) bool { return k.Secret })
	name := strings.ToLower(f.Key.Text)
	return holdsSecrets && f.Value.Kind == document.Null && r.Nearest(name, Names(all)) == "" ||
		strings.ContainsAny(name, ":= ") && document.Suspicious(name)
}
