package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/devsystem/devgithub"
)

// Users sign in at a GitHub Enterprise Server by a few lines of configuration; who is in
// none of the teams that may is refused, and offered another account.
func TestUsersSignInAtGitHub(t *testing.T) {
	g := devgithub.New(&devgithub.User{
		ID: 583231, Login: "mona", Email: []devgithub.Email{{Email: "mona@example.com", Primary: true, Verified: true}},
		Orgs: []devgithub.Org{{ID: 1, Login: "acme", Teams: []devgithub.Team{{ID: 11, Slug: "ops"}}}},
	})
	server := httptest.NewServer(g)
	defer server.Close()
	t.Setenv("GITHUB_SECRET", g.ClientSecret)
	f := newHybrid(t, "{memory: true}", `hosts:
  app.example: {authenticate: [session]}
login:
  origin: https://app.example
  providers:
    - name: github
      type: github
      base_url: `+server.URL+`
      client_id: `+g.ClientID+`
      client_secret: env:GITHUB_SECRET
      allow: [{groups: [acme/ops, acme/web]}]
`)
	v := &visitor{f.run(onDisk), map[string]map[string]string{}}
	signIn := func() *httptest.ResponseRecorder {
		t.Helper()
		w := v.get(t, "https://app.example/auth/login?return_to=/x&prompt=select_account")
		to := w.Header().Get("Location")
		if !strings.HasPrefix(to, server.URL+"/login/oauth/authorize?") || !strings.Contains(to, "prompt=select_account") {
			t.Fatalf("%d to %s", w.Code, to)
		}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err := client.Get(to)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return v.get(t, answer.Header.Get("Location"))
	}
	if w := signIn(); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/x" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := v.get(t, "https://app.example/x"); w.Code != 200 || !strings.HasSuffix(w.Body.String(), "session 583231") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	g.Switch(&devgithub.User{ID: 2, Login: "hubot", Orgs: []devgithub.Org{{ID: 2, Login: "umbrella"}}})
	w := signIn()
	if body := w.Body.String(); w.Code != http.StatusForbidden || !strings.Contains(body, "login_not_allowed") || !strings.Contains(body, "prompt=login") {
		t.Errorf("%d %s", w.Code, body)
	}
	if w := v.get(t, "https://app.example/x"); w.Code != 200 || !strings.HasSuffix(w.Body.String(), "session 583231") {
		t.Errorf("who was signed in is not: %d %s", w.Code, w.Body)
	}
	s := v.System()
	if errs := s.Login.Check(t.Context()); len(errs) > 0 {
		t.Error(errs)
	}
}
