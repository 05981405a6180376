package oauth_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/keyring"
)

func TestServes(t *testing.T) {
	s := start(t)
	for path, want := range map[string]bool{
		"/oauth/token": true, "/oauth/revoke": true, "/oauth/introspect": true, "/auth/refresh": true,
		"/.well-known/jwks.json": true, "/.well-known/oauth-authorization-server": true,
		"/": false, "": false, "/oauth": false, "/oauth/": false, "/oauth/token/": false, "/oauth/tokens": false, "/OAuth/token": false,
		"/auth/login": false, "/.well-known/openid-configuration": false,
	} {
		if got := s.Serves(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// TestKeys: what is published is public, and for no longer than a new key
// waits.
func TestKeys(t *testing.T) {
	s := start(t)
	w := s.send("GET", oauth.KeysPath, "")
	h := w.Header()
	if w.Code != 200 || w.Body.String() != `{"keys":[]}` { // HMAC keys are never published
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if h.Get("Content-Type") != "application/jwk-set+json" || h.Get("Cache-Control") != "public, max-age=300" || h.Get("Pragma") != "" {
		t.Errorf("header %v", h)
	}
	if keyring.DefaultDelay.Seconds() < 300 {
		t.Error("a key signs before everybody knows it")
	}
	head := s.send("HEAD", oauth.KeysPath, "")
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
	refused := s.send("POST", oauth.KeysPath, "")
	expectRefused(t, refused, 405, "method_not_allowed")
	if refused.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow %q", refused.Header().Get("Allow"))
	}
}

// TestMetadata: RFC 8414 §2.
func TestMetadata(t *testing.T) {
	s := start(t)
	w := s.send("GET", oauth.MetadataPath, "")
	body := decode(t, w)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	want := map[string]string{
		"issuer": base, "token_endpoint": base + "/oauth/token", "jwks_uri": base + "/.well-known/jwks.json",
		"revocation_endpoint": base + "/oauth/revoke", "introspection_endpoint": base + "/oauth/introspect",
	}
	for name, value := range want {
		if body[name] != value {
			t.Errorf("%s is %v", name, body[name])
		}
	}
	names := maps.Clone(keysOf(body))
	for name := range want {
		delete(names, name)
	}
	if !maps.Equal(names, map[string]bool{
		"response_types_supported": true, "grant_types_supported": true, "token_endpoint_auth_methods_supported": true,
		"revocation_endpoint_auth_methods_supported": true, "introspection_endpoint_auth_methods_supported": true,
	}) {
		t.Errorf("members %v", names)
	}
}

// of returns a node whose tokens name another issuer.
func of(t *testing.T, issuer string) oauth.Config {
	t.Helper()
	cfg := issuancetest.New(t).Config
	minter := *cfg.Minter
	minter.Issuer, cfg.Minter = issuer, &minter
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return oauth.Config{Authority: a}
}

// TestIssuers: RFC 8414 §3.1 puts the well-known path before the issuer's own.
func TestIssuers(t *testing.T) {
	api, err := oauth.New(of(t, "https://edge.example/tenant/"))
	if err != nil || !api.Serves(oauth.MetadataPath+"/tenant") || !api.Serves(oauth.MetadataPath) {
		t.Error(err)
	}
	for _, issuer := range []string{"", "edge", "edge.example", "ftp://edge.example", "https://", "https://u@edge.example", "https://edge.example?x", "https://edge.example?", "https://edge.example#x"} {
		if _, err := oauth.New(of(t, issuer)); err == nil {
			t.Errorf("%q is accepted", issuer)
		}
	}
	if _, err := oauth.New(oauth.Config{}); err == nil {
		t.Error("nothing is accepted")
	}
}

func TestWhatIsObserved(t *testing.T) {
	s := start(t)
	s.send("POST", refreshPath, "", "Origin", "https://evil.example")
	if d := s.seen.decisions[0]; d.Reason != edgeward.CrossOrigin || d.Route != refreshPath || d.Err == nil {
		t.Errorf("observed %+v", d)
	}
}

// What says which paths are the endpoints' leaves none out: files of a Pages project
// must not stand before one.
func TestPathsAreThoseOfTheEndpoints(t *testing.T) {
	for _, issuer := range []string{"https://edge.example", "https://edge.example/tenant/"} {
		set, err := oauth.New(of(t, issuer))
		if err != nil {
			t.Fatal(err)
		}
		named := oauth.Paths(issuer, "")
		for _, e := range set.Endpoints {
			if !slices.Contains(named, e.Path) {
				t.Errorf("%s: %s is not named", issuer, e.Path)
			}
		}
		for _, path := range named {
			if !set.Serves(path) {
				t.Errorf("%s: %s is not served", issuer, path)
			}
		}
	}
}
