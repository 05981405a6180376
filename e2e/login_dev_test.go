package e2e

import (
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// A system is `edgeward dev` in its own folder, as somebody tries it.
type system struct {
	process                         *process
	gateway, notes, admin, adminKey string
}

func newSystem(t *testing.T) *system {
	t.Helper()
	waitForBrowser(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--forward-auth-listen", "127.0.0.1:0")
	cmd.Dir = t.TempDir()
	s := &system{process: start(t, "edgeward dev", cmd)}
	invitation := regexp.MustCompile(`(?s)(http://[0-9.:]+)/app .*(http://notes.localhost:[0-9]+) .*(http://[0-9.:]+)/console .* with the key (\S+)`)
	eventually(t, "dev invites somebody", patience, func() bool {
		if s.process.ended() {
			t.Fatalf("dev ended: %v", s.process.err)
		}
		found := invitation.FindStringSubmatch(s.process.output.String())
		if found != nil {
			s.gateway, s.notes, s.admin, s.adminKey = found[1], found[2], found[3], found[4]
		}
		return found != nil
	})
	t.Cleanup(func() {
		if err := s.process.stop(syscall.SIGTERM); err != nil {
			t.Errorf("dev ended with %v", err)
		}
	})
	return s
}

// What dev shows on its screen works in a browser, from the first page to the
// provider's own logout.
func TestDevInABrowser(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	b := newProfile(t).tab()
	b.open(s.gateway + "/app/page?x=1")
	b.shows("Sign in as Alice")
	b.inert()
	b.audits("dev-sign-in")
	issuer, _, _ := strings.Cut(b.where(), "/authorize")
	b.press("Sign in as Bob")
	b.lands(s.gateway + "/app/page?x=1")
	b.shows("Hello, bob")
	b.shows("orders:read")
	b.audits("dev-application")
	b.press("The other host") // which asks for no sign-in
	b.lands(s.notes)
	b.shows("Hello, bob")
	b.shows(strings.TrimPrefix(s.notes, "http://"))

	provider := (&profile{t, b.ctx}).tab()
	provider.open(issuer + "/logout")
	provider.shows("as Bob")
	provider.audits("dev-provider-sign-out")
	provider.press("Sign out")
	provider.shows("You are signed out")
	provider.audits("dev-provider-signed-out")
	b.open(s.notes + "/page?x=1")
	b.press("Sign in as Alice") // the back channel ended bob's session, at both hosts
	b.lands(s.notes + "/page?x=1")
	b.shows("Hello, alice")
	b.press("The other host")
	b.lands(s.gateway + "/app")
	b.shows("Hello, alice")

	b.press("Sign out")
	b.lands(s.gateway + "/auth/logout")
	script[bool](b, "document.querySelector('[name=provider]').checked = true")
	b.press("Sign out")
	b.lands(s.gateway + "/auth/signed-out")
	b.open(s.notes)
	b.press("Cancel")
	b.lands(s.gateway + "/auth/callback")

	operator := newProfile(t).tab()
	operator.open(s.admin + "/console")
	operator.press("Continue with")
	operator.press("Sign in as Carol")
	operator.lands(s.admin + "/console")
	operator.shows("Overview")
	operator.open(s.admin + "/console/routes")
	operator.shows("notes.localhost")
	if strings.Contains(s.process.output.String(), "back-channel logout:") {
		t.Error("the gateway did not hear of a logout")
	}
}
