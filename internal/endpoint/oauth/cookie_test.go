package oauth_test

import (
	"crypto/tls"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

func TestRefreshByCookie(t *testing.T) {
	s := start(t)
	pair := s.mint(t)
	w := s.send("POST", refreshPath, "", "Cookie", cookie.Refresh+"="+pair.RefreshToken.Reveal(), "Origin", base)
	body := decode(t, w)
	if w.Code != 200 || body["access_token"] == "" || body["token_type"] != "Bearer" || body["refresh_token"] != nil || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("status %d: %v", w.Code, body)
	}
	cookies := w.Header()["Set-Cookie"]
	if len(cookies) != 1 {
		t.Fatalf("cookies %v", cookies)
	}
	name, rest, _ := strings.Cut(cookies[0], "=")
	token, attributes, _ := strings.Cut(rest, ";")
	// The family has its whole life before it: no time has passed.
	if name != "__Host-ew_refresh" || attributes != " Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure" {
		t.Errorf("cookie %s, %s", name, attributes)
	}
	if strings.Contains(w.Body.String(), token) {
		t.Error("a script can read the refresh token")
	}
	if w := s.send("POST", refreshPath, "", "Cookie", name+"="+token, "Sec-Fetch-Site", "same-origin"); w.Code != 200 {
		t.Errorf("its successor: %d %s", w.Code, w.Body)
	}
}

// TestSameOrigin: row 24 of the attack list.
func TestSameOrigin(t *testing.T) {
	for rule, row := range map[string]struct {
		header []string
		status int
	}{
		"our own page":                    {[]string{"Origin", base, "Sec-Fetch-Site", "same-origin"}, 200},
		"an older browser":                {[]string{"Origin", base}, 200},
		"fetch metadata alone":            {[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		"neither":                         {nil, 403},
		"another site":                    {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		"another site, an older browser":  {[]string{"Origin", "https://evil.example"}, 403},
		"a neighbour":                     {[]string{"Origin", "https://a.edge.example", "Sec-Fetch-Site", "same-site"}, 403},
		"a neighbour without Origin":      {[]string{"Sec-Fetch-Site", "same-site"}, 403},
		"the address bar":                 {[]string{"Sec-Fetch-Site", "none"}, 403},
		"our origin, metadata says no":    {[]string{"Origin", base, "Sec-Fetch-Site", "cross-site"}, 403},
		"metadata says yes, other origin": {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, 403},
		"a sandboxed frame":               {[]string{"Origin", "null"}, 403},
		"an empty origin":                 {[]string{"Origin", ""}, 403},
		"without HTTPS":                   {[]string{"Origin", "http://edge.example"}, 403},
		"another port":                    {[]string{"Origin", base + ":8443"}, 403},
		"ours at the front":               {[]string{"Origin", base + ".evil.example"}, 403},
		"ours in the path":                {[]string{"Origin", "https://evil.example/" + base}, 403},
		"two origins":                     {[]string{"Origin", base, "Origin", "https://evil.example"}, 400},
		"two origins on a line":           {[]string{"Origin", base + " https://evil.example"}, 403},
		"two answers":                     {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}, 400},
		"a referrer is nothing":           {[]string{"Referer", base + "/page"}, 403},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t)
			pair := s.mint(t)
			w := s.send("POST", refreshPath, "", append(row.header, "Cookie", cookie.Refresh+"="+pair.RefreshToken.Reveal())...)
			if row.status == 200 {
				if w.Code != 200 {
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
				return
			}
			expectRefused(t, w, row.status, map[int]string{400: "bad_request", 403: "forbidden"}[row.status])
			if s.generation(t, pair) != 1 || len(s.Limits.Told(home)) != 0 {
				t.Error("the request did something")
			}
		})
	}
}

