package account_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/policy/allow"
)

// only lets in whom the alternatives name.
func only(t testing.TB, alternatives ...allow.Alternative) func(*account.Config, *login.Config) {
	r := allow.Of(alternatives...)
	r.Seal(func(member, detail string) { t.Fatal(member, detail) })
	return func(_ *account.Config, l *login.Config) {
		for i := range l.Providers {
			l.Providers[i].Allow = r
			l.Providers[i].Claims.Groups = claim.Source{Name: "groups"}
			l.Providers[i].Claims.Email = claim.Source{Name: "email"}
		}
	}
}

// Who is not among those who may sign in gets a page, and nothing else: no row, no
// cookie, and who was signed in stays so. The page leads to another account.
func TestWhoMayNotSignIn(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome, only(t, allow.Alternative{Groups: []string{"staff"}}, allow.Alternative{Email: []string{"*@example.com"}}))
		in := s.person()
		s.google.claims = func(o object) { o["groups"] = []string{"staff"} }
		in.signIn(t).isIn(t, true)
		for rule, change := range map[string]func(object){
			"no group":            func(o object) {},
			"another group":       func(o object) { o["groups"] = []string{"staffers", "Staff"} },
			"an unverified email": func(o object) { o["email"] = "a@example.com" },
			"another domain":      func(o object) { o["email"], o["email_verified"] = "a@example.com.evil.test", true },
		} {
			s.google.claims = change
			for _, p := range []*person{s.person(), in} {
				records := len(s.Audit.Records())
				w := p.get(t, loginPath+"?"+url.Values{"provider": {"google"}, "return_to": {"/orders?page=2"}, "prompt": {"login"}}.Encode())
				expect(t, w, 303)
				w = p.get(t, s.google.authorize(t, w.Header().Get("Location")))
				refused(t, w, 403, "login_not_allowed")
				if to := `href="` + base + loginPath + `?provider=google&amp;return_to=%2Forders%3Fpage%3D2&amp;prompt=login">Use another account`; !strings.Contains(w.Body.String(), to) {
					t.Errorf("%s: no way to another account:\n%s", rule, w.Body)
				}
				after := s.Audit.Records()[records:]
				if len(after) != 1 || after[0].Action != "login.failed" || after[0].Object != "subject/"+s.google.issuer+" alice" || after[0].Class != "login_not_allowed" {
					t.Errorf("%s: audit %+v", rule, after)
				}
			}
		}
		in.isIn(t, true)
		s.google.claims = func(o object) { o["email"], o["email_verified"] = "A@EXAMPLE.com", true }
		s.person().signIn(t).isIn(t, true)
	}
}

// The way to another account asks the provider for one, also of who is signed in, and
// comes back to the page.
func TestTheWayToAnotherAccount(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	for _, prompt := range []string{"login", "select_account"} {
		w := p.get(t, loginPath+"?"+url.Values{"provider": {"google"}, "return_to": {"/orders"}, "prompt": {prompt}}.Encode())
		expect(t, w, 303)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || to.Query().Get("prompt") != "login" {
			t.Fatalf("%s: %v, %v", prompt, to, err)
		}
		s.google.sub = "bob"
		w = p.get(t, s.google.authorize(t, to.String()))
		expect(t, w, 303, "Location", "/orders")
		if _, body := p.whoami(t); !strings.Contains(body, `"subject":"bob"`) {
			t.Error(body)
		}
		s.google.sub = "alice"
	}
	// Any other word is no question of a user's.
	expect(t, p.get(t, loginPath+"?return_to=/orders&prompt=none"), 303, "Location", "/orders")
	// And it leads nowhere else.
	for _, evil := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
		if w := p.get(t, loginPath+"?"+url.Values{"provider": {"google"}, "return_to": {evil}, "prompt": {"select_account"}}.Encode()); w.Code != 400 {
			t.Errorf("%s: %d %s", evil, w.Code, w.Header().Get("Location"))
		}
	}
}
