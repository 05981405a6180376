package account_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/issuance"
)

// TestTheWayFromAProviderHasABreak: what follows a provider's form is a redirect to
// pages of the login's own origin alone, and for all others a page that opens them by
// itself, without a script, a ticket or a referrer. So it is for a user whom another
// tab has signed in meanwhile.
func TestTheWayFromAProviderHasABreak(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	over := loginPath + "?return_to=" + url.QueryEscape(notes+"/board") + "&challenge=" + strings.Repeat("A", 43)
	for returnTo, breaks := range map[string]bool{
		"/page?x=1": false, "/auth/sessions": false, "/auth/logins?x=1": false, base + "/page": false,
		"https://docs.example/start": true, over: true,
	} {
		for _, faster := range []bool{false, true} {
			p := s.person()
			callback := p.begin(t, s.google, "google", returnTo)
			if faster {
				p.get(t, callback)
			}
			w := p.get(t, callback)
			if !breaks {
				expect(t, w, 303, "Refresh", "", "Location", strings.TrimPrefix(returnTo, base))
				continue
			}
			expect(t, w, 200, "Location", "", "Refresh", "0; url="+returnTo, "Referrer-Policy", "no-referrer", "Content-Type", "text/html; charset=utf-8")
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "form-action 'none'") || strings.Contains(policy, "script-src") {
				t.Errorf("%s: the policy is %q", returnTo, policy)
			}
			if body := w.Body.String(); !strings.Contains(body, `href="`+strings.ReplaceAll(returnTo, "&", "&amp;")+`"`) || strings.Contains(body, "ewt_") || strings.Contains(body, "<script") {
				t.Errorf("%s: %s", returnTo, body)
			}
		}
	}
}
