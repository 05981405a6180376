package propagate

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
)

const identityPrefix = "x-auth-"

// overrides make an upstream take another method than the one that was decided.
var overrides = []string{"x-http-method-override", "x-http-method", "x-method-override"}

// Strip removes from h every field that could pass for an identity field or
// change the method, in any spelling, and their names from Connection.
//
// Spellings: upstreams that hand headers on as CGI variables (RFC 3875
// §4.1.18) cannot tell "-" from "_", and lighttpd turns every other sign into
// "_" as well, so any octet but a letter or digit counts as "-"
// (CVE-2025-64484). Letters beyond ASCII are no tokens and never get here: see
// canonical.Headers.
func Strip(h edgeward.Header) {
	for name := range h {
		if isIdentity(name) || OverridesMethod(name) {
			delete(h, name)
		}
	}
	stripConnection(h)
}

// OverridesMethod reports whether the field name asks the upstream to take
// another method, under the folding that [Strip] documents. Forward-auth refuses
// a request with such a field, since it cannot remove it.
func OverridesMethod(name string) bool {
	return hasPrefix(name, "x-") && slices.ContainsFunc(overrides, func(o string) bool { return equal(name, o) })
}

// stripConnection takes the names of fields that a gateway sets out of
// Connection, and removes Connection when nothing is left.
func stripConnection(h edgeward.Header) {
	lines := h["Connection"]
	if !slices.ContainsFunc(lines, namesOurs) {
		return
	}
	var kept []string
	for _, line := range lines {
		for option := range strings.SplitSeq(line, ",") {
			if option = strings.TrimSpace(option); option != "" && !isOurs(option) {
				kept = append(kept, option)
			}
		}
	}
	if len(kept) == 0 {
		delete(h, "Connection")
		return
	}
	h.Set("Connection", strings.Join(kept, ", "))
}

func namesOurs(line string) bool {
	for option := range strings.SplitSeq(line, ",") {
		if isOurs(strings.TrimSpace(option)) {
			return true
		}
	}
	return false
}

// isOurs reports whether a gateway sets the field name itself.
func isOurs(name string) bool {
	return isIdentity(name) || IsForwarded(name) || equal(name, requestID)
}

func isIdentity(name string) bool { return hasPrefix(name, identityPrefix) }

// hasPrefix reports whether name starts with prefix, which is in lower case,
// under the folding that [Strip] documents.
func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && equal(name[:len(prefix)], prefix)
}

func equal(name, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i := range len(name) {
		if fold(name[i]) != lower[i] {
			return false
		}
	}
	return true
}

func fold(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return c
	case 'A' <= c && c <= 'Z':
		return c + ('a' - 'A')
	default:
		return '-'
	}
}
