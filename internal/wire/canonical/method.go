package canonical

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// maxMethod bounds a method in bytes. The longest registered one,
// UPDATEREDIRECTREF, has 17.
const maxMethod = 32

// Method reads a method and returns it. Methods are case-sensitive (RFC 9110
// §9.1), yet servers exist that read "get" as GET: anything but upper-case
// letters, digits and "-" is refused.
//
// CONNECT, TRACE and Microsoft's TRACK are refused wrapping
// [edgeward.MethodNotAllowed]: they ask the gateway to be a tunnel, or the
// upstream to echo credentials.
func Method(raw string) (string, error) {
	if raw == "" || len(raw) > maxMethod {
		return "", malformed("method is empty or longer than 32 bytes")
	}
	for i := range len(raw) {
		if c := raw[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return "", malformed("method is not in upper case")
		}
	}
	switch raw {
	case "CONNECT", "TRACE", "TRACK":
		return "", fmt.Errorf("canonical: method %s: %w", raw, edgeward.MethodNotAllowed)
	}
	return raw, nil
}
