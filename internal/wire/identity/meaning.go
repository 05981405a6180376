package identity

import "slices"

// meanings are further names, in lower case, that applications and the servers
// below them act on: framing, credentials, conditions, what a page may do. The
// spelling itself is ordinary; a look-alike is not.
var (
	meanings = []string{"x-api-key", "cache-control", "set-cookie", "user-agent", "www-authenticate", "max-forwards", "last-event-id"}
	families = []string{"content-", "proxy-", "sec-", "access-control-", "accept-", "if-"}
)

// Imitates reports whether name has a sign other than "-" and can be read as a
// field with a meaning: of framing, of the connection, a credential, an identity
// field of ours, or one by which a request says where it came from and goes. A
// door that cannot remove such a field refuses the request.
func Imitates(name string) bool {
	if !isIrregular(name) {
		return false
	}
	switch classOf(name) {
	case identity, hopByHop, told, misleads:
		return true
	}
	return slices.ContainsFunc(meanings, func(m string) bool { return equal(name, m) }) ||
		slices.ContainsFunc(families, func(prefix string) bool { return hasPrefix(name, prefix) })
}

// Misleads reports whether name asks for another method, path or host than
// those that were decided on, or becomes a variable of CGI that is none of the
// client's. No proxy in front sends such a field: a door that cannot remove it
// refuses the request.
func Misleads(name string) bool { return classOf(name) == misleads }
