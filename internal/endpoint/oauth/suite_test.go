package oauth_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/store/storetest"
)

const (
	base        = "https://edge.example"
	refreshPath = "/auth/refresh"
)

// home is where httptest's requests come from.
var home = netip.MustParseAddr("192.0.2.1")

// A system is the endpoints and what it stands on.
type system struct {
	*issuancetest.Node
	*door.Endpoints
	seen *watcher
}

func start(t testing.TB, change ...func(*door.Endpoints)) *system {
	t.Helper()
	s := &system{Node: issuancetest.New(t), seen: &watcher{}}
	set, err := oauth.New(oauth.Config{Authority: s.Authority, Now: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.Endpoints = &door.Endpoints{Set: set, Observer: s.seen}
	for _, f := range change {
		f(s.Endpoints)
	}
	return s
}

// watcher is an observer that remembers.
type watcher struct{ decisions []edgeward.Decision }

func (w *watcher) Decided(_ context.Context, _ *edgeward.Request, d *edgeward.Decision, _ time.Duration) {
	w.decisions = append(w.decisions, *d)
}
func (w *watcher) Failed(context.Context, *edgeward.Request, error) {}

func (s *system) mint(t testing.TB) issuance.Pair {
	t.Helper()
	pair, err := s.MintPair(t.Context(), issuance.By{Actor: "test"}, issuance.Grant{
		Subject: "alice", Permissions: []string{"read", "write"}, ClientID: "app",
	}, edgeward.Client{IP: home})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func (s *system) key(t testing.TB, permissions ...string) string {
	t.Helper()
	secret, _, err := s.CreateAPIKey(t.Context(), issuance.By{Actor: "test"}, apikey.Grant{Subject: "rs", Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal()
}

// send sends a request; header is of pairs.
func (s *system) send(method, path, body string, header ...string) *httptest.ResponseRecorder {
	target := path
	if strings.HasPrefix(path, "/") {
		target = base + path
	}
	hr := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == "POST" && body != "" {
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		hr.Header[header[i]] = append(hr.Header[header[i]], header[i+1])
	}
	return s.serve(hr)
}

func (s *system) serve(hr *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, hr)
	return w
}

func values(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// grant is the form of a refresh.
func grant(token edgeward.Secret) string {
	return values("grant_type", "refresh_token", "refresh_token", token.Reveal())
}

func decode(t testing.TB, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return v
}

// expectRefused checks what all refusals have in common.
func expectRefused(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	h := w.Header()
	if w.Code != status {
		t.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" {
		t.Errorf("header %v", h)
	}
	for _, set := range h["Set-Cookie"] {
		if !strings.Contains(set, "=; Path=/; Max-Age=0;") {
			t.Errorf("a refusal sets %s", set)
		}
	}
	body := decode(t, w)
	switch h.Get("Content-Type") {
	case "application/json":
		if body["error"] != code || body["error_description"] == "" || len(body) != 2 {
			t.Errorf("body %v, want error %s", body, code)
		}
	case "application/problem+json":
		if body["code"] != code {
			t.Errorf("body %v, want code %s", body, code)
		}
	default:
		t.Errorf("type %q", h.Get("Content-Type"))
	}
	if (status == 401) != (h.Get("Www-Authenticate") != "") && status != 403 {
		t.Errorf("status %d with challenge %q", status, h.Get("Www-Authenticate"))
	}
	if (status == 429 || status == 503) != (h.Get("Retry-After") != "") {
		t.Errorf("status %d with Retry-After %q", status, h.Get("Retry-After"))
	}
}

// writes is the plan of a store that takes no writes.
func writes(o storetest.Operation) storetest.Fault {
	if o.Write() {
		return storetest.Fault{Before: storetest.ErrInjected}
	}
	return storetest.Fault{}
}

// generation is how often a family was refreshed, from 1.
func (s *system) generation(t *testing.T, p issuance.Pair) uint64 {
	t.Helper()
	f, err := s.Family(t.Context(), p.Family)
	if err != nil {
		t.Fatal(err)
	}
	return f.Generation
}

func keysOf(m map[string]any) map[string]bool {
	names := map[string]bool{}
	for name := range maps.Keys(m) {
		names[name] = true
	}
	return names
}
