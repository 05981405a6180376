package identity

import (
	"fmt"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// MaxForwarded bounds how many names can be let through.
const MaxForwarded = 64

const maxNameLength = 128

// Fields are the fields of a request that travel on. Nil and the zero value are
// the strictest ones. It is immutable and safe for concurrent use.
type Fields struct {
	forward map[string]bool // by canonical name
	cookies []string
}

// NewFields returns Fields with which the named fields travel on although they
// would be removed, and cookies with these names stay at the edge as Edgeward's
// own do. Only a name with a sign other than "-" and no meaning, or one that
// starts with X-Auth- and is not ours, can be let through; the error says which
// name cannot and why.
func NewFields(forward, cookies []string) (*Fields, error) {
	f := &Fields{forward: map[string]bool{}, cookies: slices.Clone(cookies)}
	if len(forward) > MaxForwarded {
		return nil, fmt.Errorf("identity: %d field names are let through, at most %d can be", len(forward), MaxForwarded)
	}
	for _, name := range forward {
		if err := CheckForward(name); err != nil {
			return nil, err
		}
		f.forward[canonical.FieldName(name)] = true
	}
	return f, nil
}

// CheckForward reports why a field name cannot be let through.
func CheckForward(name string) error {
	canonicalName := canonical.FieldName(name)
	switch {
	case len(name) > maxNameLength || canonicalName == "":
		return fmt.Errorf("identity: %q is no field name (RFC 9110 §5.1)", name[:min(len(name), maxNameLength)])
	case fieldname.Imitates(name) || fieldname.ClassOf(name) != fieldname.Ordinary && fieldname.ClassOf(name) != fieldname.Reserved:
		return fmt.Errorf("identity: field %s is read as one that Edgeward sets or decides by, or that frames the request, so it cannot be let through", name)
	case !fieldname.IsIrregular(name) && fieldname.ClassOf(name) == fieldname.Ordinary:
		return fmt.Errorf("identity: field %s travels on anyway", name)
	}
	return nil
}

// Strip removes from h what is for one connection, with whatever Connection
// names, and every field that could pass for another one: a name with a sign
// other than "-", unless it is let through, X-Auth-* and the forwarded family in
// any spelling, what own covers (nil covers nothing), and fields that ask for
// another method, path or host. Of Upgrade, the handshake of a WebSocket stays. It
// allocates nothing unless there is one, or Connection names a field.
func (f *Fields) Strip(h edgeward.Header, own edgeward.FieldNames) {
	stripConnection(h)
	for name := range h {
		if f.removes(name) || own != nil && own.Covers(name) {
			delete(h, name)
		}
	}
}

func (f *Fields) removes(name string) bool {
	switch fieldname.ClassOf(name) {
	case fieldname.Ordinary:
		return fieldname.IsIrregular(name) && !f.lets(name)
	case fieldname.Reserved:
		return !f.lets(name)
	case fieldname.HopByHop: // of these, stripConnection has left what may stay
		return name != "Connection" && name != "Upgrade" && name != "Te"
	}
	return true
}

func (f *Fields) lets(name string) bool { return f != nil && f.forward[name] }

// IsOurCookie reports whether a cookie of that name is Edgeward's.
func (f *Fields) IsOurCookie(name string) bool {
	return cookie.IsOurs(name) || f != nil && slices.Contains(f.cookies, name)
}