func TestRefreshCookieRules(t *testing.T) {
	for rule, row := range map[string]struct {
		method, path, cookies string // $ is the refresh token
		status                int
		code                  string
	}{
		"no cookie":                     {"POST", "", "a=b", 401, "credential_required"},
		"GET changes nothing":           {"GET", "", "__Host-ew_refresh=$", 405, "method_not_allowed"},
		"twice":                         {"POST", "", "__Host-ew_refresh=$; __Host-ew_refresh=$", 400, "ambiguous_credential"},
		"without a name":                {"POST", "", "=__Host-ew_refresh=$", 401, "credential_required"},
		"in another case":               {"POST", "", "__host-ew_refresh=$", 401, "credential_required"},
		"the stand-in of a page nearby": {"POST", "", "ew_refresh=$", 401, "credential_required"},
		"in the URL":                    {"POST", "?refresh_token=$", "__Host-ew_refresh=$", 400, "invalid_request"},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t)
			pair := s.mint(t)
			token := pair.RefreshToken.Reveal()
			w := s.send(row.method, refreshPath+strings.ReplaceAll(row.path, "$", token), "",
				"Cookie", strings.ReplaceAll(row.cookies, "$", token), "Origin", base)
			expectRefused(t, w, row.status, row.code)
			if s.generation(t, pair) != 1 {
				t.Error("the token was used up")
			}
			var want []string
			if rule == "twice" { // and nobody is locked out by it
				want = cookie.Discard(cookie.Refresh)
			}
			if got := w.Header()["Set-Cookie"]; !slices.Equal(got, want) {
				t.Errorf("Set-Cookie %v, want %v", got, want)
			}
		})
	}
}

// TestTheStandIn: a cookie without Secure is for this machine only.
func TestTheStandIn(t *testing.T) {
	loopback, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	if err != nil {
		t.Fatal(err)
	}
	remote, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")})
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		insecure bool
		trusted  *clientip.Trusted
		peer     string
		https    bool
		header   []string
		name     string // of the cookie that is accepted
	}{
		"asked for, this machine":           {true, nil, "127.0.0.1:9", false, nil, "ew_refresh"},
		"asked for, IPv6":                   {true, nil, "[::1]:9", false, nil, "ew_refresh"},
		"not asked for":                     {false, nil, "127.0.0.1:9", false, nil, "__Host-ew_refresh"},
		"another machine":                   {true, nil, "192.0.2.1:9", false, nil, "__Host-ew_refresh"},
		"HTTPS needs none":                  {true, nil, "127.0.0.1:9", true, nil, "__Host-ew_refresh"},
		"a proxy here, a client far away":   {true, loopback, "127.0.0.1:9", false, []string{"X-Forwarded-For", "203.0.113.9"}, "__Host-ew_refresh"},
		"a proxy elsewhere, its own client": {true, remote, "192.0.2.1:9", false, []string{"X-Forwarded-For", "127.0.0.1"}, "__Host-ew_refresh"},
		"a proxy that speaks HTTPS":         {true, loopback, "127.0.0.1:9", false, []string{"X-Forwarded-Proto", "https"}, "__Host-ew_refresh"},
	} {
		t.Run(rule, func(t *testing.T) {
			for _, name := range []string{"ew_refresh", "__Host-ew_refresh"} {
				s := start(t, func(c *door.Endpoints) { c.InsecureHTTP, c.Trusted = row.insecure, row.trusted })
				pair := s.mint(t)
				hr := httptest.NewRequest("POST", "http://edge.example"+refreshPath, nil)
				hr.RemoteAddr, hr.RequestURI = row.peer, refreshPath
				if row.https {
					hr.TLS = &tls.ConnectionState{}
				}
				hr.Header.Set("Sec-Fetch-Site", "same-origin")
				hr.Header.Set("Cookie", name+"="+pair.RefreshToken.Reveal())
				for i := 0; i < len(row.header); i += 2 {
					hr.Header.Set(row.header[i], row.header[i+1])
				}
				w := s.serve(hr)
				if name != row.name {
					expectRefused(t, w, 401, "credential_required")
					continue
				}
				set := w.Header().Get("Set-Cookie")
				if w.Code != 200 || !strings.HasPrefix(set, name+"=") || strings.Contains(set, "Secure") != strings.HasPrefix(name, "__Host-") || !strings.Contains(set, "; HttpOnly; SameSite=Lax") {
					t.Errorf("status %d, cookie %s", w.Code, set)
				}
			}
		})
	}
}
