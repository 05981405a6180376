package forwardauth

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/canonical"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/propagate"
)

// What a proxy says of the original request, in the fields of Traefik and Caddy
// first, in those of nginx's examples then.
var (
	methodFields = []string{"X-Forwarded-Method", "X-Original-Method"}
	uriFields    = []string{"X-Forwarded-Uri", "X-Original-Uri", "X-Original-Url"}
	protoFields  = []string{"X-Forwarded-Proto", "X-Original-Proto"}
	hostFields   = []string{"X-Forwarded-Host", "X-Original-Host"}
)

// originalFields are those of the above in nginx's dialect.
var originalFields = []string{"X-Original-Method", "X-Original-Uri", "X-Original-Url", "X-Original-Proto", "X-Original-Host"}

// speaksNginx reports whether the question came in nginx's dialect.
func speaksNginx(h http.Header) bool {
	return len(h["X-Original-Method"]) > 0 || len(h["X-Original-Uri"]) > 0 || len(h["X-Original-Url"]) > 0
}

// read reads the request that the asking proxy describes.
func (f *handler) read(hr *http.Request, v *door.Visit) error {
	peer := door.PeerOf(hr)
	r := &v.Request
	r.ClientIP = f.trusted.Client(peer, edgeward.Header(hr.Header))
	if !f.trusted.Contains(peer) {
		return edgeward.UntrustedPeer
	}
	r.Header = edgeward.Header(hr.Header)
	if err := checkHeader(r.Header); err != nil {
		return err
	}
	if err := describe(hr, r); err != nil {
		return err
	}
	return f.door.Hosts.Check(r.Host)
}

// checkHeader refuses what the proxy would pass on and this door cannot remove.
// A field of ours under its own name is none of that: the answer overwrites it.
// Of another X-Auth-* field (ingress-nginx sends X-Auth-Request-Redirect,
// applications know X-Auth-Token) nothing is said here.
func checkHeader(h edgeward.Header) error {
	if err := canonical.Headers(h); err != nil {
		return err
	}
	for name := range h {
		switch {
		case propagate.Imitates(name):
			return door.Malformed("a field imitates another one, by a sign that some servers take for \"-\"")
		case propagate.Misleads(name):
			return door.Malformed("a field asks for another method, path or host, or sets a variable of CGI")
		case stray(name):
			return door.Malformed("a field is of the forwarded family, and no proxy sends it")
		}
	}
	if len(h["Upgrade"]) > 0 && !propagate.IsWebSocket(h) {
		return door.Malformed("an upgrade to another protocol than WebSocket")
	}
	return nil
}

// stray reports whether name is of the forwarded family, but neither read here
// nor sent by a proxy, so that it can only be the client's. An application may
// route by X-Rewrite-URL or X-Original-Path after another path was decided.
//
// name is in canonical case: canonical.Headers comes first.
func stray(name string) bool {
	return strings.HasPrefix(name, "X-Rewrite-") ||
		strings.HasPrefix(name, "X-Original-") && !slices.Contains(originalFields, name)
}

// describe fills r from what the fields say.
func describe(hr *http.Request, r *edgeward.Request) error {
	method, err := said(hr.Header, methodFields)
	if err != nil {
		return err
	}
	uri, err := said(hr.Header, uriFields)
	if err != nil {
		return err
	}
	proto, err := said(hr.Header, protoFields)
	if err != nil {
		return err
	}
	host, err := said(hr.Header, hostFields)
	if err != nil {
		return err
	}
	switch {
	case method == "":
		return missing(methodFields)
	case uri == "":
		return missing(uriFields)
	}
	target, err := canonical.RequestTarget(uri)
	if err != nil {
		return err
	}
	r.Path, r.RawQuery = target.Path, target.RawQuery
	if r.Method, err = canonical.Method(method); err != nil {
		return err
	}
	if r.Scheme, err = canonical.Scheme(cmp.Or(proto, target.Scheme, "http")); err != nil {
		return err
	}
	if r.Host, err = canonical.Host(cmp.Or(host, target.Host, hr.Host), r.Scheme); err != nil {
		return err
	}
	return target.Agrees(r.Scheme, r.Host)
}

func missing(fields []string) error {
	return door.Malformed(strings.Join(fields, " or ") + " is missing")
}

// said returns what the fields say, which is one thing or nothing: a client
// that smuggles the other dialect's field through its proxy, or a second line
// of the same one, would choose what is decided.
func said(h http.Header, fields []string) (string, error) {
	found := ""
	for _, name := range fields {
		switch values := h[name]; {
		case len(values) == 0:
		case len(values) > 1, found != "" && values[0] != found:
			return "", door.Malformed("the original request is described in two ways")
		case values[0] == "":
			return "", door.Malformed("the original request is described by an empty field")
		default:
			found = values[0]
		}
	}
	return found, nil
}
