package oauth_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

// TestTokenResponse: RFC 6749 §5.1, to the member.
func TestTokenResponse(t *testing.T) {
	s := start(t)
	pair := s.mint(t)
	w := s.send("POST", oauth.TokenPath, grant(pair.RefreshToken), "User-Agent", "app/1")
	h := w.Header()
	if w.Code != 200 || h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" || h["Set-Cookie"] != nil {
		t.Errorf("status %d, header %v", w.Code, h)
	}
	body := decode(t, w)
	names := map[string]bool{"access_token": true, "token_type": true, "expires_in": true, "refresh_token": true, "scope": true}
	if !maps.Equal(keysOf(body), names) || body["token_type"] != "Bearer" || body["scope"] != "read write" {
		t.Errorf("body %v", body)
	}
	if lives := body["expires_in"].(float64); lives <= 0 || lives > 900 || lives != float64(int(lives)) {
		t.Errorf("expires_in %v", lives)
	}
	next := edgeward.NewSecret(body["refresh_token"].(string))
	if what, err := s.Introspect(t.Context(), next); err != nil || !what.Active || next.Equal(pair.RefreshToken) {
		t.Errorf("the successor: %+v, %v", what, err)
	}
	if f, err := s.Family(t.Context(), pair.Family); err != nil || f.Client.IP != home || f.Client.UserAgent != "app/1" {
		t.Errorf("family %+v, %v", f, err)
	}
	if d := s.seen.decisions[0]; !d.Allow || d.Reason != edgeward.Public || d.Route != oauth.TokenPath {
		t.Errorf("observed %+v", d)
	}
}

func TestTheScopeIsSaidOnce(t *testing.T) {
	s := start(t)
	w := s.send("POST", oauth.TokenPath, grant(s.mint(t).RefreshToken)+"&scope=write+read+read")
	if body := decode(t, w); body["scope"] != "read write" {
		t.Errorf("scope %v", body["scope"])
	}
}

