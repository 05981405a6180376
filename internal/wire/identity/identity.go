// Package identity carries an identity to the upstream, and keeps everything
// else that looks like one away from it.
//
// It is the one rule of all doors for the fields of a request, and its order is
// what makes it safe. [Fields.SetUpstreamHeader]
//
//  1. removes hop-by-hop fields and what Connection names (RFC 9110 §7.6.1);
//  2. removes every field that could pass for another one, and the credential;
//  3. removes and sets what the configuration says of the route;
//  4. sets the proven identity and X-Forwarded-*, last.
//
// With 1 after 4 a client sends "Connection: X-Auth-Subject" and the gateway
// removes the identity that it has just set (CVE-2026-29054).
package identity

import (
	"iter"
	"strings"

	"github.com/edgeward/edgeward"
)

// names are the identity fields, sorted.
var names = []string{
	edgeward.HeaderAssertion,
	edgeward.HeaderIssuer,
	edgeward.HeaderMethod,
	edgeward.HeaderPermissions,
	edgeward.HeaderSession,
	edgeward.HeaderSubject,
}

// Names returns the names of all identity fields, sorted, and those of own, which may
// be nil, after them. Forward-auth answers with every one of them, empty when absent,
// so that a proxy which copies them overwrites what the client sent
// (CVE-2026-30851).
func Names(own edgeward.FieldNames) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range names {
			if !yield(name) {
				return
			}
		}
		if own == nil {
			return
		}
		for _, name := range own.Own() {
			if !yield(name) {
				return
			}
		}
	}
}

// SetUpstreamHeader makes h, the header of a request that travels on, what the
// application sees: [Fields.Apply], and after it what t says.
//
// h must not share its map with the request that was decided upon.
func (f *Fields) SetUpstreamHeader(h edgeward.Header, t Forwarded, d *edgeward.Decision) {
	f.Apply(h, d)
	t.Set(h)
}

// Apply makes h say who d proved: [Fields.Strip] first; then credentials are removed,
// of which under d.KeepCredential the one that decided travels on, as it was
// renewed, and no other; then what the configuration edits is removed and set, and
// the fields of d.Upstream are set, last: an edit never stands for an identity. A
// decision that does not allow sets nothing.
//
// h must not share its map with the request that was decided upon. The values
// of d, which other requests share, are copied.
func (f *Fields) Apply(h edgeward.Header, d *edgeward.Decision) {
	f.Strip(h, d.OwnFields)
	f.removeCredentials(h, d)
	if !d.Allow {
		return
	}
	if d.Forwarding != nil {
		Edit(h, &d.Forwarding.Request)
	}
	setAll(h, d.Upstream)
}

// Edit removes from h, and sets on it, what e says. Names of h that are not canonical,
// as the handlers of a Go program can write them, are not found.
func Edit(h edgeward.Header, e *edgeward.FieldEdit) {
	for _, name := range e.Remove {
		delete(h, name)
	}
	setAll(h, e.Set)
}

// Complete sets on h, the header of an answer of Edgeward's own, what e sets and h
// does not have; but no cache keeps such an answer, whatever e says.
func Complete(h edgeward.Header, e *edgeward.FieldEdit) {
	for name, values := range e.Set {
		if len(h[name]) == 0 && !IsOfCaches(name) {
			h[name] = values[:len(values):len(values)]
		}
	}
}

// IsOfCaches reports whether caches are told by a field of an answer, which is
// canonical, whether they may keep it.
func IsOfCaches(name string) bool {
	return name == "Cache-Control" || strings.HasSuffix(name, "Cdn-Cache-Control") || name == "Surrogate-Control" || name == "X-Accel-Expires"
}

// setAll copies fields into h, their values in one allocation: an application
// that wrote to a shared slice would write into other people's requests.
func setAll(h, fields edgeward.Header) {
	n := 0
	for _, values := range fields {
		n += len(values)
	}
	if n == 0 {
		return
	}
	copies := make([]string, 0, n)
	for name, values := range fields {
		start := len(copies)
		copies = append(copies, values...)
		h[name] = copies[start:len(copies):len(copies)]
	}
}
