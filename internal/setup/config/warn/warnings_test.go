package warn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
	"github.com/edgeward/edgeward/internal/setup/source"
)

const signIn = "store: {memory: true}\ntokens: {secret: env:EDGEWARD_TEST_LONG}\nsessions: {}\nlogin: {origin: https://auth.example.com, providers: [{name: p, issuer: https://id.example.org, client_id: e}]}\n"

// What keeps users from a host, or from signing in, before they find out themselves.
func TestWhatUsersWouldMeet(t *testing.T) {
	t.Setenv("EDGEWARD_TEST_LONG", strings.Repeat("0123456789abcdef", 2))
	const proxy, app, up = "proxy: {listen: 127.0.0.1:8443", "hosts: {a.example.com: {authenticate: [session], upstream: ", "http://127.0.0.1:3000}"
	warns(t, map[string]row{
		"https that nothing speaks":      {proxy + "}\n" + signIn + app + up + "}", "login.origin is https", "add proxy.tls"},
		"a web server in front":          {"trusted_proxies: [10.0.0.1/32]\n" + proxy + "}\n" + signIn + app + up + "}", "login.origin is https", ""},
		"a web server on a socket":       {"trusted_proxies: [unix]\n" + proxy + "}\n" + signIn + app + up + "}", "login.origin is https", ""},
		"TLS of the proxy's own":         {proxy + ", tls: {acme: {cache: x}}}\n" + signIn + app + up + "}", "login.origin is https", ""},
		"no browser comes by forward":    {"trusted_proxies: [10.0.0.1/32]\nforward_auth: {listen: 127.0.0.1:8082}\n" + signIn + app + up + "}", "login.origin is https", ""},
		"a certificate for each":         {proxy + ", tls: {acme: {cache: x}}}\n" + signIn + app + up + "}", "no certificate", ""},
		"a host without one":             {proxy + ", tls: {acme: {cache: x, hosts: [auth.example.com]}}}\n" + signIn + app + up + "}", "no certificate", "proxy.tls: no certificate is for a.example.com:"},
		"where users sign in":            {proxy + ", tls: {acme: {cache: x, hosts: [a.example.com]}}}\n" + signIn + app + up + "}", "no certificate", "is for auth.example.com:"},
		"names that ACME cannot prove":   {proxy + ", tls: {acme: {cache: x}}}\n" + signIn + app + up + ", '*.b.example.com': {authenticate: [], upstream: " + up + "}", "no certificate", "is for *.b.example.com:"},
		"one of those names":             {proxy + ", tls: {acme: {cache: x, hosts: [auth.example.com, a.example.com, c.b.example.com]}}}\n" + signIn + app + up + ", '*.b.example.com': {authenticate: [], upstream: " + up + "}", "no certificate", ""},
		"many":                           {proxy + ", tls: {acme: {cache: x, hosts: [auth.example.com]}}}\n" + signIn + app + up + ", b.example.com: {authenticate: [], upstream: " + up + ", c.example.com: {authenticate: [], upstream: " + up + ", d.example.com: {authenticate: [], upstream: " + up + ", e.example.com: {authenticate: [], upstream: " + up + "}", "no certificate", ", 2 more:"},
		"keys for a step-up":             {proxy + "}\n" + signIn + "api_keys: {}\nhosts: {a.example.com: {authenticate: [api_key], max_age: 5m, upstream: " + up + "}", "max_age", "no authentication of a user"},
		"and a session":                  {proxy + "}\n" + signIn + "api_keys: {}\nhosts: {a.example.com: {authenticate: [api_key, session], acr: [gold], upstream: " + up + "}", "max_age", ""},
		"a host that is not of the door": {proxy + ", hosts: [auth.example.com], tls: {acme: {cache: x, hosts: [auth.example.com]}}}\n" + signIn + app + up + "}", "no certificate", ""},
	})
}

// "*." in a certificate stands for one label.
func TestAHostOfNoCertificate(t *testing.T) {
	chain, key := certificatetest.New(t).Issue(time.Hour, "*.example.com")
	folder := t.TempDir()
	for name, data := range map[string][]byte{"tls.crt": chain, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for host, covered := range map[string]bool{"a.example.com": true, "example.com": false, "a.b.example.com": false, "'*.example.com'": true, "'*.b.example.com'": false, "a.example.org": false} {
		text := "proxy: {listen: 127.0.0.1:8443, upstream: http://127.0.0.1:3000, tls: {certificates: [{certificate: file:tls.crt, key: file:tls.key}]}}\nhosts: {" + host + ": {authenticate: []}}"
		c, err := source.Parse(filepath.Join(folder, "edgeward.yaml"), []byte(text))
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if warned := strings.Contains(strings.Join(c.Warnings, "\n"), "no certificate is for "+strings.Trim(host, "'")+":"); warned == covered {
			t.Errorf("%s: %q", host, c.Warnings)
		}
	}
}
