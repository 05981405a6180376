package canonical

import (
	"net/netip"
	"strconv"
	"strings"
)

// maxName and maxLabel are the bounds of DNS (RFC 1035 §2.3.4), in bytes.
const (
	maxName  = 253
	maxLabel = 63
)

// Scheme reads a scheme as a proxy repeats it in X-Forwarded-Proto and returns
// "http" or "https". Traefik calls a WebSocket handshake ws or wss; the request
// is an HTTP one all the same.
func Scheme(raw string) (string, error) {
	switch strings.ToLower(raw) {
	case "https", "wss":
		return "https", nil
	case "http", "ws":
		return "http", nil
	}
	return "", malformed("scheme is none of http, https, ws and wss")
}

// Host reads a Host field (RFC 9110 §7.2) or the authority of a target and
// returns it in lower case, without a trailing dot and without the default port
// of scheme, which is "http" or "https". IP addresses are in the spelling of
// RFC 5952.
//
// It refuses an empty host, userinfo, percent-encoding, anything beyond ASCII
// (a client sends A-labels), a zone, a port that is empty, out of 1..65535 or
// has a leading zero, and a name that some readers take for an IPv4 address
// (0x7f.1, 127.1, 2130706433).
func Host(raw, scheme string) (string, error) {
	name, port, err := splitPort(raw)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(name, "[") {
		name, err = ipLiteral(name)
	} else {
		name, err = registeredName(name)
	}
	switch {
	case err != nil:
		return "", err
	case port == "", scheme == "http" && port == "80", scheme == "https" && port == "443":
		return name, nil
	}
	return name + ":" + port, nil
}

// splitPort cuts the port off; it is "" when there is none.
func splitPort(raw string) (name, port string, err error) {
	colon := strings.LastIndexByte(raw, ':')
	if colon < 0 || strings.HasSuffix(raw, "]") {
		return raw, "", nil
	}
	name, port = raw[:colon], raw[colon+1:]
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || port[0] == '0' {
		return "", "", malformed("host has a port out of 1..65535, or not in plain digits")
	}
	return name, port, nil
}

// ipLiteral reads "[2001:db8::1]".
func ipLiteral(name string) (string, error) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(name[1:], "]"))
	if err != nil || !strings.HasSuffix(name, "]") || !addr.Is6() || addr.Zone() != "" {
		return "", malformed("host has brackets around what is no IPv6 address")
	}
	return "[" + addr.String() + "]", nil
}

// registeredName reads a DNS name or an IPv4 address.
func registeredName(name string) (string, error) {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > maxName {
		return "", malformed("host is empty or longer than a DNS name")
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel {
			return "", malformed("host has a label that is empty or longer than 63 bytes")
		}
		for i := range len(label) {
			if !is(label[i], hostOctet) {
				return "", malformed("host has an octet that no DNS name has")
			}
		}
		last = label
	}
	if numeric(last) {
		if _, err := netip.ParseAddr(name); err != nil {
			return "", malformed("host ends in a number but is no IPv4 address in dotted decimals")
		}
	}
	return strings.ToLower(name), nil
}

// numeric reports whether label is a number to inet_aton: decimal, octal or
// hexadecimal. A name that ends in one is an IPv4 address to a browser (WHATWG
// URL §3.5) and to a C library, in spellings that look like a name to others.
func numeric(label string) bool {
	if label[0] < '0' || label[0] > '9' {
		return false
	}
	if len(label) >= 2 && label[0] == '0' && label[1]|0x20 == 'x' {
		label = "0" + label[2:]
		return strings.Trim(label, digits+"abcdefABCDEF") == ""
	}
	return strings.Trim(label, digits) == ""
}

// IsLoopback reports whether host, with or without a port, can only be this
// machine: a loopback address, also one that is mapped into IPv6, or the name
// localhost in any case (RFC 6761 §6.3).
func IsLoopback(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		return at.Addr().Unmap().IsLoopback()
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	name, port, _ := strings.Cut(host, ":")
	return strings.EqualFold(name, "localhost") && strings.Trim(port, digits) == ""
}
