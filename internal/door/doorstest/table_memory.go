package doorstest

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// chain: what each kind of credential proves, and that the first that is
// present decides.
func (s *System) chain() []row {
	token, key, cookie := "Authorization: Bearer "+s.Token, "X-API-Key: "+s.apiKey, cookieOf(s.cookie)
	method := func(name string) map[string]string { return map[string]string{"X-Auth-Method": name} }
	return []row{
		{rule: "a session opens the route", request: get("/chain/x", cookie), want: edgeward.Authenticated,
			seen: map[string]string{"X-Auth-Subject": "alice", "X-Auth-Issuer": issuer, "X-Auth-Method": "session", "X-Auth-Permissions": "orders:read", "X-Auth-Session": s.sessionID}},
		{rule: "an API key opens the route", request: get("/chain/x", key), want: edgeward.Authenticated,
			seen: map[string]string{"X-Auth-Subject": "robot", "X-Auth-Issuer": apikey.DefaultIssuer, "X-Auth-Method": "api_key", "X-Auth-Permissions": "orders:read", "X-Auth-Session": ""}},
		{rule: "an API key is a bearer token, too", request: get("/chain/x", "Authorization: Bearer "+s.apiKey), want: edgeward.Authenticated, seen: method("api_key")},
		{rule: "a token opens the route", request: get("/chain/x", token), want: edgeward.Authenticated, seen: method("bearer")},
		{rule: "the API key comes first", request: get("/chain/x", cookie, token, key), want: edgeward.Authenticated, seen: method("api_key")},
		{rule: "then the token", request: get("/chain/x", cookie, token), want: edgeward.Authenticated, seen: method("bearer")},
		{rule: "a bad API key is not made good by a session", request: get("/chain/x", "X-API-Key: "+s.revokedKey, cookie), want: edgeward.APIKeyRevoked},
		{rule: "a bad token is not made good by a session", request: get("/chain/x", "Authorization: Bearer x", cookie), want: edgeward.TokenMalformed},
		{rule: "where any is good, a session makes up for a bad token", request: get("/any/x", "Authorization: Bearer x", cookie), want: edgeward.Authenticated, seen: method("session")},
		{rule: "a session is none where the route does not ask for one", request: get("/api/orders", cookie), want: edgeward.CredentialMissing},
		{rule: "an API key is none where the route does not ask for one", request: get("/api/orders", key), want: edgeward.CredentialMissing},
		{rule: "a session lacks a permission", request: get("/chain/admin", cookie), want: edgeward.InsufficientScope},
		{rule: "an API key lacks a permission", request: get("/chain/admin", key), want: edgeward.InsufficientScope},
		{rule: "16: a session value is no token", request: get("/chain/x", "Authorization: Bearer "+s.cookie), want: edgeward.TokenMalformed},
		{rule: "16: a session value is no API key", request: get("/chain/x", "X-API-Key: "+s.cookie), want: edgeward.APIKeyInvalid},
		{rule: "16: a token is no API key", request: get("/chain/x", "X-API-Key: x.y.z"), want: edgeward.APIKeyInvalid},
		{rule: "16: an API key is no session", request: get("/chain/x", cookieOf(s.apiKey)).from(guesser(1)), want: edgeward.SessionInvalid},
		{rule: "16: a token is no session", request: get("/chain/x", cookieOf(s.Token)).from(guesser(2)), want: edgeward.SessionInvalid},
	}
}

func cookieOf(value string) string { return "Cookie: " + session.CookieName + "=" + value }

// guesser returns an address of its own for a row that counts as a guess.
func guesser(n byte) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, 0, n}) }

