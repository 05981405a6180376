// Package propagate carries an identity to the upstream, and keeps everything
// else that looks like one away from it.
//
// The order is what makes it safe. A door
//
//  1. removes hop-by-hop fields and what Connection names (RFC 9110 §7.6.1);
//  2. calls [StripForwarded] and sets its own X-Forwarded-* fields;
//  3. calls [Apply], last, which strips inbound identity fields, sets the proven
//     ones and takes the credential off.
//
// With 1 after 3 a client sends "Connection: X-Auth-Subject" and the gateway
// removes the identity that it has just set (CVE-2026-29054). A middleware does
// not own step 1, the application behind it may: therefore [Strip] also takes
// such names out of Connection.
package propagate

import "github.com/edgeward/edgeward"

// names are the identity fields, sorted.
var names = []string{
	edgeward.HeaderAssertion,
	edgeward.HeaderIssuer,
	edgeward.HeaderMethod,
	edgeward.HeaderPermissions,
	edgeward.HeaderSession,
	edgeward.HeaderSubject,
}

// Names returns the names of all identity fields, sorted. Forward-auth answers
// with every one of them, empty when absent, so that a proxy which copies them
// overwrites what the client sent (CVE-2026-30851). The caller must not change
// the slice.
func Names() []string { return names }

// Apply makes h, the header of the request that travels on, say who d proved:
// inbound identity fields are removed first, also those that d does not set;
// then those of d.Upstream are set; then the credential, any bearer token and
// whatever else Edgeward handed out is removed. Under d.KeepCredential all of
// that travels on, the credential as it was renewed. A decision that does not
// allow sets nothing.
//
// h must not share its map with the request that was decided upon. The values
// of d, which other requests share, are copied.
func Apply(h edgeward.Header, d *edgeward.Decision) {
	Strip(h)
	if d.Allow {
		setAll(h, d.Upstream)
	}
	if d.KeepCredential {
		freshen(h, d.Credential)
		return
	}
	removeCredential(h, d.Credential)
	removeBearer(h)
	removeIssued(h)
}

// setAll copies fields into h, their values in one allocation: an application
// that wrote to a shared slice would write into other people's requests.
func setAll(h, fields edgeward.Header) {
	n := 0
	for _, values := range fields {
		n += len(values)
	}
	copies := make([]string, 0, n)
	for name, values := range fields {
		start := len(copies)
		copies = append(copies, values...)
		h[name] = copies[start:len(copies):len(copies)]
	}
}
