package gateway_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/session"
)

// A reload that moves the endpoints for users moves them with the next request, and
// signs no one out; what pages look like follows, too.
func TestAReloadMovesTheEndpointsForUsers(t *testing.T) {
	f := newHybrid(t, "{memory: true}", `login:
  origin: https://app.example
  providers: [{name: id, issuer: "https://id.example", client_id: edge}, {name: other, issuer: "https://other.example", client_id: edge}]
`)
	l := f.run(onDisk)
	cookie, _, err := l.System().Authority.CreateSession(t.Context(), by, session.Grant{Issuer: "https://id.example", Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	name := l.System().Cookies.Session
	asks := func(path string, fields ...string) *httptest.ResponseRecorder {
		hr := httptest.NewRequest("GET", "https://app.example"+path, nil)
		for i := 0; i < len(fields); i += 2 {
			hr.Header.Set(fields[i], fields[i+1])
		}
		w := httptest.NewRecorder()
		l.Door(config.ProxyListen).ServeHTTP(w, hr)
		return w
	}
	who := func(path string) bool {
		w := asks(path, "Cookie", name+"="+cookie.Reveal())
		return w.Code == 200 && strings.Contains(w.Body.String(), `"subject":"alice"`)
	}
	if !who("/auth/session") {
		t.Fatal("no one is signed in")
	}
	f.edit("  origin: https://app.example\n", "  origin: https://app.example\n  prefix: /_sso/auth\n  pages: {name: Example Corp, languages: [de]}\n")
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if who("/auth/session") || !who("/_sso/auth/session") {
		t.Error("the endpoints stand where they did, or the session has ended")
	}
	if w := asks("/auth/callback?state=x&code=y", "Sec-Fetch-Mode", "navigate"); strings.Contains(w.Body.String(), "login_mismatch") {
		t.Error("the old callback is an endpoint")
	}
	page := asks("/_sso/auth/login?return_to=/a", "Sec-Fetch-Mode", "navigate", "Accept-Language", "fr").Body.String()
	for _, part := range []string{`<html lang="de">`, `<p class="brand">Example Corp</p>`, `href="/_sso/auth/login?provider=id`} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in %s", part, page)
		}
	}
}
