package doorstest

import (
	"net/netip"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/session"
)

// ruledFiles are routes with rules about who may. Most clients of the table are in
// 203.0.113.0/24.
func ruledFiles() []policy.File {
	const office = "203.0.113.0/24"
	known := policy.Require(naming)
	return []policy.File{
		{Path: "ruled/groups", Statement: known.Allow(allow.Alternative{Groups: []string{"nobody"}}, allow.Alternative{Groups: []string{"größe"}})},
		{Path: "ruled/others", Statement: known.Allow(allow.Alternative{Groups: []string{"secret-group"}}, allow.Alternative{Username: []string{"secret-name"}, Email: []string{"*@secret.example"}})},
		{Path: "ruled/domain", Statement: known.Allow(allow.Alternative{Email: []string{"*@EXAMPLE.com"}})},
		{Path: "ruled/any", Statement: known.Allow(allow.Alternative{Permissions: []string{"orders:write", "orders:read"}})},
		{Path: "ruled/both", Statement: known.Allow(allow.Alternative{Groups: []string{"admins"}, Networks: []string{office}})},
		{Path: "ruled/class", Statement: known.Allow(allow.Alternative{Groups: []string{"admins"}, ACR: []string{"phr"}})},
		{Path: "ruled/session", Statement: policy.Require(apikey.Method, session.Method).Allow(allow.Alternative{Permissions: []string{"orders:write"}})},
		{Path: "inside/_middleware", Statement: known.Networks(office, "2001:db8:7::/48")},
		{Path: "inside/public", Statement: policy.Public()},
		{Path: "open/_middleware", Statement: known.PublicNetworks(office).ForwardCredential(true)},
		{Path: "open/writers", Statement: policy.Statement{}.PublicNetworks(office).Permissions("orders:write")},
		{Path: "open/session", Statement: policy.Require(apikey.Method, session.Method).PublicNetworks(office)},
	}
}

