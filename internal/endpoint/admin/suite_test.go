package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
)

const base = "http://127.0.0.1:8081"

// home is where httptest's requests come from.
var home = netip.MustParseAddr("192.0.2.1")

// A system is an API and what it stands on.
type system struct {
	*issuancetest.Node
	http.Handler
	t        testing.TB
	observer *watcher
	admin    string // an API key with the scope admin
}

func start(t testing.TB, change ...func(*admin.Config)) *system {
	t.Helper()
	s := &system{Node: issuancetest.New(t), t: t, observer: &watcher{}}
	cfg := admin.Config{Authority: s.Authority, Store: s.Store, Failed: s.observer.Failed, Now: s.Clock.Now}
	for _, f := range change {
		f(&cfg)
	}
	s.serves(cfg)
	s.admin, _ = s.key(adminscope.Admin)
	return s
}

// serves has the system answer by another configuration.
func (s *system) serves(cfg admin.Config) {
	s.t.Helper()
	api, err := admin.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Handler = &door.Endpoints{Set: api, Observer: s.observer}
}

// key makes an API key and returns it and its id.
func (s *system) key(permissions ...string) (secret, id string) {
	s.t.Helper()
	text, k, err := s.CreateAPIKey(s.t.Context(), issuance.By{Actor: "test"}, apikey.Grant{Subject: "back end", Permissions: permissions})
	if err != nil {
		s.t.Fatal(err)
	}
	return text.Reveal(), k.ID
}

// watcher is an observer that remembers.
type watcher struct {
	mu        sync.Mutex
	decisions []edgeward.Decision
	failures  []error
}

func (w *watcher) Decided(_ context.Context, _ *edgeward.Request, d *edgeward.Decision, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decisions = append(w.decisions, *d)
}

func (w *watcher) Failed(_ context.Context, _ *edgeward.Request, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, err)
}

// unknown reports whether the observer saw that the last request's outcome is
// unknown, and why.
func (w *watcher) unknown() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.decisions[len(w.decisions)-1]
	return last.Reason == edgeward.Unavailable && last.Err != nil && !last.Allow
}

// An answer is what came back, with the members of a JSON object.
type answer struct {
	*httptest.ResponseRecorder
	members map[string]any
}

func (a answer) text(name string) string { s, _ := a.members[name].(string); return s }

// request makes a request as the admin key's holder; header is of pairs, and
// an empty value takes the field away.
func (s *system) request(method, path, body string, header ...string) *http.Request {
	hr := httptest.NewRequest(method, base+path, strings.NewReader(body))
	hr.Header.Set("Authorization", "Bearer "+s.admin)
	if body != "" {
		hr.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if hr.Header.Del(header[i]); header[i+1] != "" {
			hr.Header.Set(header[i], header[i+1])
		}
	}
	return hr
}

func (s *system) send(method, path, body string, header ...string) answer {
	s.t.Helper()
	return s.serve(s.request(method, path, body, header...))
}

// serve answers a request, and holds both to the document.
func (s *system) serve(hr *http.Request) answer {
	s.t.Helper()
	body, err := io.ReadAll(hr.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	hr.Body = io.NopCloser(bytes.NewReader(body))
	a := answer{ResponseRecorder: httptest.NewRecorder()}
	s.ServeHTTP(a, hr)
	hold(s.t, hr, body, a.ResponseRecorder)
	if strings.HasSuffix(a.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.Body.Bytes(), &a.members); err != nil {
			s.t.Fatalf("%s %s: %v: %s", hr.Method, hr.URL, err, a.Body)
		}
	}
	return a
}

// specification is the OpenAPI document as a library reads it.
var specification = sync.OnceValues(func() (routers.Router, error) {
	document, err := openapi3.NewLoader().LoadFromData(admin.Document())
	if err != nil {
		return nil, err
	}
	document.Servers = nil // "/", which the router takes for a host
	openapi3filter.RegisterBodyDecoder("application/vnd.sqlite3", openapi3filter.FileBodyDecoder)
	return legacy.NewRouter(document)
})

// hold checks an answer against the document, and its request too where it was
// accepted.
func hold(t testing.TB, hr *http.Request, body []byte, w *httptest.ResponseRecorder) {
	t.Helper()
	router, err := specification()
	if err != nil {
		t.Fatal(err)
	}
	hr = hr.Clone(context.Background())
	hr.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := router.FindRoute(hr)
	if err != nil {
		if w.Code != 404 && w.Code != 405 {
			t.Errorf("%s %s answers %d and is not in the document: %v", hr.Method, hr.URL, w.Code, err)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: hr, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true},
	}
	if w.Code < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			t.Errorf("%s %s was accepted, and the document says: %v", hr.Method, hr.URL, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	out.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		t.Errorf("%s %s answers %d, and the document says: %v", hr.Method, hr.URL, w.Code, err)
	}
}

// refused checks what all refusals have in common.
func refused(t *testing.T, a answer, status int, code string) {
	t.Helper()
	h := a.Header()
	if a.Code != status || a.text("code") != code {
		t.Errorf("%d %s, want %d %s", a.Code, a.Body, status, code)
	}
	if h.Get("Content-Type") != "application/problem+json" || a.members["status"] != float64(status) || a.text("request_id") != h.Get("X-Request-Id") {
		t.Errorf("%v %s", h, a.Body)
	}
	plain(t, a)
	if (status == 401) != (h.Get("Www-Authenticate") != "") && status != 403 {
		t.Errorf("%d with the challenge %q", status, h.Get("Www-Authenticate"))
	}
	if (status == 429 || status == 503 || code == "in_progress") != (h.Get("Retry-After") != "") {
		t.Errorf("%d with Retry-After %q", status, h.Get("Retry-After"))
	}
}

// plain checks the fields of every answer.
func plain(t *testing.T, a answer) {
	t.Helper()
	h := a.Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" {
		t.Errorf("header %v", h)
	}
}
