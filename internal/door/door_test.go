package door_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

type deciderFunc func(r *edgeward.Request) edgeward.Decision

func (f deciderFunc) Decide(_ context.Context, r *edgeward.Request) edgeward.Decision { return f(r) }

// watcher is an observer that remembers.
type watcher struct {
	reasons []edgeward.Reason
	errs    []error
}

func (w *watcher) Decided(_ context.Context, r *edgeward.Request, d *edgeward.Decision, _ time.Duration) {
	if r.ID == "" {
		w.errs = append(w.errs, errors.New("a request without an id"))
	}
	w.reasons, w.errs = append(w.reasons, d.Reason), append(w.errs, d.Err)
}

func (w *watcher) Failed(context.Context, *edgeward.Request, error) {}

// answer sends hr through a door that refuses.
func answer(d *door.Door, hr *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	door.Refuse(w, hr, d.Receive(hr))
	return w
}

// TestAnUndeclaredProxyHidesItsClients: everybody behind it would be banned for
// the failed attempts of one. Whether there is one nothing tells.
func TestAnUndeclaredProxyHidesItsClients(t *testing.T) {
	trusted, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.0.2.1/32")})
	if err != nil {
		t.Fatal(err)
	}
	if trusted, err = trusted.WithClients([]netip.Prefix{netip.MustParsePrefix("10.3.0.0/16")}); err != nil {
		t.Fatal(err)
	}
	const told = "203.0.113.9"
	for rule, row := range map[string]struct{ peer, told, want string }{
		"this machine":                  {"127.0.0.1", told, ""},
		"this machine, IPv6":            {"::1", told, ""},
		"this machine, mapped":          {"::ffff:127.0.0.1", told, ""},
		"a private network":             {"10.2.0.1", told, ""},
		"a private network, IPv6":       {"fd00::1", told, ""},
		"a link":                        {"fe80::1%eth0", told, ""},
		"says nothing intelligible":     {"127.0.0.1", "x", ""},
		"declared":                      {"10.1.0.1", told, told},
		"declared, a client close by":   {"10.1.0.1", "10.2.0.1", "10.2.0.1"},
		"declared, of the Internet":     {"192.0.2.1", told, told},
		"asks for itself":               {"127.0.0.1", "", ""},
		"a private network, no field":   {"10.2.0.1", "", ""},
		"declared, no field":            {"10.1.0.1", "", ""},
		"declared, unintelligible":      {"10.1.0.1", "x", ""},
		"clients":                       {"10.3.0.1", "", "10.3.0.1"},
		"clients that lie":              {"10.3.0.1", told, "10.3.0.1"},
		"a stranger of the Internet":    {"198.51.100.1", told, "198.51.100.1"},
		"a stranger, next to a private": {"172.32.0.1", told, "172.32.0.1"},
	} {
		hr := httptest.NewRequest("GET", "/x", nil)
		hr.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(row.peer), 9).String()
		if row.told != "" {
			hr.Header.Set("X-Forwarded-For", row.told)
		}
		var want netip.Addr
		if row.want != "" {
			want = netip.MustParseAddr(row.want)
		}
		d := &door.Door{Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{} }), Trusted: trusted}
		if v := d.Receive(hr); v.Request.ClientIP != want {
			t.Errorf("%s: the client is %v, want %v", rule, v.Request.ClientIP, want)
		}
	}
}

// HTTP/2 can say the host twice.
func TestTwoHostsAreRefused(t *testing.T) {
	d := &door.Door{Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{Allow: true} })}
	for rule, row := range map[string]struct {
		fields []string
		allow  bool
	}{
		"none":             {nil, true},
		"the same":         {[]string{"app.example.com"}, true},
		"another spelling": {[]string{"APP.example.com:80"}, true},
		"another":          {[]string{"evil.example"}, false},
		"the same and one": {[]string{"app.example.com", "evil.example"}, false},
		"another port":     {[]string{"app.example.com:8080"}, false},
		"nothing":          {[]string{""}, false},
	} {
		hr := httptest.NewRequest("GET", "/x", nil)
		hr.Host = "app.example.com"
		if row.fields != nil {
			hr.Header["Host"] = row.fields
		}
		if v := d.Receive(hr); v.Decision.Allow != row.allow || !row.allow && v.Decision.Reason != edgeward.MalformedRequest {
			t.Errorf("%s: %+v", rule, v.Decision)
		}
	}
}

func TestWhatADeciderMustNotDo(t *testing.T) {
	for rule, decider := range map[string]edgeward.Decider{
		"be missing": nil,
		"panic":      deciderFunc(func(*edgeward.Request) edgeward.Decision { panic("hunter2") }),
		"abort":      deciderFunc(func(*edgeward.Request) edgeward.Decision { panic(http.ErrAbortHandler) }),
		"break":      deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{Target: []string{}[1:2][0]} }),
		"say nothing": deciderFunc(func(*edgeward.Request) edgeward.Decision {
			return edgeward.Decision{}
		}),
		"refuse for a reason that allows": deciderFunc(func(*edgeward.Request) edgeward.Decision {
			return edgeward.Decision{Reason: edgeward.Authenticated}
		}),
	} {
		seen := &watcher{}
		w := answer(&door.Door{Decider: decider, Observer: seen}, httptest.NewRequest("GET", "/x", nil))
		if w.Code != 503 || seen.reasons[0] != edgeward.Undecided {
			t.Errorf("%s: status %d, reason %v", rule, w.Code, seen.reasons)
		}
		if text := w.Body.String() + errors.Join(append(seen.errs, errors.New(""))...).Error(); strings.Contains(text, "hunter2") {
			t.Errorf("%s: told the value of a panic: %s", rule, text)
		}
	}
}

