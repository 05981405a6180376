package engine

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/policy"
)

// crossOrigin guards an application that asks for it against pages of others
// that have their visitor's browser change something. It comes before any
// credential is looked at, so that no such page gets its visitor banned.
func crossOrigin(r *edgeward.Request, route *policy.Route) error {
	if !route.SameOrigin || !csrf.Changes(r) {
		return nil
	}
	return csrf.Demand(r)
}

// handshake guards every WebSocket that a cookie opens, asked or not: no
// preflight and no same-origin policy of the browser's does. What a header
// carries, no page of others can send.
func handshake(r *edgeward.Request, route *policy.Route, c edgeward.Credential) error {
	if c.Cookie == "" || !csrf.IsWebSocket(r) {
		return nil
	}
	return csrf.CheckHandshake(r, route.CORS.Trusts)
}
