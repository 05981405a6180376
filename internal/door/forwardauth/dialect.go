package forwardauth

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
	"github.com/edgeward/edgeward/internal/wire/identity"
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

// speaksForwarded reports the same of the dialect of the others.
func speaksForwarded(h http.Header) bool {
	return len(h["X-Forwarded-Method"]) > 0 || len(h["X-Forwarded-Uri"]) > 0
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
	if err := checkNamed(hr, r); err != nil {
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
		case fieldname.Imitates(name):
			return door.Malformed("a field imitates another one, by a sign that some servers take for \"-\"")
		case fieldname.IsMisleading(name):
			return door.Malformed("a field asks for another method, path or host, or sets a variable of CGI")
		case stray(name):
			return door.Malformed("a field is of the forwarded family, and no proxy sends it")
		}
	}
	if len(h["Upgrade"]) > 0 && !identity.IsWebSocket(h) {
		return door.Malformed("an upgrade to another protocol than WebSocket")
	}
	return nil
}

// checkLookAlikes refuses what looks like a field of the configuration, and would
// reach the application under a name by which the answer does not overwrite it. What
// the configuration speaks by is known with the decision.
func checkLookAlikes(v *door.Visit) error {
	own := v.Decision.OwnFields
	if own == nil || !v.Decision.Allow {
		return nil
	}
	for name := range v.Request.Header {
		if fieldname.IsIrregular(name) && own.Covers(name) {
			return door.Malformed("a field imitates one of the configuration's, by a sign that some servers take for \"-\"")
		}
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
	if err := checkJoined(uri); err != nil {
		return err
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
	if err := target.Agrees(r.Scheme, r.Host); err != nil {
		return err
	}
	return checkHost(hr, r, target.Host != "")
}

// checkHost refuses a host that only the client can have named. A proxy that sends
// no host in its dialect says it in Host, or in X-Original-URL. Then the other
// dialect's field, or the URL of an absolute-form request line, has to name the same,
// or the client would choose which host is looked up among those that are served.
// Ports may differ: proxies spell Host without one.
func checkHost(hr *http.Request, r *edgeward.Request, inURL bool) error {
	if saysHost(hr.Header, inURL) {
		return nil
	}
	asked, err := canonical.Host(hr.Host, r.Scheme)
	if err != nil {
		return err
	}
	if canonical.Hostname(asked) != canonical.Hostname(r.Host) {
		return door.Malformed("the host is not that in Host; a proxy that knows better says so in " + strings.Join(hostFields, " or "))
	}
	return nil
}

// saysHost reports whether the host is said in each dialect that is spoken: inURL
// says that there is one in what uriFields say.
func saysHost(h http.Header, inURL bool) bool {
	forwarded, original := speaksForwarded(h), speaksNginx(h)
	if inURL && !forwarded && len(h["X-Original-Uri"]) == 0 { // no client can have sent X-Original-URL
		return true
	}
	return (!forwarded || len(h["X-Forwarded-Host"]) > 0) && (!original || len(h["X-Original-Host"]) > 0)
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
