package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// Behind nginx and Caddy people sign in as they do at the gateway's own proxy:
// the web servers send navigations to the login and scripts a 401.
func TestPeopleSignInBehindEveryWebServer(t *testing.T) {
	t.Parallel()
	for _, way := range fronts {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			isAtHand(t, way.name)
			s := newSite(t, sitePlan{front: way.start})
			b := newProfile(t).tab()
			const page = "/reports/2026?from=a%20b&x=%2Fy%3D"
			b.open(s.origin + "/public")
			if got := b.fetch("/api/orders", "{}"); got.Status != 401 || !strings.Contains(got.Body, `"login_url":"`+s.origin+"/auth/login") {
				t.Errorf("a script: %+v", got)
			}
			b.open(s.origin + page)
			b.signIn("ada")
			b.lands(s.origin + page)
			seen := b.seen()
			if seen.Header.Get("X-Auth-Subject") != "ada" || seen.Header.Get("X-Auth-Method") != "session" || seen.Target != page {
				t.Errorf("the application saw %s, %v", seen.Target, seen.Header)
			}
			stand := b.cookies(s.origin)[strings.TrimPrefix(cookieName, "__Host-")]
			if stand == nil || !stand.HTTPOnly || stand.SameSite != "Lax" {
				t.Errorf("without HTTPS the cookie is %+v", stand)
			}
			var who struct {
				Subject string `json:"subject"`
			}
			if got := b.fetch("/auth/session", "{}"); got.Status != 200 || json.Unmarshal([]byte(got.Body), &who) != nil || who.Subject != "ada" {
				t.Errorf("/auth/session: %+v", got)
			}
			b.open(s.origin + "/auth/logout")
			b.press("Sign out")
			b.lands(s.origin + "/auth/signed-out")
			b.open(s.origin + "/public")
			if got := b.fetch("/api/orders", "{}"); got.Status != 401 {
				t.Errorf("after the logout: %d", got.Status)
			}
		})
	}
}
