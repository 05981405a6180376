package identity

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// stripConnection removes what Connection names, before any field of ours is set:
// with "Connection: X-Auth-Subject" a client would have the identity removed
// (CVE-2026-29054). Of Connection, Upgrade and Te it leaves the handshake of a
// WebSocket, and "trailers".
func stripConnection(h edgeward.Header) {
	upgrades := len(h["Connection"]) == 0 // on some platforms that field never shows
	for _, line := range h["Connection"] {
		for option := range strings.SplitSeq(line, ",") {
			switch option = strings.Trim(option, " \t"); {
			case strings.EqualFold(option, "upgrade"):
				upgrades = true
			case option == "", strings.EqualFold(option, "keep-alive"), strings.EqualFold(option, "close"), strings.EqualFold(option, "te"):
			default:
				delete(h, canonical.FieldName(option))
			}
		}
	}
	stripUpgrade(h, upgrades)
	if te, present := h["Te"]; present && !(len(te) == 1 && te[0] == "trailers") {
		stripTe(h)
	}
}

// stripUpgrade leaves the handshake of a WebSocket, and says in Connection what
// belongs to it.
func stripUpgrade(h edgeward.Header, upgrades bool) {
	if !upgrades || !IsWebSocket(h) {
		delete(h, "Upgrade")
		delete(h, "Connection")
		return
	}
	if len(h["Connection"]) > 0 {
		h.Set("Connection", "Upgrade")
	}
}

// IsWebSocket reports whether h asks for a WebSocket and nothing else. An
// upstream that accepts another protocol, h2c for one, takes further requests
// by it, about which nobody decides and which bring their own identity fields.
func IsWebSocket(h edgeward.Header) bool {
	upgrade := h["Upgrade"]
	return len(upgrade) == 1 && strings.EqualFold(upgrade[0], "websocket")
}

// stripTe leaves of TE what does not end with this connection: whether trailers
// are wanted.
func stripTe(h edgeward.Header) {
	for _, line := range h["Te"] {
		for coding := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(coding, " \t"), "trailers") {
				h.Set("Te", "trailers")
				return
			}
		}
	}
	delete(h, "Te")
}
