package clientip

import (
	"net/netip"
	"strings"
)

// maxElement bounds one element of X-Forwarded-For in bytes; the longest IPv6
// address has 45, and a zone, brackets and a port can follow.
const maxElement = 64

// elements yields what a list says on all its lines, from the right. Empty
// elements count, against RFC 9110 §5.6.1: the proxy that wrote one did not know
// its client, and what stands left of it is the client's own claim.
func elements(lines []string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := len(lines) - 1; i >= 0; i-- {
			for line, more := lines[i], true; more; {
				var last string
				line, last, more = cutLast(line)
				if !yield(last) {
					return
				}
			}
		}
	}
}

// more reports whether the list has more than n elements.
func more(lines []string, n int) bool {
	for range elements(lines) {
		if n--; n < 0 {
			return true
		}
	}
	return false
}

// cutLast splits a list at its last comma.
func cutLast(line string) (rest, last string, more bool) {
	comma := strings.LastIndexByte(line, ',')
	if comma < 0 {
		return "", line, false
	}
	return line[:comma], line[comma+1:], true
}

// parse reads one address, unmapped and without its zone, with white space around
// it, in quotes, in brackets and with a port, as RFC 7239 §6 writes nodes and as
// some balancers write X-Forwarded-For. It is invalid for everything else.
func parse(element string) netip.Addr {
	s := strings.Trim(element, " \t")
	if len(s) > maxElement {
		return netip.Addr{}
	}
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' {
		s = s[1 : n-1]
	}
	addr, err := netip.ParseAddr(withoutPort(s))
	if err != nil || s[0] == '[' && !addr.Is6() {
		return netip.Addr{}
	}
	return clean(addr)
}

// withoutPort returns the address in s, "" when what stands around it is no port.
// An IPv6 address has brackets before a port, so that its last group is none.
func withoutPort(s string) string {
	host, port, found := strings.Cut(s, ":")
	switch {
	case strings.HasPrefix(s, "["):
		var after string
		if host, after, found = strings.Cut(s[1:], "]"); !found {
			return ""
		}
		if port, found = strings.CutPrefix(after, ":"); !found && after != "" {
			return ""
		}
	case strings.Contains(port, ":"):
		return s
	}
	if found && !isPort(port) {
		return ""
	}
	return host
}

// isPort reports whether s is a port, or the obfuscated one of RFC 7239 §6.3.
func isPort(s string) bool {
	obfuscated := strings.HasPrefix(s, "_")
	for i := range len(s) {
		digit := '0' <= s[i] && s[i] <= '9'
		letter := 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z'
		if !digit && !(obfuscated && (letter || s[i] == '.' || s[i] == '_' || s[i] == '-')) {
			return false
		}
	}
	return obfuscated && len(s) > 1 || 0 < len(s) && len(s) <= 5
}
