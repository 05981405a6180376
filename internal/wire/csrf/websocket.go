package csrf

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

// IsWebSocket reports whether r asks for a WebSocket (RFC 6455 §4.1), by any of
// the fields that a browser sends with it: a web server that asks forward-auth
// may drop Upgrade, which is hop-by-hop. No script can set a Sec- field.
func IsWebSocket(r *edgeward.Request) bool {
	if _, asked := r.Header["Sec-Websocket-Key"]; asked {
		return true
	}
	for _, line := range r.Header["Upgrade"] {
		for protocol := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(protocol, " \t"), "websocket") {
				return true
			}
		}
	}
	return false
}

// CheckHandshake refuses the handshake of a WebSocket to which a browser has
// added a cookie, unless its page is of our origin or of one that trusts
// accepts. The same-origin policy does not hold for WebSockets: any page opens
// one to anywhere, its cookies go along, and it reads what comes back.
// Browsers always send Origin (RFC 6455 §10.2), so silence is refused.
func CheckHandshake(r *edgeward.Request, trusts func(origin string) bool) error {
	if from := r.Header["Origin"]; len(from) == 1 && (isOwn(r, from[0]) || trusts(from[0])) {
		return nil
	}
	return fmt.Errorf("csrf: a WebSocket by a cookie, and Origin is neither %s://%s nor one that the route trusts: %w", r.Scheme, r.Host, edgeward.CrossOrigin)
}