// cookies: rows 22 and 23.
func (s *System) cookies() []row {
	name, cookie := session.CookieName, cookieOf(s.cookie)
	// What came twice goes, also the one that a browser keeps apart.
	discarded := map[string]string{"Set-Cookie": name + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure, " + name + "=; Path=/; Max-Age=0; Secure; Partitioned"}
	return []row{
		{rule: "22: the same cookie twice", request: get("/chain/x", cookie+"; "+name+"="+s.cookie), want: edgeward.AmbiguousCredential, answer: discarded},
		{rule: "22: the same cookie in two fields", request: get("/chain/x", cookie, cookie), want: edgeward.AmbiguousCredential, answer: discarded},
		{rule: "22: a tossed cookie beside ours", request: get("/chain/x", "Cookie: "+name+"=tossed; "+name+"="+s.cookie), want: edgeward.AmbiguousCredential, answer: discarded},
		{rule: "22: an empty one beside ours", request: get("/chain/x", "Cookie: "+name+"=; "+name+"="+s.cookie), want: edgeward.AmbiguousCredential, answer: discarded},
		{rule: "22: nobody is sent to sign in for a cookie that came twice", request: get("/chain/x", cookie+"; "+name+"=x", "Sec-Fetch-Mode: navigate"), want: edgeward.AmbiguousCredential, answer: discarded},
		{rule: "22: more cookies than are read, at a person's browser", request: get("/chain/x", cookie+strings.Repeat("; a=1", 300), "Sec-Fetch-Mode: navigate"), want: edgeward.MalformedRequest,
			answer: map[string]string{"Clear-Site-Data": `"cookies"`}},
		{rule: "22: and at a script's", request: get("/chain/x", cookie+strings.Repeat("; a=1", 300), "Sec-Fetch-Mode: cors"), want: edgeward.MalformedRequest,
			answer: map[string]string{"Clear-Site-Data": ""}},
		{rule: "22: a cookie without a name", request: get("/chain/x", "Cookie: ="+name+"="+s.cookie), want: edgeward.CredentialMissing},
		{rule: "22: a name in another case", request: get("/chain/x", "Cookie: "+strings.ToUpper(name)+"="+s.cookie), want: edgeward.CredentialMissing},
		{rule: "22: the name without its prefix", request: get("/chain/x", "Cookie: "+session.InsecureCookieName+"="+s.cookie), want: edgeward.CredentialMissing},
		{rule: "22: an empty cookie", request: get("/chain/x", cookieOf("")), want: edgeward.CredentialMissing},
		{rule: "22: 10,000 cookies", request: get("/chain/x", cookie+strings.Repeat("; a=1", 10_000)), want: edgeward.MalformedRequest},
		{rule: "22: a session that was planted", request: get("/chain/x", cookieOf("ews_"+strings.Repeat("A", 64))).from(guesser(3)), want: edgeward.SessionInvalid},
		{rule: "22: the session from before a step-up", request: get("/chain/x", cookieOf(s.renewedCookie)), want: edgeward.SessionUnknown},
		{rule: "23: after logging out", request: get("/chain/x", cookieOf(s.endedCookie)), want: edgeward.SessionUnknown},
		{rule: "23: after the session was revoked", request: get("/chain/x", cookieOf(s.revokedCookie)), want: edgeward.CredentialRevoked},
		{rule: "38: other cookies travel, the session does not", request: get("/chain/x", "Cookie: theme=dark; "+name+"="+s.cookie+"; lang=en"), want: edgeward.Authenticated},
		{rule: "38: a session never travels, whatever the route says", request: get("/kept/chain/x", cookie+"; a=1"), want: edgeward.Authenticated, carried: map[string]string{"Cookie": "a=1"}},
		{rule: "38: an API key does where the route says so, alone", request: get("/kept/chain/x", "X-API-Key: "+s.apiKey, cookie, "Authorization: Bearer "+s.Token), want: edgeward.Authenticated,
			carried: map[string]string{"X-Api-Key": s.apiKey, "Authorization": "", "Cookie": ""}},
	}
}

// apiKeys: row 32.
func (s *System) apiKeys() []row {
	key := "X-API-Key: " + s.apiKey
	return []row{
		{rule: "32: a key in the URL is none", request: get("/chain/x?api_key=" + s.apiKey), want: edgeward.CredentialMissing},
		{rule: "32: a key in the URL beside one in a field", request: get("/chain/x?api_key="+s.apiKey, key), want: edgeward.AmbiguousCredential},
		{rule: "32: two keys", request: get("/chain/x", key, key), want: edgeward.AmbiguousCredential},
		{rule: "32: a key in both fields", request: get("/chain/x", key, "Authorization: Bearer "+s.apiKey), want: edgeward.AmbiguousCredential},
		{rule: "32: a typing error", request: get("/chain/x", "X-API-Key: "+s.apiKey[:len(s.apiKey)-1]), want: edgeward.APIKeyInvalid},
		{rule: "32: a revoked key", request: get("/chain/x", "X-API-Key: "+s.revokedKey), want: edgeward.APIKeyRevoked},
		{rule: "32: an expired key", request: get("/chain/x", "X-API-Key: "+s.expiredKey), want: edgeward.APIKeyExpired},
		{rule: "32: a key from elsewhere", request: get("/chain/x", "X-API-Key: "+s.elsewhereKey), want: edgeward.APIKeyNetwork},
		{rule: "32: a key from where it belongs", request: get("/chain/x", "X-API-Key: "+s.elsewhereKey).from(netip.MustParseAddr("192.0.2.7")), want: edgeward.Authenticated},
		{rule: "32: a name in the request's own words", request: get("/chain/x?user=alice", "X-User: alice"), want: edgeward.CredentialMissing},
	}
}

// revoked: row 12. The signature of the revoked token is made again, so it is
// another token with the same jti.
func (s *System) revoked(t testing.TB) []row {
	t.Helper()
	claims := s.claims()
	claims.TokenID = "revoked"
	s.revoke(t, revocation.Entry{Scope: revocation.Token, Issuer: issuer, Value: claims.TokenID})
	first, twin := s.twins(t, claims)
	return []row{
		{rule: "12: a revoked token", request: get("/api/orders", "Authorization: Bearer "+first), want: edgeward.CredentialRevoked},
		{rule: "12: its twin with another signature", request: get("/api/orders", "Authorization: Bearer "+twin), want: edgeward.CredentialRevoked},
		{rule: "12: a session does not make up for it", request: get("/any/x", "Authorization: Bearer "+first, cookieOf(s.cookie)), want: edgeward.CredentialRevoked},
		{rule: "12: and again, when it is remembered", request: get("/api/orders", "Authorization: Bearer "+first), want: edgeward.CredentialRevoked},
	}
}