func TestTheObserverSeesWhatTheDeciderDoesNot(t *testing.T) {
	seen := &watcher{}
	d := &door.Door{Observer: seen, Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision {
		t.Error("the decider was asked")
		return edgeward.Decision{}
	})}
	for target, status := range map[string]int{"/a//b": 400, "/%00": 400} {
		if w := answer(d, httptest.NewRequest("GET", target, nil)); w.Code != status {
			t.Errorf("%s: status %d", target, w.Code)
		}
	}
	if len(seen.reasons) != 2 || seen.reasons[0] != edgeward.MalformedRequest {
		t.Errorf("observed %v", seen.reasons)
	}
}

func TestTooManyFieldsAre431(t *testing.T) {
	hr := httptest.NewRequest("GET", "/x", nil)
	hr.Header["X-A"] = make([]string, 1000)
	if w := answer(&door.Door{}, hr); w.Code != 431 || !strings.Contains(w.Body.String(), "header_too_large") || w.Header().Get("Clear-Site-Data") != "" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// TestAFloodOfCookiesIsLetGoOf: row 22. A neighbouring host plants more than the
// header section may have.
func TestAFloodOfCookiesIsLetGoOf(t *testing.T) {
	hr := httptest.NewRequest("GET", "/x", nil)
	hr.Header.Set("Sec-Fetch-Mode", "navigate")
	hr.Header["Cookie"] = []string{strings.Repeat("a=1; ", 60_000)}
	if w := answer(&door.Door{}, hr); w.Code != 431 || w.Header().Get("Clear-Site-Data") != `"cookies"` {
		t.Errorf("status %d: %v", w.Code, w.Header())
	}
}

func TestPeopleGetAPageAndProgramsADocument(t *testing.T) {
	refusal := deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Reason: edgeward.CredentialMissing, Err: errors.New("hunter2"), Response: edgeward.Header{"Www-Authenticate": {"Bearer"}}}
	})
	for mode, mediaType := range map[string]string{"navigate": "text/html; charset=utf-8", "cors": "application/problem+json"} {
		hr := httptest.NewRequest("GET", "/x", nil)
		hr.Header.Set("Sec-Fetch-Mode", mode)
		w := answer(&door.Door{Decider: refusal}, hr)
		h := w.Header()
		if w.Code != 401 || h.Get("Content-Type") != mediaType || h.Get("Www-Authenticate") != "Bearer" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, %v", mode, w.Code, h)
		}
		if id := h.Get("X-Request-Id"); id == "" || !strings.Contains(w.Body.String(), id) || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: %s", mode, w.Body)
		}
	}
}

func TestEveryRequestHasAnIdOfItsOwn(t *testing.T) {
	ids := map[string]bool{}
	for range 1000 {
		ids[(&door.Door{}).Receive(httptest.NewRequest("GET", "/", nil)).Request.ID] = true
	}
	if len(ids) != 1000 {
		t.Errorf("%d different ids", len(ids))
	}
}

func TestTheHeaderIsNotCopied(t *testing.T) {
	hr := httptest.NewRequest("GET", "/", nil)
	v := (&door.Door{}).Receive(hr)
	hr.Header.Set("X-A", "a")
	if v.Request.Header.First("X-A") != "a" {
		t.Error("the request has a header of its own")
	}
}

func TestFaultsAreDocuments(t *testing.T) {
	for _, f := range problem.Faults() {
		w := httptest.NewRecorder()
		v := door.NewVisit()
		v.Decision.Response = edgeward.Header{"Vary": {"Origin"}, "Access-Control-Allow-Origin": {"https://app.example"}}
		door.Fail(w, httptest.NewRequest("GET", "/", nil), v, f)
		var doc struct {
			Title, Code string
			Status      int
		}
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.Status != f.Status() || doc.Code != string(f) || doc.Title == "" {
			t.Errorf("%v: %s, %v", f, w.Body, err)
		}
		if w.Code != f.Status() || w.Header().Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%v: status %d, %v", f, w.Code, w.Header())
		}
	}
}

func TestAFaultIsAPageForANavigation(t *testing.T) {
	w := httptest.NewRecorder()
	v := door.NewVisit()
	v.Request.Method, v.Request.Header = "GET", edgeward.Header{"Sec-Fetch-Mode": {"navigate"}}
	door.Fail(w, httptest.NewRequest("GET", "/", nil), v, problem.BadGateway)
	if w.Code != 502 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %d, %v", w.Code, w.Header())
	}
}

// Whatever the target is: the decider sees a canonical path, or nothing.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{"/", "/a/../b", "//a", "/%2e", "/a%2fb?c=d", "http://h/a", "*"} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		hr := httptest.NewRequest("GET", "/", nil)
		u, err := hr.URL.Parse("/")
		if err != nil {
			t.Fatal(err)
		}
		hr.URL, hr.RequestURI = u, target
		if parsed, err := hr.URL.Parse(target); err == nil {
			hr.URL = parsed
		}
		d := &door.Door{Decider: deciderFunc(func(r *edgeward.Request) edgeward.Decision {
			if !strings.HasPrefix(r.Path, "/") || strings.Contains(r.Path, "//") || strings.Contains(r.Path+"/", "/../") || strings.ContainsAny(r.Path, "\x00\\;#?") {
				t.Errorf("decided about %q", r.Path)
			}
			return edgeward.Decision{}
		})}
		d.Receive(hr)
	})
}
