package fieldname

// A Class is what a field name means to a server that reads a request, in any of its
// spellings.
type Class uint8

// The classes.
const (
	Ordinary Class = iota
	Identity       // one of ours: X-Auth-Subject …
	Reserved       // X-Auth-*, but none of ours
	HopByHop       // for one connection (RFC 9110 §7.6.1)
	Told           // where a request came from, as proxies in front say it
	Misleads       // another method, path or host, a variable of CGI: no proxy in front says that
)

// The names, in lower case.
const (
	identityPrefix = "x-auth-"
	forwarded      = "x-forwarded-"
	original       = "x-original-"
	rewrite        = "x-rewrite-"
)

// classes is by name. Beside X-Forwarded-*, which tells it all, proxies and content
// delivery networks have names of their own for the client's address, and
// libraries that look for it believe them without asking who sent them; and Envoy and
// Azure name the path that they had before they rewrote it.
// Upstreams route on X-Original-URL and X-Rewrite-URL after the gateway has
// decided on another path.
var classes = map[string]Class{
	"x-auth-assertion": Identity, "x-auth-issuer": Identity, "x-auth-method": Identity,
	"x-auth-permissions": Identity, "x-auth-session": Identity, "x-auth-subject": Identity,

	"connection": HopByHop, "http2-settings": HopByHop, "keep-alive": HopByHop, "proxy-authenticate": HopByHop,
	"proxy-authorization": HopByHop, "proxy-connection": HopByHop, "te": HopByHop, "trailer": HopByHop,
	"transfer-encoding": HopByHop, "upgrade": HopByHop,

	"x-edgeward-refusal": Told, // nginx's second question to forward-auth: see internal/door/forwardauth
	"forwarded":          Told, "x-forwarded": Told, "forwarded-for": Told, "x-request-id": Told,
	"x-real-ip": Told, "true-client-ip": Told, "client-ip": Told, "x-client-ip": Told, "x-cluster-client-ip": Told,
	"cf-connecting-ip": Told, "cf-connecting-ipv6": Told, "cf-pseudo-ipv4": Told, "fastly-client-ip": Told, "fly-client-ip": Told,
	"do-connecting-ip": Told, "x-nf-client-connection-ip": Told, "x-appengine-user-ip": Told, "x-envoy-external-address": Told,
	"x-azure-clientip": Told, "x-azure-socketip": Told, "proxy-client-ip": Told, "wl-proxy-client-ip": Told,
	"cloudfront-viewer-address": Told, "cloudfront-forwarded-proto": Told, "x-vercel-forwarded-for": Told,
	"x-envoy-original-path": Told, "x-ms-original-url": Told, "x-waws-unencoded-url": Told,
	"x-remote-ip": Told, "x-remote-addr": Told, "x-originating-ip": Told,
	"x-scheme": Told, "x-url-scheme": Told, "front-end-https": Told, "x-script-name": Told,

	"x-http-method-override": Misleads, "x-http-method": Misleads, "x-method-override": Misleads, "x-method": Misleads,
	"x-host": Misleads, "x-http-host": Misleads, "x-http-host-override": Misleads,
	"path-info": Misleads, "script-name": Misleads,
	// CGI makes HTTP_PROXY of it, by which programs find the proxy for requests of
	// their own (CVE-2016-5385, "httpoxy").
	"proxy": Misleads,
}

const longest = len("cloudfront-forwarded-proto") // no name of classes is longer

// A known is a member of classes.
type known struct {
	name  string
	class Class
}

var (
	byLength = sortNames()
	initials = sortInitials()
)

func sortNames() (all [longest + 1][]known) {
	for name, c := range classes {
		all[len(name)] = append(all[len(name)], known{name, c})
	}
	return all
}

// sortInitials says which first letters any name begins with, so that most
// fields of a request cost one look.
func sortInitials() (all [256]bool) {
	for name := range classes {
		all[name[0]] = true
	}
	return all
}

// ClassOf returns the class of name. It allocates nothing.
func ClassOf(name string) Class {
	if name == "" || !initials[folded[name[0]]] {
		return Ordinary
	}
	if len(name) <= longest {
		for i := range byLength[len(name)] {
			if k := &byLength[len(name)][i]; equal(name, k.name) {
				return k.class
			}
		}
	}
	if folded[name[0]] != 'x' {
		return Ordinary
	}
	switch {
	case hasPrefix(name, identityPrefix):
		return Reserved
	case hasPrefix(name, forwarded), hasPrefix(name, original), hasPrefix(name, rewrite):
		return Told
	}
	return Ordinary
}
