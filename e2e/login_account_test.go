package e2e

import (
	"strings"
	"testing"
)

// Who is no operator by one account of the provider may be one by another. The
// provider's own session would bring the first one back for ever.
func TestWhoIsNoOperatorUsesAnotherAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := newProfile(t).tab()
	b.open(s.operators + "/console/sign-in?next=/console/audit")
	b.press("Continue with")
	b.signIn("ada")
	b.shows("no operator")
	b.wantStatus(403)
	b.audits("console-another-account")
	b.press("Use another account")
	b.settles("the provider asks who it is, though it knows ada", func() bool {
		return script[bool](b, "!!document.querySelector('[name=login]')")
	})
	if !strings.HasPrefix(b.where(), s.providers[0].issuer+"/interaction/") {
		t.Errorf("the browser is at %s", b.where())
	}
}