func TestTokenRules(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for rule, row := range map[string]struct {
		method, path, body string // $ is the refresh token
		header             []string
		status             int
		code               string
	}{
		"everything right":               {"POST", "", "grant_type=refresh_token&refresh_token=$", nil, 200, ""},
		"a charset":                      {"POST", "", "grant_type=refresh_token&refresh_token=$", []string{"Content-Type", form + "; charset=UTF-8"}, 200, ""},
		"unknown parameters are ignored": {"POST", "", "grant_type=refresh_token&refresh_token=$&x=y", nil, 200, ""},
		"an empty parameter is none":     {"POST", "", "grant_type=refresh_token&refresh_token=$&client_secret=&scope=&client_id=", nil, 200, ""},
		"the right client":               {"POST", "", "grant_type=refresh_token&refresh_token=$&client_id=app", nil, 200, ""},
		"part of the scope":              {"POST", "", "grant_type=refresh_token&refresh_token=$&scope=read", nil, 200, ""},

		"GET":                       {"GET", "", "", nil, 405, "method_not_allowed"},
		"PUT":                       {"PUT", "", "grant_type=refresh_token&refresh_token=$", nil, 405, "method_not_allowed"},
		"OPTIONS":                   {"OPTIONS", "", "", nil, 405, "method_not_allowed"},
		"no grant type":             {"POST", "", "refresh_token=$", nil, 400, "invalid_request"},
		"an empty grant type":       {"POST", "", "grant_type=&refresh_token=$", nil, 400, "invalid_request"},
		"another grant type":        {"POST", "", "grant_type=password&refresh_token=$", nil, 400, "unsupported_grant_type"},
		"no token":                  {"POST", "", "grant_type=refresh_token", nil, 400, "invalid_request"},
		"the token twice":           {"POST", "", "grant_type=refresh_token&refresh_token=$&refresh_token=$", nil, 400, "invalid_request"},
		"an unknown name twice":     {"POST", "", "grant_type=refresh_token&refresh_token=$&x=1&x=2", nil, 400, "invalid_request"},
		"twice in two spellings":    {"POST", "", "grant_type=refresh_token&refresh_token=$&refresh%5Ftoken=$", nil, 400, "invalid_request"},
		"a broken escape":           {"POST", "", "grant_type=refresh_token&refresh_token=$&x=%zz", nil, 400, "invalid_request"},
		"a semicolon":               {"POST", "", "grant_type=refresh_token;refresh_token=$", nil, 400, "invalid_request"},
		"the token in the URL":      {"POST", "?refresh_token=$", "grant_type=refresh_token", nil, 400, "invalid_request"},
		"anything in the URL":       {"POST", "?x=y", "grant_type=refresh_token&refresh_token=$", nil, 400, "invalid_request"},
		"JSON":                      {"POST", "", `{"grant_type":"refresh_token","refresh_token":"$"}`, []string{"Content-Type", "application/json"}, 400, "invalid_request"},
		"plain text":                {"POST", "", "grant_type=refresh_token&refresh_token=$", []string{"Content-Type", "text/plain"}, 400, "invalid_request"},
		"two types":                 {"POST", "", "grant_type=refresh_token&refresh_token=$", []string{"Content-Type", form, "Content-Type", form}, 400, "bad_request"},
		"no type":                   {"POST", "", "grant_type=refresh_token&refresh_token=$", []string{"Content-Type", ""}, 400, "invalid_request"},
		"a client secret":           {"POST", "", "grant_type=refresh_token&refresh_token=$&client_secret=s", nil, 401, "invalid_client"},
		"a client assertion":        {"POST", "", "grant_type=refresh_token&refresh_token=$&client_assertion=s", nil, 401, "invalid_client"},
		"Basic":                     {"POST", "", "grant_type=refresh_token&refresh_token=$", []string{"Authorization", "Basic YXBwOg=="}, 401, "invalid_client"},
		"another client":            {"POST", "", "grant_type=refresh_token&refresh_token=$&client_id=evil", nil, 400, "invalid_grant"},
		"more than granted":         {"POST", "", "grant_type=refresh_token&refresh_token=$&scope=read+admin", nil, 400, "invalid_scope"},
		"a scope that is none":      {"POST", "", "grant_type=refresh_token&refresh_token=$&scope=read++write", nil, 400, "invalid_scope"},
		"too long":                  {"POST", "", "grant_type=refresh_token&refresh_token=$&x=" + strings.Repeat("x", 16<<10), nil, 413, "content_too_large"},
		"a path with two readings":  {"POST", "/../token", "grant_type=refresh_token&refresh_token=$", nil, 400, "bad_request"},
		"no endpoint":               {"POST", "/x", "grant_type=refresh_token&refresh_token=$", nil, 403, "forbidden"},
		"another method, by header": {"GET", "", "", []string{"X-Http-Method-Override", "POST"}, 405, "method_not_allowed"},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t)
			pair := s.mint(t)
			token := pair.RefreshToken.Reveal()
			body := strings.ReplaceAll(row.body, "$", token)
			hr := httptest.NewRequest(row.method, base+oauth.TokenPath+strings.ReplaceAll(row.path, "$", token), strings.NewReader(body))
			hr.Header.Set("Content-Type", form)
			if len(row.header) > 0 && row.header[0] == "Content-Type" {
				hr.Header.Del("Content-Type")
			}
			for i := 0; i < len(row.header); i += 2 {
				hr.Header.Add(row.header[i], row.header[i+1])
			}
			w := s.serve(hr)
			if row.status == 200 {
				if w.Code != 200 || s.generation(t, pair) != 2 {
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
				return
			}
			expectRefused(t, w, row.status, row.code)
			if s.generation(t, pair) != 1 {
				t.Error("the refusal used the token up")
			}
			if strings.Contains(w.Body.String(), token) {
				t.Error("the answer repeats the token")
			}
			if row.status == 405 && w.Header().Get("Allow") != "POST" {
				t.Errorf("Allow %q", w.Header().Get("Allow"))
			}
			if row.code == "invalid_client" && !strings.HasPrefix(w.Header().Get("Www-Authenticate"), "Basic ") {
				t.Errorf("challenge %q", w.Header().Get("Www-Authenticate"))
			}
		})
	}
}

