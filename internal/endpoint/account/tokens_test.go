package account_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/page/translation"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

// personalTokens lets users make three tokens of at most ninety days.
func personalTokens(c *account.Config, _ *login.Config) {
	c.Personal = &account.PersonalTokens{PerUser: 3, MaxLifetime: 90 * 24 * time.Hour}
}

var (
	shownToken  = regexp.MustCompile(`<code>(ew_test_0[^<]+)</code>`)
	tokenButton = regexp.MustCompile(`name="token" value="([^"]+)"`)
)

// makes makes a token, and demands that it is shown.
func (p *person) makes(t testing.TB, form string) (token string) {
	t.Helper()
	w := p.post(t, sessionsPath, "make=1&"+form)
	expect(t, w, 200, "Content-Type", "text/html; charset=utf-8")
	found := shownToken.FindStringSubmatch(w.Body.String())
	if found == nil {
		t.Fatalf("no token is shown:\n%s", w.Body)
	}
	return found[1]
}

// tokens returns the ids of those that the page offers to end.
func (p *person) tokens(t testing.TB) (ids []string) {
	t.Helper()
	for _, match := range tokenButton.FindAllStringSubmatch(p.get(t, sessionsPath).Body.String(), -1) {
		ids = append(ids, match[1])
	}
	return ids
}

// holds says whether a token is genuine and not revoked, and what it is limited to.
func (s *system) holds(t testing.TB, token string) (*edgeward.Identity, bool) {
	t.Helper()
	id, err := s.APIKeys.VerifyPersonal(t.Context(), &edgeward.Request{}, edgeward.Credential{Value: edgeward.NewSecret(token)})
	if err == nil {
		err = s.Revocations.Check(id)
	}
	if err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable {
		t.Fatal(err)
	}
	return id, err == nil
}

// TestPersonalTokens: a user makes one, sees it once, and ends it, whatever signing
// in gave.
func TestPersonalTokens(t *testing.T) {
	for _, outcome := range outcomes {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome, personalTokens)
			p, second := s.person().signIn(t), s.person().signIn(t)
			token := p.makes(t, "name="+url.QueryEscape(`nightly <b>`)+"&days=30&p.orders:read=1&networks="+url.QueryEscape("192.0.2.7, 2001:db8::/32"))
			id, ok := s.holds(t, token)
			if ok || id != nil {
				t.Error("it holds outside its networks")
			}
			token = p.makes(t, "name=tv&days=longest&p.orders:read=1")
			id, ok = s.holds(t, token)
			if !ok || id.Issuer != s.google.issuer || id.Subject != "alice" || !slices.Equal(id.Permissions, []string{"orders:read"}) || id.Expires.Sub(s.Clock.Now()).Round(time.Hour) != 90*24*time.Hour {
				t.Fatalf("%v %+v", ok, id)
			}
			body := second.get(t, sessionsPath).Body.String()
			for _, part := range []string{"nightly &lt;b&gt;", "Only from 192.0.2.7/32, 2001:db8::/32", "May use orders:read", "Not used yet", ">tv<"} {
				if !strings.Contains(body, part) {
					t.Errorf("the page lacks %s:\n%s", part, body)
				}
			}
			if strings.Contains(body, token) || strings.Contains(body, "ew_test_") {
				t.Error("it is shown again")
			}
			ids := second.tokens(t)
			if len(ids) != 2 {
				t.Fatalf("%q", ids)
			}
			expect(t, second.post(t, sessionsPath, "token="+ids[0]), 303, "Location", "/auth/sessions?ended=1")
			refused(t, second.post(t, sessionsPath, "token="+ids[0]), 404, "not_found")
			if _, ok := s.holds(t, token); !ok {
				t.Error("the other one has ended, too")
			}
			expect(t, second.post(t, sessionsPath, "others=1", script...), 204)
			expect(t, second.post(t, logoutPath, "scope=everywhere", script...), 204)
			if _, ok := s.holds(t, token); !ok {
				t.Error("signing out everywhere ends it")
			}
			s.Clock.Forward(time.Second)
			third := s.person().signIn(t)
			expect(t, third.post(t, sessionsPath, "tokens=end"), 303, "Location", "/auth/sessions?ended=1")
			if _, ok := s.holds(t, token); ok || len(third.tokens(t)) != 0 {
				t.Error("it has not ended")
			}
			token = third.makes(t, "name=x&days=7")
			expect(t, third.post(t, logoutPath, "tokens=end", script...), 204)
			if _, ok := s.holds(t, token); ok {
				t.Error("leaving with the tokens leaves one")
			}
			audited := fmt.Sprintf("%+v", s.Audit.Records())
			if strings.Count(audited, "personal_token.create") != 3 || strings.Count(audited, "personal_token.end") != 3 || strings.Contains(audited, token) {
				t.Errorf("audit log:\n%s", audited)
			}
		})
	}
}

