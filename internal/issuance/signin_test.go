package issuance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store/storetest"
)

var jar = browser.Cookies{Session: "s", Access: "a", Refresh: "r"}

func person() *login.SignIn {
	return &login.SignIn{Provider: "google", Issuer: "https://google.test", Subject: "alice", Permissions: []string{"read"}}
}

// bring returns the request of a browser with these cookies, name=value.
func bring(cookies ...string) *edgeward.Request {
	return &edgeward.Request{ClientIP: home, Header: edgeward.Header{"Cookie": {strings.Join(cookies, "; ")}}}
}

func TestSignIn(t *testing.T) {
	for outcome, want := range map[issuance.Outcome][2]bool{
		issuance.GivesSession: {true, false}, issuance.GivesTokens: {false, true}, issuance.GivesBoth: {true, true},
	} {
		n := issuancetest.New(t)
		given, err := n.SignIn(t.Context(), operator, person(), outcome, edgeward.Client{IP: home, UserAgent: "ua"})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{given.Session.ID != "", given.Pair.Family != ""}; got != want || given.Cookie.IsZero() == want[0] {
			t.Errorf("%s gives %v", outcome, got)
		}
		v, err := browser.Authenticate(t.Context(), n.Authority, bring("s="+given.Cookie.Reveal(), "r="+given.Pair.RefreshToken.Reveal()), jar)
		if err != nil || (v.Session != nil) != want[0] || (v.Tokens != nil) != want[1] || v.Family != given.Pair.Family {
			t.Fatalf("%s: visitor %+v, %v", outcome, v, err)
		}
		if want[0] && (v.Session.Issuer != "https://google.test" || v.Session.Subject != "alice") {
			t.Errorf("session of %+v", v.Session)
		}
		if want[1] && (v.Tokens.Issuer != issuancetest.Issuer || v.Tokens.Subject != "google|alice") {
			t.Errorf("tokens of %+v", v.Tokens)
		}
		for _, object := range given.Objects() {
			for range 2 { // again is fine
				if err := n.EndObject(t.Context(), operator, object, "logout"); err != nil {
					t.Errorf("%s: %v", object, err)
				}
			}
		}
		if v, err := browser.Authenticate(t.Context(), n.Authority, bring("s="+given.Cookie.Reveal(), "r="+given.Pair.RefreshToken.Reveal()), jar); err != nil || v.Session != nil || v.Tokens != nil {
			t.Errorf("%s: after the end %+v, %v", outcome, v, err)
		}
	}
}

// TestSignInGivesNothing to whom no identity can name, for no outcome, and when
// the second half fails.
func TestSignInGivesNothing(t *testing.T) {
	n := issuancetest.New(t)
	if _, err := n.SignIn(t.Context(), operator, person(), "", edgeward.Client{}); !errors.Is(err, issuance.ErrUnsupported) {
		t.Errorf("no outcome: %v", err)
	}
	long := person()
	long.Subject = strings.Repeat("s", 255) // fits a session, and no account
	if _, err := n.SignIn(t.Context(), operator, long, issuance.GivesBoth, edgeward.Client{}); !errors.Is(err, issuance.ErrGrant) {
		t.Errorf("too long: %v", err)
	}
	n.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "create" && strings.HasPrefix(o.Key, "refresh/") {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	if _, err := n.SignIn(t.Context(), operator, person(), issuance.GivesBoth, edgeward.Client{}); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("half: %v", err)
	}
	n.Store.Follow(nil)
	for _, subject := range []string{"alice", long.Subject} {
		if page, _, err := n.ListSessions(t.Context(), "https://google.test", subject, "", 10); err != nil || len(page) != 0 {
			t.Errorf("sessions of %.10s: %v, %v", subject, page, err)
		}
	}
}

func TestEndObjectKnowsNothingElse(t *testing.T) {
	n := issuancetest.New(t)
	for _, object := range []string{"", "api_key/x", "subject/x y", "session", "x"} {
		if err := n.EndObject(t.Context(), operator, object, ""); !errors.Is(err, issuance.ErrUnknown) {
			t.Errorf("%q: %v", object, err)
		}
	}
	for _, object := range []string{"session/x", "family/x"} { // it is not there: fine
		if err := n.EndObject(t.Context(), operator, object, "logout"); err != nil {
			t.Errorf("%q: %v", object, err)
		}
	}
}

// TestVisitor: what is no credential proves nobody and counts as a guess; what
// cannot be read or told is neither.
func TestVisitor(t *testing.T) {
	n := issuancetest.New(t)
	given, err := n.SignIn(t.Context(), operator, person(), issuance.GivesBoth, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	access, session := "a="+given.Pair.AccessToken.Reveal(), "s="+given.Cookie.Reveal()
	if v, err := browser.Authenticate(t.Context(), n.Authority, bring(access), jar); err != nil || v.Tokens == nil || !v.Refresh.IsZero() || v.Family != "" {
		t.Errorf("an access token alone: %+v, %v", v, err)
	}
	if v, err := browser.Authenticate(t.Context(), n.Authority, bring(), jar); err != nil || v.Session != nil || v.Tokens != nil {
		t.Errorf("nothing: %+v, %v", v, err)
	}
	for i, made := range []string{"s=ews_x", "a=x.y.z", "r=ewr_x"} {
		v, err := browser.Authenticate(t.Context(), n.Authority, bring(made), jar)
		if err != nil || v.Session != nil || v.Tokens != nil || v.Family != "" || len(n.Limits.Told(home)) != i+1 {
			t.Errorf("%s: %+v, %v, told %v", made, v, err, n.Limits.Told(home))
		}
	}
	for _, twice := range [][]string{{session, session}, {session, "s=x"}, {"s=", session}, {"s=x", "s=y"}} {
		v, err := browser.Authenticate(t.Context(), n.Authority, bring(twice...), jar)
		if err != nil || v.Session != nil || v.Tokens != nil || !slices.Equal(v.Repeated, []string{"s"}) {
			t.Errorf("%v: %+v, %v", twice, v, err)
		}
		if ends := slices.Contains(twice, session); ends != (len(v.Objects()) == 1) || ends != (len(v.People()) == 1) {
			t.Errorf("%v: %v, %v", twice, v.Objects(), v.People())
		}
	}
	if _, err := browser.Authenticate(t.Context(), n.Authority, bring(strings.Repeat("a; ", 301)), jar); !errors.Is(err, edgeward.MalformedRequest) {
		t.Errorf("301 cookies: %v", err)
	}
	n.Store.Follow(storetest.Down)
	if _, err := browser.Authenticate(t.Context(), n.Authority, bring(session), jar); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("store down: %v", err)
	}
	n.Store.Follow(nil)
	n.Limits.Block(home)
	if _, err := browser.Authenticate(t.Context(), n.Authority, bring(session), jar); !errors.Is(err, edgeward.TooManyFailures) {
		t.Errorf("who guessed too often: %v", err)
	}
	if _, err := browser.Authenticate(t.Context(), n.Authority, bring("theme=dark"), jar); err != nil {
		t.Errorf("who brings nothing: %v", err)
	}
}