// TestInvalidGrantsLookAlike: what a thief learns is nothing.
func TestInvalidGrantsLookAlike(t *testing.T) {
	for path, mediaType := range map[string]string{oauth.TokenPath: "application/json", refreshPath: "application/problem+json"} {
		var first string
		for rule, row := range map[string]struct {
			spoil  func(t *testing.T, s *system, p *issuance.Pair)
			reason edgeward.Reason
		}{
			"forged": {func(_ *testing.T, _ *system, p *issuance.Pair) {
				p.RefreshToken = edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))
			}, edgeward.RefreshInvalid},
			"cut short": {func(_ *testing.T, _ *system, p *issuance.Pair) {
				token := p.RefreshToken.Reveal()
				p.RefreshToken = edgeward.NewSecret(token[:len(token)-1])
			}, edgeward.RefreshInvalid},
			"an access token": {func(_ *testing.T, _ *system, p *issuance.Pair) { p.RefreshToken = p.AccessToken }, edgeward.RefreshInvalid},
			"forgotten": {func(t *testing.T, s *system, p *issuance.Pair) {
				page, err := s.Store.List(t.Context(), "refresh/", "", 1)
				if err != nil || s.Store.Delete(t.Context(), page[0].Key) != nil {
					t.Fatal(err)
				}
			}, edgeward.RefreshUnknown},
			"expired": {func(_ *testing.T, s *system, _ *issuance.Pair) { s.Clock.Forward(refresh.DefaultLifetime) }, edgeward.RefreshExpired},
			"revoked": {func(t *testing.T, s *system, p *issuance.Pair) {
				if err := s.RevokeFamily(t.Context(), issuance.By{}, p.Family, ""); err != nil {
					t.Fatal(err)
				}
			}, edgeward.RefreshRevoked},
			"logged out everywhere": {func(t *testing.T, s *system, _ *issuance.Pair) {
				if _, err := s.RevokeSubject(t.Context(), issuance.By{}, issuance.Target{Subject: "alice", Scope: revocation.Subject, Force: true}); err != nil {
					t.Fatal(err)
				}
			}, edgeward.RefreshRevoked},
			"reused": {func(t *testing.T, s *system, p *issuance.Pair) {
				if _, err := s.Refresh(t.Context(), issuance.By{}, p.RefreshToken, issuance.ScopeRequest{}, edgeward.Client{}); err != nil {
					t.Fatal(err)
				}
				s.Clock.Forward(issuancetest.Grace)
			}, edgeward.RefreshReused},
		} {
			s := start(t)
			pair := s.mint(t)
			row.spoil(t, s, &pair)
			w := s.send("POST", path, grant(pair.RefreshToken), "Cookie", cookie.Refresh+"="+pair.RefreshToken.Reveal(), "Origin", base)
			expectRefused(t, w, 400, "invalid_grant")
			if got := w.Header().Get("Content-Type"); got != mediaType {
				t.Errorf("%s: type %q", path, got)
			}
			if got := s.seen.decisions[0].Reason; got != row.reason {
				t.Errorf("%s %s: observed %v, want %v", path, rule, got, row.reason)
			}
			id := w.Header().Get("X-Request-Id")
			w.Header().Del("X-Request-Id")
			w.Header().Del("Content-Length")
			answer := fmt.Sprint(w.Code, w.Header(), strings.ReplaceAll(w.Body.String(), id, ""))
			if first == "" {
				first = answer
			}
			if answer != first {
				t.Errorf("%s %s is told apart:\n%s\n%s", path, rule, answer, first)
			}
		}
	}
}