// TestNeverMoreThanOnesOwn: what the form claims beyond is refused, and nothing made.
func TestNeverMoreThanOnesOwn(t *testing.T) {
	s := start(t, issuance.GivesSession, personalTokens)
	p := s.person().signIn(t)
	for rule, form := range map[string]string{
		"a permission that one has not": "name=x&days=7&p.admin=1",
		"no name":                       "name=+&days=7",
		"a name of 65 bytes":            "days=7&name=" + strings.Repeat("x", 65),
		"a line break in the name":      "days=7&name=a%0Ab",
		"broken UTF-8":                  "days=7&name=%FF",
		"no end":                        "name=x",
		"no days":                       "name=x&days=0",
		"days before now":               "name=x&days=-1",
		"more days than possible":       "name=x&days=91",
		"a number that overflows":       "name=x&days=99999999999999999999",
		"no network":                    "name=x&days=7&networks=home",
		"a mapped network":              "name=x&days=7&networks=::ffff:192.0.2.1/120",
		"a zone":                        "name=x&days=7&networks=fe80::1%25eth0",
		"seventeen networks":            "name=x&days=7&networks=" + strings.Repeat("192.0.2.1+", 17),
	} {
		w := p.post(t, sessionsPath, "make=1&"+form)
		expect(t, w, 422, "Content-Type", "text/html; charset=utf-8")
		if !strings.Contains(w.Body.String(), `role="alert"`) || shownToken.MatchString(w.Body.String()) {
			t.Errorf("%s: %s", rule, w.Body)
		}
	}
	if len(p.tokens(t)) != 0 {
		t.Error("something was made")
	}
	for _, form := range []string{"make=1&others=1", "make=1&token=x", "tokens=end&end=session/x", "tokens=all", "make=0", "make=1&make=1"} {
		refused(t, p.post(t, sessionsPath, form), 400, "bad_request")
	}
}

// TestTokensOfOthers: who ends what is not theirs learns that it is not there; a page
// of others, a host and a stranger make nothing.
func TestTokensOfOthers(t *testing.T) {
	s := start(t, issuance.GivesSession, personalTokens)
	alice := s.person().signIn(t)
	token := alice.makes(t, "name=x&days=7")
	id := alice.tokens(t)[0]
	s.google.sub = "mallory"
	mallory := s.person().signIn(t)
	for _, name := range []string{id, "0" + strings.Repeat("a", 15), strings.Repeat("a", 16), "../" + id} {
		refused(t, mallory.post(t, sessionsPath, "token="+url.QueryEscape(name)), 404, "not_found")
	}
	expect(t, mallory.post(t, sessionsPath, "tokens=end"), 303)
	if _, ok := s.holds(t, token); !ok {
		t.Error("mallory has ended alice's token")
	}
	refused(t, alice.post(t, sessionsPath, "make=1&name=x&days=7", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), 403, "forbidden")
	refused(t, s.person().post(t, sessionsPath, "make=1&name=x&days=7"), 401, "credential_required")
	w := alice.get(t, sessionsPath+"?make=1&name=x&days=7")
	if shownToken.MatchString(w.Body.String()) || len(alice.tokens(t)) != 1 {
		t.Error("a GET makes a token")
	}
}

