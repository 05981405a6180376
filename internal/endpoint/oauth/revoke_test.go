package oauth_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/store/storetest"
)

func (s *system) active(t *testing.T, token edgeward.Secret) bool {
	t.Helper()
	what, err := s.Introspect(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return what.Active
}

// TestRevocation: RFC 7009.
func TestRevocation(t *testing.T) {
	for rule, row := range map[string]struct {
		token          func(p issuance.Pair) string
		hint           string
		access, family bool // what lives afterwards
	}{
		"a refresh token, its access token too": {func(p issuance.Pair) string { return p.RefreshToken.Reveal() }, "", false, false},
		"an access token, its family too":       {func(p issuance.Pair) string { return p.AccessToken.Reveal() }, "access_token", false, false},
		"a hint that is wrong":                  {func(p issuance.Pair) string { return p.RefreshToken.Reveal() }, "access_token", false, false},
		"a hint that nobody knows":              {func(p issuance.Pair) string { return p.AccessToken.Reveal() }, "x", false, false},
		"what is no token":                      {func(issuance.Pair) string { return "rubbish" }, "", true, true},
		"a forged one":                          {func(p issuance.Pair) string { return "ewr_" + strings.Repeat("A", 64) }, "", true, true},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t)
			pair := s.mint(t)
			for range 2 {
				w := s.send("POST", oauth.RevocationPath, values("token", row.token(pair), "token_type_hint", row.hint))
				if h := w.Header(); w.Code != 200 || w.Body.Len() != 0 || h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "" {
					t.Fatalf("status %d, %v: %s", w.Code, h, w.Body)
				}
				if s.active(t, pair.AccessToken) != row.access || s.active(t, pair.RefreshToken) != row.family {
					t.Errorf("access token lives: %v, refresh token lives: %v", s.active(t, pair.AccessToken), s.active(t, pair.RefreshToken))
				}
			}
		})
	}
}

func TestRevocationRules(t *testing.T) {
	s := start(t)
	key := s.key(t)
	for rule, row := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		code               string
	}{
		"no token":              {"POST", "", "x=y", nil, 400, "invalid_request"},
		"in the URL":            {"POST", "?token=x", "token=x", nil, 400, "invalid_request"},
		"twice":                 {"POST", "", "token=x&token=y", nil, 400, "invalid_request"},
		"an API key":            {"POST", "", "token=" + key, nil, 400, "unsupported_token_type"},
		"a session":             {"POST", "", "token=ews_x", nil, 400, "unsupported_token_type"},
		"GET":                   {"GET", "", "", nil, 405, "method_not_allowed"},
		"client authentication": {"POST", "", "token=x", []string{"Authorization", "Basic YXBwOg=="}, 401, "invalid_client"},
	} {
		t.Run(rule, func(t *testing.T) {
			expectRefused(t, s.send(row.method, oauth.RevocationPath+row.path, row.body, row.header...), row.status, row.code)
		})
	}
}

// TestRevocationNeverClaims: row 31 of the attack list. With an error of the
// store nothing is reported as revoked.
func TestRevocationNeverClaims(t *testing.T) {
	for rule, plan := range map[string]storetest.Plan{"down": storetest.Down, "full": writes} {
		s := start(t)
		pair := s.mint(t)
		for _, token := range []edgeward.Secret{pair.RefreshToken, pair.AccessToken} {
			s.Store.Follow(plan)
			expectRefused(t, s.send("POST", oauth.RevocationPath, values("token", token.Reveal())), 503, "unavailable")
			s.Store.Follow(nil)
			if !s.active(t, token) {
				t.Errorf("%s: dead, although that was not known", rule)
			}
		}
	}
}

