package account_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// TestAStoreThatCannotList: people see and leave their own browser, leave
// everywhere, and a provider that ends one session ends all of its person's
// rather than none.
func TestAStoreThatCannotList(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome, func(b *account.Config, l *login.Config) {
			blind := struct{ store.Backend }{l.Store}
			sessions, err := session.New(session.Config{Store: blind, Key: edgeward.NewSecret(strings.Repeat("s", 32)), Now: l.Now})
			if err != nil {
				t.Fatal(err)
			}
			cfg := b.Authority.Config
			cfg.Sessions, l.Store = sessions, blind
			if b.Authority, err = issuance.New(cfg); err != nil {
				t.Fatal(err)
			}
		})
		p, other := s.person().signIn(t), s.person().signIn(t)
		if names := p.others(t); len(names) != 0 {
			t.Errorf("%s: others %v", outcome, names)
		}
		if body := p.get(t, sessionsPath).Body.String(); !strings.Contains(body, "This browser") {
			t.Errorf("%s: page %s", outcome, body)
		}
		refused(t, p.post(t, sessionsPath, "end="+url.QueryEscape("session/x")), 404, "not_found")
		if status := s.say(t, s.google.logoutToken("j1", func(o object) { o["sid"] = "another" })); status != 200 {
			t.Errorf("%s: status %d", outcome, status)
		}
		p.isIn(t, false)
		other.isIn(t, false)
		if status := s.say(t, s.google.logoutToken("j2", func(o object) { delete(o, "sub") })); status == 200 {
			t.Errorf("%s: nobody knows whose it is, and it is said to have ended", outcome)
		}
	}
}