// TestAnOldSignInMakesNoToken: a session that was taken over must not become a
// credential that outlives it.
func TestAnOldSignInMakesNoToken(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome, personalTokens)
		p := s.person().signIn(t)
		s.Clock.Forward(11 * time.Minute)
		if body := p.get(t, sessionsPath).Body.String(); strings.Contains(body, `name="make"`) || !strings.Contains(body, `"/auth/login?provider=google&amp;return_to=%2Fauth%2Fsessions&amp;prompt=login"`) {
			t.Errorf("%s: it offers the form:\n%s", outcome, body)
		}
		w := p.post(t, sessionsPath, "make=1&name=x&days=7")
		expect(t, w, 422)
		if shownToken.MatchString(w.Body.String()) {
			t.Errorf("%s: it makes one", outcome)
		}
		// The page's link leads to the provider, although the user is signed in, and back.
		w = p.get(t, "/auth/login?provider=google&return_to=%2Fauth%2Fsessions&prompt=login")
		expect(t, w, 303)
		if at := w.Header().Get("Location"); !strings.HasPrefix(at, s.google.issuer) {
			t.Fatalf("%s: the link leads to %s", outcome, at)
		}
		expect(t, p.get(t, s.google.authorize(t, w.Header().Get("Location"))), 303, "Location", sessionsPath)
		p.makes(t, "name=x&days=7")
	}
}

// TestAsManyTokensAsPossible: a hundred requests at once make no more, what was
// revoked with its user leaves its place, and nothing is made while the answer is unknown.
func TestAsManyTokensAsPossible(t *testing.T) {
	s := start(t, issuance.GivesSession, personalTokens)
	p := s.person().signIn(t)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			other := *p // shares the cookies, which nothing changes
			other.post(t, sessionsPath, fmt.Sprintf("make=1&days=7&name=n%d", i))
		})
	}
	wg.Wait()
	if ids := p.tokens(t); len(ids) != 3 {
		t.Errorf("%d tokens", len(ids))
	}
	if body := p.get(t, sessionsPath).Body.String(); !strings.Contains(body, "as many personal tokens as are possible") || strings.Contains(body, `name="make"`) {
		t.Error("it offers to make another")
	}
	if _, err := s.RevokeSubject(t.Context(), issuance.By{Actor: "cli"}, issuance.Target{Subject: "alice", Scope: revocation.Subject}); err != nil {
		t.Fatal(err)
	}
	s.Clock.Forward(time.Second)
	again := s.person().signIn(t)
	if ids := again.tokens(t); len(ids) != 0 {
		t.Errorf("revoked tokens are shown: %q", ids)
	}
	again.makes(t, "name=next&days=7")
	s.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if strings.HasPrefix(o.Key, "personal/") {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	refused(t, again.post(t, sessionsPath, "make=1&name=x&days=7"), 503, "unavailable")
	refused(t, again.get(t, sessionsPath), 503, "unavailable")
}

// TestWithoutPersonalTokens nothing of them is there.
func TestWithoutPersonalTokens(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	if strings.Contains(p.get(t, sessionsPath).Body.String(), "ersonal token") || strings.Contains(p.get(t, logoutPath).Body.String(), "ersonal token") {
		t.Error("the pages speak of them")
	}
	for _, form := range []string{"make=1&name=x&days=7", "token=x", "tokens=end"} {
		refused(t, p.post(t, sessionsPath, form), 404, "not_found")
	}
}

// TestTokenPagesSpeakEveryLanguage without a hole.
func TestTokenPagesSpeakEveryLanguage(t *testing.T) {
	all := translation.Languages(translation.Tags())
	s := start(t, issuance.GivesSession, personalTokens, func(c *account.Config, _ *login.Config) {
		c.Pages = page.New(page.Config{Languages: all})
	})
	for i, language := range all {
		s.google.sub = fmt.Sprint("user", i)
		p := s.person().signIn(t)
		field := []string{"Accept-Language", language.Tag()}
		made := p.post(t, sessionsPath, "make=1&name=x&days=7&p.orders:read=1", field...).Body.String()
		listed := p.get(t, sessionsPath, field...).Body.String()
		for _, body := range []string{made, listed} {
			if !strings.Contains(body, `lang="`+language.Tag()+`"`) || strings.Contains(body, "{") && strings.Contains(body[strings.Index(body, "</style>"):], "{") {
				t.Errorf("%s:\n%s", language.Tag(), body)
			}
		}
		if !strings.Contains(listed, page.Escape(language.Text("tokens.end-all"))) {
			t.Errorf("%s: not its text", language.Tag())
		}
	}
}
