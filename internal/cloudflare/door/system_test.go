package door_test

import (
	"strings"
	"testing"
	"time"
)

// TestWorker walks every credential through the deployed Worker.
func TestWorker(t *testing.T) {
	l := newLab(t, nil, nil)
	now := time.Now()
	token := l.issuer.token(t, now)
	session := l.admin(t, "POST", "/v1/sessions", `{"issuer":"https://edge.example/","subject":"bob"}`)
	ended := l.admin(t, "POST", "/v1/sessions", `{"issuer":"https://edge.example/","subject":"bob"}`)
	l.admin(t, "DELETE", "/v1/sessions/"+ended["id"], "")
	pair := l.admin(t, "POST", "/v1/tokens", `{"subject":"carol","permissions":["orders:write"]}`)
	key := l.admin(t, "POST", "/v1/api-keys", `{"subject":"robot","name":"r"}`)
	header, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	for _, row := range []struct {
		rule, path string
		fields     []string
		status     int
		subject    string
	}{
		{"nothing is presented", "/api/x", nil, 401, ""},
		{"a route that asks nobody", "/public/x", nil, 200, ""},
		{"no route", "/other", nil, 403, ""},
		{"RS256 by WebCrypto", "/api/x", []string{"Authorization: Bearer " + token}, 200, "alice"},
		{"RS256 again", "/api/x?a=1&b=%20", []string{"Authorization: Bearer " + token}, 200, "alice"},
		{"a permission that is missing", "/api/admin", []string{"Authorization: Bearer " + token}, 403, ""},
		{"a signature of something else", "/api/x", []string{"Authorization: Bearer " + tampered(token)}, 401, ""},
		{"no signature", "/api/x", []string{"Authorization: Bearer " + header + "." + payload + "."}, 401, ""},
		{"alg none", "/api/x", []string{"Authorization: Bearer eyJhbGciOiJub25lIn0." + payload + "."}, 401, ""},
		{"expired", "/api/x", []string{"Authorization: Bearer " + l.issuer.token(t, now.Add(-2*time.Hour))}, 401, ""},
		{"to come", "/api/x", []string{"Authorization: Bearer " + l.issuer.token(t, now.Add(time.Hour))}, 401, ""},
		{"a token with something behind it", "/api/x", []string{"Authorization: Bearer " + token + "x"}, 401, ""},
		{"own HS256", "/api/admin", []string{"Authorization: Bearer " + pair["access_token"]}, 200, "carol"},
		{"a refresh token is no access token", "/api/x", []string{"Authorization: Bearer " + pair["refresh_token"]}, 401, ""},
		{"a session", "/api/x", []string{"Cookie: " + session["cookie"]}, 200, "bob"},
		{"the session again, from its copy", "/api/x", []string{"Cookie: " + session["cookie"]}, 200, "bob"},
		{"a session that was ended", "/api/x", []string{"Cookie: " + ended["cookie"]}, 401, ""},
		{"an API key", "/api/x", []string{"X-API-Key: " + key["secret"]}, 200, "robot"},
		{"an API key with a typing error", "/api/x", []string{"X-API-Key: " + key["secret"] + "x"}, 401, ""},
		{"an identity that the client claims", "/public/x", []string{"X-Auth-Subject: alice"}, 200, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			l.origin.seen.Store(nil)
			a := l.get(t, row.path, row.fields...)
			if a.StatusCode != row.status {
				t.Fatalf("status %d, want %d: %s", a.StatusCode, row.status, a.body)
			}
			seen := l.origin.seen.Load()
			if (seen != nil) != (row.status == 200) {
				t.Fatalf("the origin was reached: %v", seen != nil)
			}
			if seen == nil {
				return
			}
			if got := seen.Header.Get("X-Auth-Subject"); got != row.subject {
				t.Errorf("the origin heard of %q, want %q", got, row.subject)
			}
			if seen.RequestURI != row.path {
				t.Errorf("the origin got %s, want %s", seen.RequestURI, row.path)
			}
			for _, name := range []string{"Authorization", "Cookie", "X-Api-Key"} {
				if got := seen.Header.Get(name); got != "" {
					t.Errorf("the origin got the credential in %s", name)
				}
			}
		})
	}
}
