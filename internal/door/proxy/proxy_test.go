package proxy_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/door/upstream"
)

// deciderFunc decides by a function.
type deciderFunc func(r *edgeward.Request) edgeward.Decision

func (f deciderFunc) Decide(_ context.Context, r *edgeward.Request) edgeward.Decision { return f(r) }

var anybody = deciderFunc(func(*edgeward.Request) edgeward.Decision {
	return edgeward.Decision{Allow: true, Reason: edgeward.Public}
})

// failures collects what an observer is told.
type failures struct {
	mu  sync.Mutex
	all []error
}

func (f *failures) Decided(context.Context, *edgeward.Request, *edgeward.Decision, time.Duration) {}

func (f *failures) Failed(_ context.Context, _ *edgeward.Request, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, err)
}

func (f *failures) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

func (f *failures) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(append([]error{errors.New("failures:")}, f.all...)...).Error()
}

// serve puts a proxy before h and returns its URL.
func serve(t testing.TB, cfg proxy.Config, h http.HandlerFunc) string {
	t.Helper()
	if h != nil {
		upstream := httptest.NewServer(h)
		t.Cleanup(upstream.Close)
		cfg.Upstream = upstream.URL
	}
	if cfg.Decider == nil {
		cfg.Decider = anybody
	}
	p, err := proxy.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return server.URL
}

func get(t testing.TB, url string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestThePathIsSpelledInOneWay(t *testing.T) {
	var target, host string
	var upstream string
	cfg := proxy.Config{Decider: deciderFunc(func(r *edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Allow: true, Target: upstream + "/base/"}
	})}
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { target, host = r.RequestURI, r.Host }))
	defer app.Close()
	upstream = app.URL
	p, err := proxy.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	for sent, want := range map[string]string{
		"/":                        "/base/",
		"/a?x=%zz;y&z=1%2f..":      "/base/a?x=%zz;y&z=1%2f..",
		"/%61%2D%7e?":              "/base/a-~",
		"/a!$&'()*+,=:@b":          "/base/a!$&'()*+,=:@b",
		"/%21%24%26%27%28%29":      "/base/!$&'()",
		"/[1]|^/%5b":               "/base/%5B1%5D%7C%5E/%5B",
		"/%c3%a9%20":               "/base/%C3%A9%20",
		"http://app.example/x?a=b": "/base/x?a=b",
	} {
		answer := wire.Send(t, doorstest.Request{Method: "GET", Target: sent, Host: "APP.example:80", Peer: doorstest.Client})
		if answer.Status != 200 || target != want || host != "app.example" {
			t.Errorf("%s: status %d, upstream got %q of %q, want %q", sent, answer.Status, target, host, want)
		}
	}
}

func TestWhatTheUpstreamIsTold(t *testing.T) {
	var seen http.Header
	base := serve(t, proxy.Config{}, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	req, _ := http.NewRequest("GET", base+"/x", nil)
	req.Host = "app.example"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for name, want := range map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "app.example", "X-Request-Id": res.Header.Get("X-Request-Id"),
	} {
		if got := seen.Get(name); got != want || want == "" {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestTheAnswer(t *testing.T) {
	cors := edgeward.Header{"Vary": {"Origin"}, "Access-Control-Allow-Origin": {"https://app.example"}}
	base := serve(t, proxy.Config{Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Allow: true, Response: cors}
	})}, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Vary", "Accept")
		h.Set("Www-Authenticate", "Basic")
		h.Set("X-Request-Id", "mine")
		w.WriteHeader(401)
	})
	res, _ := get(t, base+"/")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Credentials": "", "Vary": "Accept,Origin", "Www-Authenticate": "Basic",
	} {
		if got := strings.Join(res.Header.Values(name), ","); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id := res.Header.Values("X-Request-Id"); len(id) != 1 || id[0] == "mine" || res.StatusCode != 401 {
		t.Errorf("X-Request-Id %q, status %d", id, res.StatusCode)
	}
	if len(cors["Vary"]) != 1 {
		t.Error("the shared fields of the decision were written to")
	}
}