// TestGuesses: row 33 of the attack list. A wrong token counts for its client,
// who is not who a stranger's header says.
func TestGuesses(t *testing.T) {
	trusted, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		trusted *clientip.Trusted
		told    string // X-Forwarded-For
		client  string
	}{
		"the peer":                     {nil, "", "192.0.2.1"},
		"a stranger's header":          {nil, "203.0.113.9", "192.0.2.1"},
		"a proxy's header":             {trusted, "203.0.113.9", "203.0.113.9"},
		"what came before the proxy's": {trusted, "198.51.100.1, 203.0.113.9", "203.0.113.9"},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t, func(c *door.Endpoints) { c.Trusted = row.trusted })
			client := netip.MustParseAddr(row.client)
			forged := edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))
			key := s.key(t)
			wrong := key[:len(key)-8] + "AAAAAAAA"
			send := func() (codes [4]int) {
				codes[0] = s.send("POST", oauth.TokenPath, grant(forged), "X-Forwarded-For", row.told).Code
				codes[1] = s.send("POST", oauth.RevocationPath, values("token", forged.Reveal()), "X-Forwarded-For", row.told).Code
				codes[2] = s.send("POST", refreshPath, "", "X-Forwarded-For", row.told, "Origin", base, "Cookie", cookie.Refresh+"="+forged.Reveal()).Code
				w := s.send("POST", oauth.IntrospectionPath, "token=x", "X-Forwarded-For", row.told, "X-Api-Key", wrong)
				codes[3] = w.Code
				return codes
			}
			if codes := send(); codes != [4]int{400, 200, 400, 401} {
				t.Errorf("status %v", codes)
			}
			if told := s.Limits.Told(client); len(told) != 4 || told[0] != edgeward.RefreshInvalid {
				t.Errorf("told %v", told)
			}
			s.Limits.Block(client)
			if codes := send(); codes != [4]int{429, 429, 429, 429} {
				t.Errorf("blocked: status %v", codes)
			}
			w := s.send("POST", oauth.TokenPath, grant(forged), "X-Forwarded-For", row.told)
			expectRefused(t, w, 429, "too_many_requests")
			if w.Header().Get("Retry-After") != "360" {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

// TestAProxyIsNoClient: what a declared proxy does not say in words that can be
// read counts for nobody, least of all for the proxy.
func TestAProxyIsNoClient(t *testing.T) {
	trusted, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *door.Endpoints) { c.Trusted = trusted })
	s.Limits.Block(netip.MustParseAddr("192.0.2.1"))
	forged := edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))
	for _, said := range []string{"", "x", "unknown", "203.0.113.9,"} {
		if w := s.send("POST", oauth.TokenPath, grant(forged), "X-Forwarded-For", said); w.Code != 400 {
			t.Errorf("%q: status %d", said, w.Code)
		}
	}
	if told := s.Limits.Told(netip.MustParseAddr("192.0.2.1")); len(told) != 0 {
		t.Errorf("the proxy was told of %v", told)
	}
}

// TestForeignPagesGuessForNobody: a form that any page can post to us with its
// visitor's browser does not count against the visitor.
func TestForeignPagesGuessForNobody(t *testing.T) {
	forged := "ewr_" + strings.Repeat("A", 64)
	for rule, row := range map[string]struct {
		header  []string
		refused bool
	}{
		"another site":           {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		"a neighbour":            {[]string{"Sec-Fetch-Site", "same-site"}, true},
		"another site, older":    {[]string{"Origin", "https://evil.example"}, true},
		"a sandbox":              {[]string{"Origin", "null"}, true},
		"another scheme":         {[]string{"Origin", "http://edge.example"}, true},
		"an empty origin":        {[]string{"Origin", ""}, true},
		"contradiction":          {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, true},
		"our own page":           {[]string{"Sec-Fetch-Site", "same-origin", "Origin", base}, false},
		"the person":             {[]string{"Sec-Fetch-Site", "none"}, false},
		"what is no browser":     {nil, false},
		"our own page, an older": {[]string{"Origin", base}, false},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t)
			for path, body := range map[string]string{
				oauth.TokenPath: grant(edgeward.NewSecret(forged)), oauth.RevocationPath: values("token", forged),
			} {
				w := s.send("POST", path, body, row.header...)
				if row.refused {
					expectRefused(t, w, 403, "forbidden")
				} else if w.Code == 403 {
					t.Errorf("%s: %d %s", path, w.Code, w.Body)
				}
			}
			if told := s.Limits.Told(home); len(told) == 0 != row.refused {
				t.Errorf("told %v", told)
			}
			s.Limits.Block(home)
			if w := s.send("POST", oauth.TokenPath, grant(edgeward.NewSecret(forged)), row.header...); (w.Code == 403) != row.refused {
				t.Errorf("blocked: %d, told before who asks", w.Code)
			}
		})
	}
}

// TestTenGuesses: row 33 of the attack list, with the limiter itself. All
// addresses of a /64 are one client, and who did nothing is not blocked.
func TestTenGuesses(t *testing.T) {
	s := start(t)
	limiter, err := ratelimit.New(ratelimit.Config{Bytes: 64 << 10, Now: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.Config
	cfg.Limits = limiter
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if s.Set, err = oauth.New(oauth.Config{Authority: a, Now: s.Clock.Now}); err != nil {
		t.Fatal(err)
	}
	pair := s.mint(t)
	send := func(peer string, token edgeward.Secret) *httptest.ResponseRecorder {
		hr := httptest.NewRequest("POST", base+oauth.TokenPath, strings.NewReader(grant(token)))
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		hr.RemoteAddr = peer
		return s.serve(hr)
	}
	forged := edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))
	for i := range 10 {
		expectRefused(t, send(fmt.Sprintf("[2001:db8::%x]:9", i+1), forged), 400, "invalid_grant")
	}
	expectRefused(t, send("[2001:db8::ffff]:9", forged), 429, "too_many_requests")
	expectRefused(t, send("[2001:db8::1]:9", pair.RefreshToken), 429, "too_many_requests")
	if w := send("[2001:db8:0:1::1]:9", pair.RefreshToken); w.Code != 200 {
		t.Errorf("a neighbour: %d %s", w.Code, w.Body)
	}
}
