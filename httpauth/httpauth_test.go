package httpauth_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/internal/door/doorstest"
)

type deciderFunc func(r *edgeward.Request) edgeward.Decision

func (f deciderFunc) Decide(_ context.Context, r *edgeward.Request) edgeward.Decision { return f(r) }

var anybody = deciderFunc(func(*edgeward.Request) edgeward.Decision {
	return edgeward.Decision{Allow: true, Reason: edgeward.Public}
})

func guard(t testing.TB, d edgeward.Decider, h http.HandlerFunc) http.Handler {
	t.Helper()
	auth, err := httpauth.New(d, httpauth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return auth(h)
}

func do(h http.Handler, target string, fields ...string) *httptest.ResponseRecorder {
	hr := httptest.NewRequest("GET", target, nil)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		hr.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, hr)
	return w
}

func TestNewRefuses(t *testing.T) {
	if _, err := httpauth.New(nil, httpauth.Config{}); err == nil {
		t.Error("no decider")
	}
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	if _, err := httpauth.New(anybody, httpauth.Config{TrustedProxies: everybody}); err == nil {
		t.Error("everybody is a proxy")
	}
}

func TestTheHandlerKnowsWhoAsks(t *testing.T) {
	system := doorstest.New(t)
	var known bool
	var id *edgeward.Identity
	var header http.Header
	h := guard(t, system, func(_ http.ResponseWriter, r *http.Request) {
		id, known = edgeward.IdentityFrom(r.Context())
		header = r.Header
	})
	w := do(h, "/api/orders", "Authorization: Bearer "+system.Token)
	if !known || id.Subject != "alice" || header.Get(edgeward.HeaderSubject) != "alice" || header.Get("Authorization") != "" {
		t.Errorf("%v, %v", id, header)
	}
	if header.Get("X-Request-Id") == "" || header.Get("X-Request-Id") != w.Header().Get("X-Request-Id") {
		t.Errorf("request ids %q and %q", header.Get("X-Request-Id"), w.Header().Get("X-Request-Id"))
	}
	if do(h, "/public/x", "Authorization: Bearer "+system.Token); known {
		t.Errorf("a public route knows %v", id)
	}
	inner := h // behind another middleware, which proved somebody
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		somebody, _ := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "mallory"})
		inner.ServeHTTP(w, r.WithContext(edgeward.WithIdentity(r.Context(), somebody)))
	})
	if do(outer, "/public/x"); known {
		t.Errorf("a public route knows %v of another middleware", id)
	}
}

func TestTheRequestOfTheCallerIsNotChanged(t *testing.T) {
	system := doorstest.New(t)
	hr := httptest.NewRequest("GET", "/%61pi/orders", nil)
	hr.Header.Set("Authorization", "Bearer "+system.Token)
	hr.Header.Set("X-Auth-Subject", "mallory")
	before, raw := hr.Header.Clone(), hr.URL.RawPath
	guard(t, system, func(http.ResponseWriter, *http.Request) {}).ServeHTTP(httptest.NewRecorder(), hr)
	if len(hr.Header) != len(before) || hr.Header.Get("X-Auth-Subject") != "mallory" || hr.URL.RawPath != raw {
		t.Errorf("header %v, raw path %q", hr.Header, hr.URL.RawPath)
	}
}

func TestWhatIsDecidedIsWhatTheHandlerSees(t *testing.T) {
	var decided string
	d := deciderFunc(func(r *edgeward.Request) edgeward.Decision {
		decided = r.Path
		return edgeward.Decision{Allow: true}
	})
	var path, raw string
	h := guard(t, d, func(_ http.ResponseWriter, r *http.Request) { path, raw = r.URL.Path, r.URL.RawPath })
	for target, want := range map[string]string{"/%61pi/%5b1%5d": "/api/[1]", "/api/%C3%A9": "/api/é"} {
		if do(h, target); path != want || decided != want || raw != "" {
			t.Errorf("%s: decided %q, handler got %q, raw %q", target, decided, path, raw)
		}
	}
	if do(http.StripPrefix("/v1", h), "/v1/api"); decided != "/api" || path != "/api" {
		t.Errorf("behind StripPrefix: decided %q, handler got %q", decided, path)
	}
	decided = ""
	rewriting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/public/../api"
		h.ServeHTTP(w, r)
	})
	if w := do(rewriting, "/x"); w.Code != 400 || decided != "" {
		t.Errorf("a rewritten path with two readings: status %d, decided %q", w.Code, decided)
	}
}

// The server fills the map while the body is read, if a Trailer field names one.
func TestTheTrailersOfARequestStayOutside(t *testing.T) {
	var trailer http.Header
	server := httptest.NewServer(guard(t, anybody, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		trailer = r.Trailer
	}))
	defer server.Close()
	req, err := http.NewRequest("POST", server.URL, io.MultiReader(strings.NewReader("body")))
	if err != nil {
		t.Fatal(err)
	}
	req.Trailer = http.Header{"X-Auth-Subject": {doorstest.Evil}, "X_auth_subject": {doorstest.Evil}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(trailer) != 0 {
		t.Errorf("the handler got %v", trailer)
	}
}

func TestRequestsMadeInTheProcess(t *testing.T) {
	hr, err := http.NewRequest("GET", "http://app.example/x?a=b", nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	guard(t, anybody, func(http.ResponseWriter, *http.Request) {}).ServeHTTP(w, hr)
	if w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestTheWriterIsTheServersOwn(t *testing.T) {
	server := httptest.NewServer(guard(t, anybody, func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(http.Flusher); !ok {
			t.Error("no Flusher")
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.0 204 No Content\r\n\r\n")
		_ = conn.Close()
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil || res.StatusCode != 204 {
		t.Fatal(res, err)
	}
	res.Body.Close()
}

func TestThePanicOfAHandlerIsItsOwn(t *testing.T) {
	defer func() {
		if v := recover(); v != "mine" {
			t.Errorf("recovered %v", v)
		}
	}()
	do(guard(t, anybody, func(http.ResponseWriter, *http.Request) { panic("mine") }), "/")
}

func TestObserve(t *testing.T) {
	var reasons []edgeward.Reason
	auth, err := httpauth.New(anybody, httpauth.Config{
		Observe: func(_ context.Context, o httpauth.Observation) { reasons = append(reasons, o.Decision.Reason) },
	})
	if err != nil {
		t.Fatal(err)
	}
	h := auth(http.NotFoundHandler())
	do(h, "/x")
	do(h, "/x//y")
	if len(reasons) != 2 || reasons[0] != edgeward.Public || reasons[1] != edgeward.MalformedRequest {
		t.Errorf("observed %v", reasons)
	}
}

// Whichever way a handler begins its answer, no cache keeps one with a credential.
func TestAnAnswerWithACredentialIsKeptByNobody(t *testing.T) {
	renewing := deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Allow: true, Response: edgeward.Header{"Set-Cookie": {"a=1"}}}
	})
	for way, begin := range map[string]func(http.ResponseWriter){
		"nothing":      func(http.ResponseWriter) {},
		"a status":     func(w http.ResponseWriter) { w.WriteHeader(201) },
		"a body":       func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") },
		"a copy":       func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("x")) },
		"a flush":      func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"an old flush": func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
	} {
		w := do(guard(t, renewing, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public")
			w.Header().Set("Surrogate-Control", "max-age=60")
			begin(w)
		}), "/")
		if h := w.Result().Header; h.Get("Cache-Control") != "no-store" || h.Get("Surrogate-Control") != "" || h.Get("Set-Cookie") != "a=1" {
			t.Errorf("%s: %v", way, h)
		}
	}
}
