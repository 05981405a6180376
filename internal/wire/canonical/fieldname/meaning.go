package fieldname

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
	if !IsIrregular(name) {
		return false
	}
	switch ClassOf(name) {
	case Identity, HopByHop, Told, Misleads:
		return true
	}
	return is(name, meanings, families)
}

// IsMisleading reports whether name asks for another method, path or host than
// those that were decided on, or becomes a variable of CGI that is none of the
// client's. No proxy in front sends such a field: a door that cannot remove it
// refuses the request.
func IsMisleading(name string) bool { return ClassOf(name) == Misleads }

// standard are names, folded, with a meaning that HTTP, browsers or the parts between
// them and an application give them, beside meanings and families.
var (
	standard = []string{
		"accept", "age", "allow", "alt-svc", "alt-used", "baggage", "cdn-loop", "date", "dnt", "early-data", "etag", "expires",
		"last-modified", "link", "location", "origin", "pragma", "priority", "purpose", "referer", "retry-after", "save-data",
		"server", "traceparent", "tracestate", "upgrade-insecure-requests", "vary", "via", "warning",
		"x-csrf-token", "x-csrftoken", "x-requested-with", "x-xsrf-token",
	}
	// decisive name a host, a credential, a part of a body or a framing: without
	// them, or with others, a request is another one.
	decisive         = []string{"authorization", "cookie", "cookie2", "expect", "host", "range", "set-cookie", "set-cookie2", "x-api-key"}
	decisiveFamilies = []string{"content-", "proxy-", "sec-websocket-", "access-control-", "grpc-", "x-edgeward-", "cf-", "if-"}
)

// IsDecisive reports whether a request is another one without the field, or with
// another value: it names a host, a credential, a part of a body or a framing; or it
// is for one connection, says where a request came from, or misleads.
func IsDecisive(name string) bool {
	switch ClassOf(name) {
	case HopByHop, Told, Misleads:
		return true
	}
	return is(name, decisive, decisiveFamilies)
}

// IsStandard reports whether HTTP, browsers or the parts between them and an
// application give the field a meaning.
func IsStandard(name string) bool {
	return IsDecisive(name) || is(name, standard, nil) || is(name, meanings, families)
}

func is(name string, names, prefixes []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return equal(name, n) }) ||
		slices.ContainsFunc(prefixes, func(p string) bool { return hasPrefix(name, p) })
}
