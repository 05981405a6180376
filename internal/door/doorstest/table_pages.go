package doorstest

import (
	"slices"

	"github.com/edgeward/edgeward"
)

// pages: what the pages of others cannot have their visitor's browser do; rows
// 24 and 39.
func (s *System) pages() []row {
	const own, other, friend = "Origin: http://api.example.com", "Origin: https://evil.example", "Origin: https://app.example"
	cookie, token := cookieOf(s.cookie), "Authorization: Bearer "+s.Token
	post := func(fields ...string) Request { return get("/guarded/x", fields...).method("POST") }
	socket := func(target string, fields ...string) Request {
		return get(target, slices.Concat([]string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, fields)...)
	}
	return []row{
		{rule: "24: a form of our own page", request: post(cookie, own, "Sec-Fetch-Site: same-origin"), want: edgeward.Authenticated},
		{rule: "24: a form of our own page with no-referrer", request: post(cookie, "Origin: null", "Sec-Fetch-Site: same-origin"), want: edgeward.Authenticated},
		{rule: "24: a form of a page without a name", request: post(cookie, "Origin: null"), want: edgeward.CrossOrigin},
		{rule: "24: the same of another site", request: post(cookie, "Origin: null", "Sec-Fetch-Site: cross-site"), want: edgeward.CrossOrigin},
		{rule: "24: the same of a neighbouring subdomain", request: post(cookie, "Origin: null", "Sec-Fetch-Site: same-site"), want: edgeward.CrossOrigin},
		{rule: "24: a form of another page", request: post(cookie, other, "Sec-Fetch-Site: cross-site"), want: edgeward.CrossOrigin},
		{rule: "24: a form of a neighbouring subdomain", request: post(cookie, "Sec-Fetch-Site: same-site"), want: edgeward.CrossOrigin},
		{rule: "24: a form of a page without HTTPS", request: post(cookie, own, "X-Forwarded-Proto: https").from(farther), want: edgeward.CrossOrigin},
		{rule: "24: a form of nobody", request: post(cookie), want: edgeward.CrossOrigin},
		{rule: "24: a form to a route that does not ask", request: get("/chain/x", cookie, other).method("POST"), want: edgeward.Authenticated},
		{rule: "24: a link on another page", request: get("/guarded/x", cookie, "Sec-Fetch-Site: cross-site"), want: edgeward.Authenticated},
		{rule: "39: a WebSocket of our own page", request: socket("/chain/x", cookie, own), want: edgeward.Authenticated},
		{rule: "39: a WebSocket of another page", request: socket("/chain/x", cookie, other), want: edgeward.CrossOrigin},
		{rule: "39: a WebSocket of a sandboxed frame", request: socket("/chain/x", cookie, "Origin: null"), want: edgeward.CrossOrigin},
		{rule: "39: a WebSocket of nobody, by a cookie", request: socket("/chain/x", cookie), want: edgeward.CrossOrigin},
		{rule: "39: a WebSocket of an origin that the route trusts", request: socket("/friends/x", cookie, friend), want: edgeward.Authenticated},
		{rule: "39: which is not trusted elsewhere", request: socket("/chain/x", cookie, friend), want: edgeward.CrossOrigin},
		{rule: "39: a WebSocket of a program, by a token", request: socket("/chain/x", token), want: edgeward.Authenticated},
		{rule: "39: a WebSocket of nobody we know", request: socket("/chain/x", own), want: edgeward.CredentialMissing},
	}
}
