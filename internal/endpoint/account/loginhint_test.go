package account_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/issuance"
)

// login_hint of a link reaches the provider, through the page to choose from, too. One
// that is too long, or would break a line, is none.
func TestLoginHintReachesTheProvider(t *testing.T) {
	for hint, want := range map[string]string{
		"ada@example.com": "ada@example.com", "ada&prompt=none": "ada&prompt=none", "ada\r\nx: y": "", strings.Repeat("a", 321): "", "": "",
	} {
		query := "?return_to=%2Fa&" + url.Values{"login_hint": {hint}}.Encode()
		s := start(t, issuance.GivesSession, one, asking)
		d := s.desk()
		w := s.person().get(t, loginPath+query)
		expect(t, w, 303)
		d.comes(t, w.Header().Get("Location"))
		if d.asked("login_hint") != want || d.asks[0].Has("login_hint") != (want != "") || d.asked("prompt") != "" {
			t.Errorf("%.20q: the provider is asked %v", hint, d.asks[0])
		}
		page := start(t, issuance.GivesSession).person().get(t, loginPath+query).Body.String()
		if strings.Contains(page, "login_hint=") != (want != "") {
			t.Errorf("%.20q: the page to choose from is %s", hint, page)
		}
	}
}
