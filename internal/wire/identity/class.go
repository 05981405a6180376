package identity

// A class is what a field name means to whoever reads a request, under the
// folding of fold.go.
type class uint8

const (
	ordinary class = iota
	identity       // one of ours: X-Auth-Subject …
	reserved       // X-Auth-*, but none of ours
	hopByHop       // for one connection (RFC 9110 §7.6.1)
	told           // where a request came from, as proxies in front say it
	misleads       // another method, path or host, a variable of CGI: no proxy in front says that
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
var classes = map[string]class{
	"x-auth-assertion": identity, "x-auth-issuer": identity, "x-auth-method": identity,
	"x-auth-permissions": identity, "x-auth-session": identity, "x-auth-subject": identity,

	"connection": hopByHop, "http2-settings": hopByHop, "keep-alive": hopByHop, "proxy-authenticate": hopByHop,
	"proxy-authorization": hopByHop, "proxy-connection": hopByHop, "te": hopByHop, "trailer": hopByHop,
	"transfer-encoding": hopByHop, "upgrade": hopByHop,

	"x-edgeward-refusal": told, // nginx's second question to forward-auth: see internal/door/forwardauth
	"forwarded":          told, "x-forwarded": told, "forwarded-for": told, "x-request-id": told,
	"x-real-ip": told, "true-client-ip": told, "client-ip": told, "x-client-ip": told, "x-cluster-client-ip": told,
	"cf-connecting-ip": told, "cf-connecting-ipv6": told, "cf-pseudo-ipv4": told, "fastly-client-ip": told, "fly-client-ip": told,
	"do-connecting-ip": told, "x-nf-client-connection-ip": told, "x-appengine-user-ip": told, "x-envoy-external-address": told,
	"x-azure-clientip": told, "x-azure-socketip": told, "proxy-client-ip": told, "wl-proxy-client-ip": told,
	"cloudfront-viewer-address": told, "cloudfront-forwarded-proto": told, "x-vercel-forwarded-for": told,
	"x-envoy-original-path": told, "x-ms-original-url": told, "x-waws-unencoded-url": told,
	"x-remote-ip": told, "x-remote-addr": told, "x-originating-ip": told,
	"x-scheme": told, "x-url-scheme": told, "front-end-https": told, "x-script-name": told,

	"x-http-method-override": misleads, "x-http-method": misleads, "x-method-override": misleads, "x-method": misleads,
	"x-host": misleads, "x-http-host": misleads, "x-http-host-override": misleads,
	"path-info": misleads, "script-name": misleads,
	// CGI makes HTTP_PROXY of it, by which programs find the proxy for requests of
	// their own (CVE-2016-5385, "httpoxy").
	"proxy": misleads,
}

const longest = len("cloudfront-forwarded-proto") // no name of classes is longer

// A known is a member of classes.
type known struct {
	name  string
	class class
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

// classOf returns the class of name. It allocates nothing.
func classOf(name string) class {
	if name == "" || !initials[folded[name[0]]] {
		return ordinary
	}
	if len(name) <= longest {
		for i := range byLength[len(name)] {
			if k := &byLength[len(name)][i]; equal(name, k.name) {
				return k.class
			}
		}
	}
	if folded[name[0]] != 'x' {
		return ordinary
	}
	switch {
	case hasPrefix(name, identityPrefix):
		return reserved
	case hasPrefix(name, forwarded), hasPrefix(name, original), hasPrefix(name, rewrite):
		return told
	}
	return ordinary
}
