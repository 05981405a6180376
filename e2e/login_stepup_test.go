package e2e

import (
	"strings"
	"testing"
)

// The real provider looks at acr_values only where it asks the user anyway: so it is
// asked once more, with prompt=login. A user who can do no better than before sees a page,
// and stays signed in; one who can is another session later.
func TestASignedInUserStepsUp(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"session", "tokens"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, sitePlan{outcome: outcome})
			stepsUp(t, s, s.origin)
		})
	}
}

// The web servers in front lead to the same place, with what the route asks for.
func TestUsersStepUpBehindEveryWebServer(t *testing.T) {
	t.Parallel()
	for _, way := range fronts {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			isAtHand(t, way.name)
			s := newSite(t, sitePlan{front: way.start})
			stepsUp(t, s, s.origin)
		})
	}
}

// stepsUp goes all the ways at an origin of s.
func stepsUp(t *testing.T, s *site, origin string) {
	t.Helper()
	b := newProfile(t).tab()
	b.open(origin + "/a")
	b.signIn("ada")
	b.lands(origin + "/a")
	before := b.seen().Header.Get("X-Auth-Session")

	// The provider has not said when, and says it without a question.
	b.open(origin + "/recent")
	b.lands(origin + "/recent")
	recent := b.seen().Header.Get("X-Auth-Session")
	if recent == before || recent == "" {
		t.Errorf("the session is %q, before it was %q", recent, before)
	}

	for _, options := range []string{"{}", "{method: 'POST', body: 'x'}"} {
		got := b.fetch("/strong", options)
		if got.Status != 401 || got.Redirected || !strings.Contains(got.Body, `"code":"insufficient_user_authentication"`) || !strings.Contains(got.Body, `"login_url":"`+origin+"/auth/login?acr_values=gold") ||
			!strings.Contains(got.Header["www-authenticate"], `error="insufficient_user_authentication"`) || !strings.Contains(got.Header["www-authenticate"], `acr_values="gold"`) {
			t.Errorf("a script: %+v", got)
		}
	}
	b.open(origin + "/strong?x=1")
	b.signIn("ada")
	b.shows("Your sign-in was not strong enough")
	b.wantStatus(403)
	b.open(origin + "/a")
	b.lands(origin + "/a")
	if seen := b.seen(); seen.Header.Get("X-Auth-Session") != recent {
		t.Errorf("a step-up that failed left the session %q, before it was %q", seen.Header.Get("X-Auth-Session"), recent)
	}

	b.open(origin + "/strong?x=1")
	b.signIn("ada+gold")
	b.lands(origin + "/strong?x=1")
	seen := b.seen()
	if strong := seen.Header.Get("X-Auth-Session"); seen.Header.Get("X-Auth-Subject") == "" || strong == recent || strong == "" {
		t.Errorf("the application saw %v", seen.Header)
	}
	b.open(origin + "/recent")
	b.lands(origin + "/recent")
	if audit := s.auditLog(); !strings.Contains(audit, `"class":"step_up_acr"`) {
		t.Errorf("the audit log does not say why:\n%s", audit)
	}
}

// What a page of one host asks for, the login's origin of another domain and the
// provider are asked; the other hosts follow.
func TestAStepUpForAPageOfAnotherHost(t *testing.T) {
	t.Parallel()
	s := overHosts(t, "session")
	at, other := s.at("grafana.example.com"), s.at("notes.example.net")
	b := newProfile(t).tab()
	b.open(other + "/a")
	b.signIn("ada")
	b.lands(other + "/a")
	b.open(at + "/strong?x=1")
	b.signIn("ada+gold")
	b.lands(at + "/strong?x=1")
	b.open(other + "/strong")
	b.lands(other + "/strong") // without a question
	b.open(other + "/recent")
	b.lands(other + "/recent")
}

// What an alternative of a rule asks for is asked of the provider, too.
func TestARuleAsksForAStepUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := s.visit(t, "ada", "/a")
	b.open(s.origin + "/ruled?x=1")
	b.signIn("ada+bronze")
	b.lands(s.origin + "/ruled?x=1")
}