// What an upstream does not say of its answer, the proxy does not guess: net/http
// would, from the body's beginning, and only where that comes soon enough.
func TestTheTypeOfAnAnswerIsTheUpstreams(t *testing.T) {
	for _, length := range []bool{true, false} {
		base := serve(t, proxy.Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			if r.URL.Path == "/stated" {
				w.Header().Set("Content-Type", "text/x-stated")
			}
			if length {
				w.Header().Set("Content-Length", "13")
			} else {
				_ = http.NewResponseController(w).Flush()
			}
			_, _ = io.WriteString(w, "<html>hello</")
		})
		for path, want := range map[string]string{"/silent": "", "/stated": "text/x-stated"} {
			res, body := get(t, base+path)
			if got := res.Header.Get("Content-Type"); got != want || body != "<html>hello</" {
				t.Errorf("%s, length %v: Content-Type %q, want %q; %q", path, length, got, want, body)
			}
		}
	}
}

func TestWhenTheUpstreamFails(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	silent := make(chan struct{})
	defer close(silent)
	impatient := upstream.NewTransport()
	impatient.ResponseHeaderTimeout = 20 * time.Millisecond
	hang := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	}
	for _, row := range []struct {
		rule    string
		cfg     proxy.Config
		handler http.HandlerFunc
		status  int
		code    string
	}{
		{"nobody listens", proxy.Config{Upstream: closed.URL}, nil, 502, "bad_gateway"},
		{"nobody answers", proxy.Config{Transport: impatient.Transport}, hang, 504, "gateway_timeout"},
		{"there is no upstream", proxy.Config{}, nil, 502, "bad_gateway"},
		{"the route's upstream is no URL", proxy.Config{Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision {
			return edgeward.Decision{Allow: true, Target: "ftp://x"}
		})}, nil, 502, "bad_gateway"},
		{"the upstream hangs up", proxy.Config{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, "bad_gateway"},
		{"the upstream switches to what nobody asked for", proxy.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
			_ = conn.Close()
		}, 502, "bad_gateway"},
		{"the transport panics", proxy.Config{Transport: panicking{}, Upstream: closed.URL}, nil, 500, "internal_error"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			told := &failures{}
			row.cfg.Observer = told
			res, body := get(t, serve(t, row.cfg, row.handler)+"/")
			if res.StatusCode != row.status || !strings.Contains(body, `"code":"`+row.code+`"`) {
				t.Errorf("status %d, %s", res.StatusCode, body)
			}
			if told.count() != 1 {
				t.Errorf("the observer was told %d times: %s", told.count(), told.text())
			}
			if closedAddress, _ := url.Parse(closed.URL); strings.Contains(body, closedAddress.Host) || strings.Contains(body+told.text(), "hunter2") {
				t.Errorf("the answer or the log tells too much: %s %s", body, told.text())
			}
		})
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("hunter2") }

func TestAnAnswerThatBreaksOffIsNotTakenForAWhole(t *testing.T) {
	for log, cfg := range map[string]proxy.Config{
		"broke off": {},
		"panic":     {Transport: halfway{}},
	} {
		told := &failures{}
		cfg.Observer = told
		base := serve(t, cfg, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		res, err := http.Get(base)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("%s: the client took %q for the whole answer", log, body)
		}
		if told.count() != 1 || !strings.Contains(told.text(), log) || strings.Contains(told.text(), "hunter2") {
			t.Errorf("%s: %s", log, told.text())
		}
	}
}

// halfway is a transport that panics within an answer.
type halfway struct{ read *bool }

func (halfway) RoundTrip(hr *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Request: hr, ContentLength: -1, Header: http.Header{}, Body: halfway{new(bool)}}, nil
}

func (h halfway) Read(p []byte) (int, error) {
	if *h.read {
		panic("hunter2")
	}
	*h.read = true
	return copy(p, "half"), nil
}

func (halfway) Close() error { return nil }

// A client must not be able to page the operator.
func TestABrokenBodyIsTheClientsFault(t *testing.T) {
	told := &failures{}
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer upstream.Close()
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: upstream.URL, Observer: told})
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	answer := wire.SendRaw(t, "POST", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	if answer.Status != 400 || !strings.Contains(answer.Body, "bad_request") {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	limited := doorstest.NewWire(t, http.MaxBytesHandler(p, 3))
	answer = limited.SendRaw(t, "POST", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
	if answer.Status != 413 {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
}

func TestTheTransportIgnoresTheEnvironment(t *testing.T) {
	if upstream.NewTransport().Proxy != nil {
		t.Error("HTTP_PROXY would be obeyed")
	}
}
