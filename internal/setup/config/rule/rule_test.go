package rule_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

var rules = map[string]func(string) *document.Fault{
	"upstream": rule.Upstream, "upstream name": rule.UpstreamName, "upstream host": rule.UpstreamHost, "path": rule.Path, "origin": rule.Origin, "return_to": rule.ReturnTo, "host": rule.HostName, "header": rule.ForwardHeader,
	"issuer": rule.IssuerName, "discoverable": rule.Discoverable, "secure": rule.SecureName, "provider": rule.ProviderName,
	"environment": rule.Environment, "scope": rule.Scope, "cookie": rule.CookieName, "typ": rule.MediaType,
}

// FuzzRules: no text makes a rule panic, and what passes is what the rule is for.
func FuzzRules(f *testing.F) {
	for _, s := range []string{"", "https://app.example.com", "http://127.0.0.1:3000/a%2Fb", "https://u:p@h/?#", "[::1]:8080", "*.example.com", "{tid}", "__Host-x", "10.0.0.0/8", "::ffff:1.2.3.4/100"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, held := range rules {
			if fault := held(s); fault != nil && fault.What == "" {
				t.Errorf("%s says nothing of %q", name, s)
			}
		}
		if rule.Origin(s) == nil && strings.Count(s, "/") != 2 {
			t.Errorf("%q is an origin", s)
		}
		if rule.SecureURL(s, "") == nil && !strings.HasPrefix(strings.ToLower(s), "https://") && !rule.LoopbackURL(s) {
			t.Errorf("%q is secure", s)
		}
		if p, fault := rule.Prefix(s); fault == nil && (p.Bits() == 0 || p != p.Masked()) {
			t.Errorf("%q is a block: %s", s, p)
		}
		if host, _, _ := rule.SplitHostPort(s); rule.Address(s, false) == nil && host == "" {
			t.Errorf("%q is every interface", s)
		}
		if rule.HostName(s) == nil {
			if _, err := canonical.NewHosts([]string{s}); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}

func TestUserPrefix(t *testing.T) {
	for _, s := range []string{"/auth", "/.edgeward", "/_sso/auth", "/a", "/Auth~1/b-c", "/my-oauth", "/auth/v1", "/" + strings.Repeat("a", 63)} {
		if fault := rule.UserPrefix(s); fault != nil {
			t.Errorf("%q: %s", s, fault.What)
		}
	}
	for _, s := range []string{
		"", "/", "auth", "/auth/", "//auth", "/a//b", "/./auth", "/auth/..", "/auth%2F", "/a%61", "/a b", "/a?b", "/a#b", "/a\\b", "/{id}", "/[x]", "/é", "/a;b", "/a*",
		"https://evil.example", "/oauth", "/oauth/x", "/.well-known", "/.well-known/auth", "/verify", "/v1", "/v1/auth", "/console", "/healthz", "/metrics", "/cdn-cgi/x", "/" + strings.Repeat("a", 64),
	} {
		if rule.UserPrefix(s) == nil {
			t.Errorf("%q is a prefix", s)
		}
	}
}
