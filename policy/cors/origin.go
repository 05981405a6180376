package cors

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// checkOrigin accepts an origin as browsers serialize it (HTML standard, "ascii
// serialisation of an origin"). One in any other spelling would never match.
func checkOrigin(origin string, alone bool) string {
	switch {
	case origin == wildcard && alone:
		return ""
	case origin == wildcard:
		return `"*" beside other origins: it stands alone`
	case origin == "null":
		return `"null" is what every sandboxed frame sends: it names no origin`
	case strings.Contains(origin, wildcard):
		return fmt.Sprintf("%q: there are no patterns, list each origin", origin)
	}
	scheme, authority, ok := strings.Cut(origin, "://")
	if !ok || !isScheme(scheme) || !isAuthority(scheme, authority) {
		return fmt.Sprintf("%q is not an origin as browsers send it: scheme://host[:port], lower case, no path, no default port", origin)
	}
	return ""
}

// isScheme reports whether s is a scheme of RFC 3986 §3.1 in lower case.
func isScheme(s string) bool {
	return s != "" && isLower(s[0]) && strings.Trim(s, lowerLetters+digits+"+-.") == ""
}

func isAuthority(scheme, authority string) bool {
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:i], authority[i+1:]
		if !isPort(port) || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
			return false
		}
	}
	return isHost(host)
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil && s[0] != '0'
}

// isHost accepts the one spelling that the URL standard gives a host.
func isHost(s string) bool {
	if v6, ok := strings.CutPrefix(s, "["); ok {
		v6, ok = strings.CutSuffix(v6, "]")
		a, err := netip.ParseAddr(v6)
		return ok && err == nil && a.Is6() && !a.Is4In6() && a.Zone() == "" && a.String() == v6
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.Trim(label, lowerLetters+digits+"-_") != "" {
			return false
		}
	}
	if last := s[strings.LastIndexByte(s, '.')+1:]; strings.Trim(last, digits) == "" {
		_, err := netip.ParseAddr(s) // a numeric last label makes it an IPv4 address
		return err == nil
	}
	return true
}

const (
	lowerLetters = "abcdefghijklmnopqrstuvwxyz"
	digits       = "0123456789"
)

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