// rules: who may, of those who are known, and from where.
func (s *System) rules() []row {
	elsewhere := netip.MustParseAddr("198.51.100.7")
	token, bad := "Authorization: Bearer "+s.Token, "Authorization: Bearer x"
	by := func(subject string) map[string]string { return map[string]string{"X-Auth-Subject": subject} }
	none := map[string]string{"X-Auth-Subject": "", "Authorization": "", "X-Api-Key": ""}
	socket := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	rows := []row{
		{rule: "a group", request: get("/ruled/groups", token), want: edgeward.Authenticated, seen: by("alice")},
		{rule: "none of the alternatives", request: get("/ruled/others", token), want: edgeward.NotAllowed, answer: map[string]string{"Www-Authenticate": ""}},
		{rule: "a rule is nothing to whom no credential makes known", request: get("/ruled/others"), want: edgeward.CredentialMissing},
		{rule: "a domain", request: get("/ruled/domain", token), want: edgeward.Authenticated},
		{rule: "any of two permissions", request: get("/ruled/any", token), want: edgeward.Authenticated},
		{rule: "a group in a network", request: get("/ruled/both", token), want: edgeward.Authenticated},
		{rule: "a group elsewhere", request: get("/ruled/both", token).from(elsewhere), want: edgeward.NotAllowed},
		{rule: "a group of an unknown client", request: get("/ruled/both", token).from(farther), want: edgeward.NotAllowed, nobody: true},
		{rule: "33: a client says that it is in the network", request: get("/ruled/both", token, "X-Forwarded-For: 203.0.113.9").from(elsewhere), want: edgeward.NotAllowed},
		{rule: "what an authentication cures", request: get("/ruled/class", token), want: edgeward.StepUpRequired},
		{rule: "a session that no alternative lets in", request: get("/ruled/session", cookieOf(s.cookie)), want: edgeward.NotAllowed},
		{rule: "an API key that no alternative lets in", request: get("/ruled/session", "X-API-Key: "+s.apiKey), want: edgeward.NotAllowed},
		{rule: "a page is told nothing of the rule", request: get("/ruled/session", "Sec-Fetch-Mode: navigate", "Accept: text/html", cookieOf(s.cookie)), want: edgeward.NotAllowed},

		{rule: "a network", request: get("/inside/x", token), want: edgeward.Authenticated},
		{rule: "another network, before a credential is asked for", request: get("/inside/x").from(elsewhere), want: edgeward.NetworkDenied, answer: map[string]string{"Www-Authenticate": ""}},
		{rule: "another network, with a credential", request: get("/inside/x", token).from(elsewhere), want: edgeward.NetworkDenied},
		{rule: "another network, with a bad one", request: get("/inside/x", bad).from(elsewhere), want: edgeward.NetworkDenied},
		{rule: "an unknown client of a network", request: get("/inside/x", token).from(farther), want: edgeward.NetworkDenied, nobody: true},
		{rule: "33: a proxy names a client of the network", request: get("/inside/x", token, "X-Forwarded-For: 203.0.113.9").from(farther), want: edgeward.Authenticated},
		{rule: "33: a proxy names a client of IPv6", request: get("/inside/x", token, "X-Forwarded-For: 2001:db8:7::1").from(farther), want: edgeward.Authenticated},
		{rule: "33: a proxy names it as IPv4 in IPv6", request: get("/inside/x", token, "X-Forwarded-For: ::ffff:203.0.113.9").from(farther), want: edgeward.Authenticated},
		{rule: "33: a client names one of the network before its own", request: get("/inside/x", token, "X-Forwarded-For: 203.0.113.9, 198.51.100.7").from(farther), want: edgeward.NetworkDenied},
		{rule: "a public route in a network", request: get("/inside/public"), want: edgeward.Public},
		{rule: "a public route from elsewhere", request: get("/inside/public").from(elsewhere), want: edgeward.NetworkDenied},
		{rule: "a public route of an unknown client", request: get("/inside/public").from(farther), want: edgeward.NetworkDenied, nobody: true},

		{rule: "an open network asks for nothing", request: get("/open/x"), want: edgeward.Public, seen: none},
		{rule: "and takes no identity from a field", request: get("/open/x", "X-Auth-Subject: "+Evil), want: edgeward.Public},
		{rule: "elsewhere a credential is asked for", request: get("/open/x").from(elsewhere), want: edgeward.CredentialMissing},
		{rule: "and of an unknown client", request: get("/open/x").from(farther), want: edgeward.CredentialMissing, nobody: true},
		{rule: "a credential that is good says who it is", request: get("/open/x", token), want: edgeward.Authenticated, seen: by("alice")},
		{rule: "elsewhere too", request: get("/open/x", token).from(elsewhere), want: edgeward.Authenticated, seen: by("alice")},
		{rule: "one that is bad says nothing, and goes no further", request: get("/open/x", bad), want: edgeward.Public, carried: none},
		{rule: "elsewhere it is refused", request: get("/open/x", bad).from(elsewhere), want: edgeward.TokenMalformed},
		{rule: "one that is not enough goes no further", request: get("/open/writers", token), want: edgeward.Public, carried: none},
		{rule: "a revoked key goes no further", request: get("/open/session", "X-API-Key: "+s.revokedKey), want: edgeward.Public, carried: none},
		{rule: "a session that was revoked", request: get("/open/session", cookieOf(s.revokedCookie)), want: edgeward.Public, carried: map[string]string{"Cookie": ""}},
		{rule: "two keys have two readings", request: get("/open/session", "X-API-Key: "+s.apiKey, "X-API-Key: "+s.apiKey), want: edgeward.AmbiguousCredential},
		{rule: "a change by a program", request: get("/open/x").method("POST"), want: edgeward.Public},
		{rule: "24: a change by another page", request: get("/open/x", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example").method("POST"), want: edgeward.CrossOrigin},
		{rule: "24: a change by our page", request: get("/open/x", "Sec-Fetch-Site: same-origin", "Origin: http://api.example.com").method("POST"), want: edgeward.Public},
		{rule: "39: a WebSocket of another page", request: get("/open/x", append(socket, "Origin: https://evil.example")...), want: edgeward.CrossOrigin},
	}
	return rows
}
