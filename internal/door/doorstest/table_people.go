package doorstest

import (
	"strings"

	"github.com/edgeward/edgeward"
)

// people: who is sent to sign in, and who is told that they could.
func (s *System) people() []row {
	const navigate, html = "Sec-Fetch-Mode: navigate", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
	sent := func(page string) string { return signIn + "?return_to=" + page }
	long := "/chain/" + strings.Repeat("x", 4000)
	return []row{
		{rule: "a person is sent to sign in", request: get("/chain/x", navigate), want: edgeward.CredentialMissing, location: sent("%2Fchain%2Fx"),
			answer: map[string]string{"Set-Cookie": ""}},
		{rule: "and comes back with the query", request: get("/chain/x?a=1&b=%2F+c", navigate), want: edgeward.CredentialMissing, location: sent("%2Fchain%2Fx%3Fa%3D1%26b%3D%252F%2Bc")},
		{rule: "to the same path", request: get("/chain/%c3%a9%25/", navigate), want: edgeward.CredentialMissing, location: sent("%2Fchain%2F%25C3%25A9%2525%2F")},
		{rule: "but not to a page of any length", request: get(long, navigate), want: edgeward.CredentialMissing, location: signIn},
		{rule: "an older browser", request: get("/chain/x", html), want: edgeward.CredentialMissing, location: sent("%2Fchain%2Fx")},
		{rule: "with a session that has ended", request: get("/chain/x", navigate, cookieOf(s.endedCookie)), want: edgeward.SessionUnknown, location: sent("%2Fchain%2Fx")},
		{rule: "with a session that was revoked", request: get("/chain/x", navigate, cookieOf(s.revokedCookie)), want: edgeward.CredentialRevoked, location: sent("%2Fchain%2Fx")},
		{rule: "with no session at all in the cookie", request: get("/chain/x", navigate, cookieOf("x")).from(guesser(4)), want: edgeward.SessionInvalid, location: sent("%2Fchain%2Fx")},
		{rule: "a script is told, not sent", request: get("/chain/x", "Sec-Fetch-Mode: cors", "Accept: text/html"), want: edgeward.CredentialMissing, loginURL: signIn},
		{rule: "a script of another origin can read where", request: get("/friends/x", "Origin: https://app.example"), want: edgeward.CredentialMissing, loginURL: signIn,
			answer: map[string]string{"Access-Control-Allow-Origin": "https://app.example"}},
		{rule: "a program is told, not sent", request: get("/chain/x"), want: edgeward.CredentialMissing, loginURL: signIn,
			answer: map[string]string{"Www-Authenticate": `Bearer realm="edgeward"`}},
		{rule: "a form that is sent in is no navigation to repeat", request: get("/chain/x", navigate, html).method("POST"), want: edgeward.CredentialMissing, loginURL: signIn,
			page: `href="` + signIn + `" target="_blank" rel="noopener"`},
		{rule: "its user comes back to the page of the form", request: get("/chain/x", navigate, "Referer: http://api.example.com/forms/a?b=c").method("POST"), want: edgeward.CredentialMissing,
			page: `href="` + signIn + `?return_to=%2Fforms%2Fa%3Fb%3Dc" target="_blank"`},
		{rule: "but to no other origin's", request: get("/chain/x", navigate, "Referer: http://api.example.com.evil.example/x").method("POST"), want: edgeward.CredentialMissing, page: `href="` + signIn + `" target="_blank"`},
		{rule: "nor to one of two readings", request: get("/chain/x", navigate, "Referer: http://api.example.com//evil.example/x").method("POST"), want: edgeward.CredentialMissing, page: `href="` + signIn + `" target="_blank"`},
		{rule: "a form of an older browser", request: get("/chain/x", html).method("POST"), want: edgeward.CredentialMissing, page: "nothing of it was kept"},
		{rule: "a form without the permission", request: get("/chain/admin", navigate, cookieOf(s.cookie)).method("POST"), want: edgeward.InsufficientScope, page: "nothing of it was kept"},
		{rule: "who may not is offered another account", request: get("/chain/admin?a=1", navigate, cookieOf(s.cookie)), want: edgeward.InsufficientScope,
			page: `href="` + signIn + `?prompt=select_account&amp;return_to=%2Fchain%2Fadmin%3Fa%3D1">Use another account`},
		{rule: "by an older browser", request: get("/chain/admin", html, cookieOf(s.cookie)), want: edgeward.InsufficientScope,
			page: `href="` + signIn + `?prompt=select_account&amp;return_to=%2Fchain%2Fadmin">Use another account`},
		{rule: "in another tab, where a form would be lost", request: get("/chain/admin", navigate, cookieOf(s.cookie), "Referer: http://api.example.com/forms/a").method("POST"), want: edgeward.InsufficientScope,
			page: `href="` + signIn + `?prompt=select_account&amp;return_to=%2Fforms%2Fa" target="_blank"`},
		{rule: "a script that may not learns of no login", request: get("/chain/admin", "Sec-Fetch-Mode: cors", cookieOf(s.cookie)), want: edgeward.InsufficientScope, page: `"code":"insufficient_scope"`},
		{rule: "a page of any length is not come back to", request: get("/chain/admin?a="+strings.Repeat("x", 4000), navigate, cookieOf(s.cookie)), want: edgeward.InsufficientScope,
			page: `href="` + signIn + `?prompt=select_account">Use another account`},
		{rule: "a form of another site", request: get("/guarded/x", navigate, "Sec-Fetch-Site: cross-site").method("POST"), want: edgeward.CrossOrigin, page: "nothing of it was kept"},
		{rule: "what a script sends in", request: get("/chain/x", "Sec-Fetch-Mode: cors", html).method("POST"), want: edgeward.CredentialMissing, loginURL: signIn, page: "{"},
		{rule: "42: nobody signs in for a prefetch", request: get("/chain/x", navigate, "Sec-Purpose: prefetch"), want: edgeward.CredentialMissing, answer: map[string]string{"Location": ""}},
		{rule: "42: nor for a prerender", request: get("/chain/x", navigate, "Sec-Purpose: prefetch;prerender"), want: edgeward.CredentialMissing, answer: map[string]string{"Location": ""}},
		{rule: "42: nor for an older browser's prefetch", request: get("/chain/x", html, "Purpose: prefetch"), want: edgeward.CredentialMissing, answer: map[string]string{"Location": ""}},
		{rule: "42: nor for Firefox's", request: get("/chain/x", html, "X-Moz: prefetch"), want: edgeward.CredentialMissing, answer: map[string]string{"Location": ""}},
		{rule: "42: a prefetch by somebody who is signed in", request: get("/chain/x", navigate, "Sec-Purpose: prefetch", cookieOf(s.cookie)), want: edgeward.Authenticated},
		{rule: "nobody is sent who lacks a permission", request: get("/chain/admin", navigate, cookieOf(s.cookie)), want: edgeward.InsufficientScope},
		{rule: "nobody is sent where signing in does not help", request: get("/api/orders", navigate), want: edgeward.CredentialMissing},
		{rule: "nobody is sent whose request has two readings", request: get("/chain//x", navigate), want: edgeward.MalformedRequest},
		{rule: "nobody is sent from another host, which never sees the cookie", request: get("/chain/x", navigate).host("other.example.com"), want: edgeward.CredentialMissing},
		{rule: "nor from another port", request: get("/chain/x", navigate).host("api.example.com:8080"), want: edgeward.CredentialMissing},
		{rule: "nor from another scheme", request: get("/chain/x", navigate, "X-Forwarded-Proto: https").from(farther), want: edgeward.CredentialMissing},
	}
}
