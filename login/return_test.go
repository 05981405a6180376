package login_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
)

// TestGoingBackIsARound: who is signed in and sent here again and again goes
// round and round, for one page or for pages that are always others.
func TestGoingBackIsARound(t *testing.T) {
	w := newWorld(t)
	for rule, row := range map[string]struct {
		page   string
		rounds int
	}{"one page": {"/x", 3}, "always another": {"/x?%d", 12}, "always another, which says a host": {"/x?u=https://h%d.example/", 12}} {
		cookie := ""
		for i := range row.rounds + 1 {
			page := row.page
			if strings.Contains(page, "%") {
				page = fmt.Sprintf(page, i)
			}
			back, err := w.Return(edgeward.NewSecret(cookie), page)
			if i == row.rounds {
				want(t, rule, err, login.ErrLoop)
				break
			}
			if err != nil || back.Location != page {
				t.Fatalf("%s, round %d: %+v, %v", rule, i, back, err)
			}
			cookie = back.Cookie
		}
	}
	_, err := w.Return(edgeward.Secret{}, "//evil.example")
	want(t, "elsewhere", err, login.ErrReturnTo)
}

// Many tabs of several hosts that were opened a moment ago, as of a restored window,
// leave no sign-in without its place in the cookie, however long its page is.
func TestManyRoundsCrowdNoSignInOut(t *testing.T) {
	b := &browser{world: newWorld(t)}
	b.Login = b.Over(func(host string) (string, bool) { return host, strings.HasSuffix(host, ".example") })
	for host := range 3 {
		for page := range 12 {
			back, err := b.Return(edgeward.NewSecret(b.cookie), fmt.Sprintf("https://h%d.example/%d", host, min(page, 9))) // one of them three times
			if err != nil {
				t.Fatal(err)
			}
			b.cookie = back.Cookie
		}
	}
	page := "/" + strings.Repeat("x", login.MaxReturnTo-1)
	if s, err := b.finish(t, b.one.authorize(t, b.begin(t, "one", page))); err != nil || s.ReturnTo != page {
		t.Errorf("%v, to a page of %d bytes", err, len(s.ReturnTo))
	}
	_, err := b.Begin(t.Context(), "one", edgeward.NewSecret(b.cookie), "https://h2.example/9")
	want(t, "what went round at last", err, login.ErrLoop)
}

// TestAStateSaysWhatItWasAbout, to whoever finds no transaction left: and
// nothing but what somebody could have asked for anyway.
func TestAStateSaysWhatItWasAbout(t *testing.T) {
	w := newWorld(t)
	b := &browser{world: w}
	about := func(state string) (provider, page string) {
		s, err := w.Finish(t.Context(), edgeward.Secret{}, login.Callback{State: state, Code: "c", Issuer: w.one.issuer, HasIssuer: true})
		want(t, state, err, login.ErrState)
		if s.Cookie != "" || s.Subject != "" {
			t.Errorf("%s gives %+v", state, s)
		}
		return s.Provider, s.ReturnTo
	}
	c := b.one.authorize(t, b.begin(t, "one", "/orders?page=2"))
	if strings.Contains(c.State, "orders") || len(c.State) > 256 {
		t.Errorf("the provider is told: %s", c.State)
	}
	if provider, page := about(c.State); provider != "one" || page != "/orders?page=2" {
		t.Errorf("about %s, %s", provider, page)
	}
	long := b.one.authorize(t, b.begin(t, "one", "/"+strings.Repeat("a", 600)))
	for rule, state := range map[string]string{
		"a long one": long.State, "cut": c.State[:len(c.State)-1], "nothing": "", "a dot": ".", "made up": "x." + strings.Repeat("A", 80),
		"the cookie": "x." + b.cookie,
	} {
		if provider, page := about(state); provider != "" || page != "" {
			t.Errorf("%s is about %s, %s", rule, provider, page)
		}
	}
	gone := newWorld(t, func(c *login.Config) { c.Providers = c.Providers[1:] })
	if s, _ := gone.Finish(t.Context(), edgeward.Secret{}, login.Callback{State: c.State}); s.ReturnTo != "" {
		t.Errorf("a provider that is gone: %+v", s)
	}
}

// TestRecordsByPerson: what came of a sign-in is found by whose it is, and knows
// what else came of it.
func TestRecordsByPerson(t *testing.T) {
	w := newWorld(t)
	who := login.SignIn{Provider: "one", Issuer: w.one.issuer, Subject: "alice", Name: "Alice", SID: "sid"}
	expires := w.clock.Now().Add(1e12)
	for id, with := range map[string][]string{"session/a": {"family/a"}, "family/a": {"session/a"}, "session/b": nil} {
		if err := w.Keep(t.Context(), id, who, expires, with...); err != nil {
			t.Fatal(err)
		}
	}
	who.Subject, who.SID = "sid", "" // no name is shared between a subject and a session
	if err := w.Keep(t.Context(), "session/c", who, expires); err != nil {
		t.Fatal(err)
	}
	rec, err := w.Recall(t.Context(), "session/a")
	if err != nil || rec.Subject != "alice" || rec.Name != "Alice" || !slices.Equal(rec.With, []string{"family/a"}) {
		t.Errorf("%+v, %v", rec, err)
	}
	ids := func(subject string) []string {
		all, err := w.Of(t.Context(), w.one.issuer, subject)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		return all
	}
	if got := ids("alice"); !slices.Equal(got, []string{"family/a", "session/a", "session/b"}) {
		t.Errorf("alice has %v", got)
	}
	if got := ids("sid"); !slices.Equal(got, []string{"session/c"}) {
		t.Errorf("sid has %v", got)
	}
	if err := w.Forget(t.Context(), "session/a"); err != nil {
		t.Fatal(err)
	}
	if got := ids("alice"); slices.Contains(got, "session/a") {
		t.Errorf("forgotten: %v", got)
	}
}

// FuzzState: whatever a state says, it signs nobody in and leads nowhere else.
func FuzzState(f *testing.F) {
	w := newWorld(f)
	b := &browser{world: w}
	f.Add(b.one.authorize(f, b.begin(f, "one", "/x")).State)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, state string) {
		s, err := w.Finish(t.Context(), edgeward.Secret{}, login.Callback{State: state, Code: "c"})
		if err == nil || s.ReturnTo != "" && s.ReturnTo != "/x" {
			t.Errorf("%q: %+v, %v", state, s, err)
		}
	})
}