// TestStoreTrouble: could not tell is 503, the credential stays, and so does
// the cookie; asking again with the same token is right.
func TestStoreTrouble(t *testing.T) {
	for rule, plan := range map[string]storetest.Plan{"down": storetest.Down, "full": writes, "answers lost": storetest.Lost} {
		for _, path := range []string{oauth.TokenPath, refreshPath} {
			s := start(t)
			pair := s.mint(t)
			send := func() *httptest.ResponseRecorder {
				return s.send("POST", path, grant(pair.RefreshToken), "Cookie", cookie.Refresh+"="+pair.RefreshToken.Reveal(), "Origin", base)
			}
			s.Store.Follow(plan)
			if w := send(); rule != "answers lost" {
				expectRefused(t, w, 503, "unavailable")
			} else if w.Code != 200 { // it happened, and the row says so
				expectRefused(t, w, 503, "unavailable")
			}
			s.Store.Follow(nil)
			if w := send(); w.Code != 200 {
				t.Errorf("%s, %s: the retry: %d %s", rule, path, w.Code, w.Body)
			}
			if g := s.generation(t, pair); g != 2 {
				t.Errorf("%s, %s: generation %d", rule, path, g)
			}
		}
	}
}

// TestParallelDuplicates: row 31 of the attack list. Through real connections,
// all get the same successor.
func TestParallelDuplicates(t *testing.T) {
	s := start(t, func(c *door.Endpoints) { c.Observer = nil })
	pair := s.mint(t)
	server := httptest.NewServer(s)
	defer server.Close()
	server.Client().Timeout = time.Minute
	const clients = 100
	var wait sync.WaitGroup
	answers := make([]string, clients)
	for i := range clients {
		wait.Go(func() {
			response, err := server.Client().Post(server.URL+oauth.TokenPath, "application/x-www-form-urlencoded", strings.NewReader(grant(pair.RefreshToken)))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != http.StatusOK {
				t.Errorf("status %d: %s", response.StatusCode, body)
				return
			}
			_, rest, _ := strings.Cut(string(body), `"refresh_token":"`)
			answers[i], _, _ = strings.Cut(rest, `"`)
		})
	}
	wait.Wait()
	for _, answer := range answers {
		if answer == "" || answer != answers[0] {
			t.Fatalf("successors %q and %q", answers[0], answer)
		}
	}
	if g := s.generation(t, pair); g != 2 {
		t.Errorf("generation %d", g)
	}
}

// A client that does not send what it has announced holds no connection.
func TestABodyThatDoesNotCome(t *testing.T) {
	s := start(t)
	for rule, row := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"too slow":  {os.ErrDeadlineExceeded, 408, "request_timeout"},
		"broke off": {io.ErrUnexpectedEOF, 400, "invalid_request"},
	} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		hr := httptest.NewRequest("POST", base+oauth.TokenPath, iotest.ErrReader(row.err))
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		s.ServeHTTP(w, hr)
		expectRefused(t, w.ResponseRecorder, row.status, row.code)
		if w.reads != 2 || // while it is read, and while it is drained
			w.Header().Get("Connection") != "close" {
			t.Errorf("%s: %d deadlines, Connection %q", rule, w.reads, w.Header().Get("Connection"))
		}
	}
}

// deadlines is a connection on which reading ends some time.
type deadlines struct {
	*httptest.ResponseRecorder
	reads int
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	if !at.IsZero() {
		d.reads++
	}
	return nil
}

func FuzzToken(f *testing.F) {
	s := start(f, func(c *door.Endpoints) { c.Observer = nil })
	f.Add("grant_type=refresh_token&refresh_token=ewr_x")
	f.Add("grant_type=refresh_token&refresh_token=%00&scope=a+b")
	f.Add("a=b;c=d&%zz")
	f.Fuzz(func(t *testing.T, body string) {
		if w := s.send("POST", oauth.TokenPath, body); w.Code != 400 && w.Code != 401 && w.Code != 413 {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
