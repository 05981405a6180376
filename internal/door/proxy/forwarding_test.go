package proxy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
)

// forwarding allows everything and forwards it so.
func forwarding(f edgeward.Forwarding) edgeward.Decider {
	return deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{Allow: true, Forwarding: &f} })
}

func TestAPathIsRewritten(t *testing.T) {
	var target, prefix string
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		target, prefix = r.RequestURI, strings.Join(r.Header.Values("X-Forwarded-Prefix"), "|")
	}))
	defer app.Close()
	for _, row := range []struct {
		strip, add, sent, target, prefix string
	}{
		{"", "", "/app/x", "/base/app/x", ""},
		{"/app", "", "/app/x?a=/app", "/base/x?a=/app", "/app"},
		{"/app", "", "/%61pp/x", "/base/x", "/app"},
		{"/app", "", "/app", "/base/", "/app"},
		{"/app", "/v2", "/app/", "/base/v2/", "/app"},
		{"/app", "/v2", "/apple", "/base/v2/apple", ""},
		{"/é", "", "/%c3%a9/%c3%a9", "/base/%C3%A9", "/%C3%A9"},
	} {
		p, err := proxy.New(proxy.Config{Decider: forwarding(edgeward.Forwarding{StripPrefix: row.strip, AddPrefix: row.add}), Upstream: app.URL + "/base"})
		if err != nil {
			t.Fatal(err)
		}
		wire := doorstest.NewWire(t, p)
		answer := wire.SendRaw(t, "GET", "GET "+row.sent+" HTTP/1.1\r\nHost: a\r\nX-Forwarded-Prefix: /evil\r\nX_Forwarded_Prefix: /evil\r\n\r\n")
		if answer.Status != 200 || target != row.target || prefix != row.prefix {
			t.Errorf("%+v: status %d, upstream got %q with prefix %q", row, answer.Status, target, prefix)
		}
	}
}

// Row 39: a rule that makes another path of one that was decided on reaches nothing.
func TestARewrittenPathWithTwoReadingsIsNotForwarded(t *testing.T) {
	var asked atomic.Int32
	base := serve(t, proxy.Config{Decider: forwarding(edgeward.Forwarding{AddPrefix: "/pub/.."})}, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	if res, _ := get(t, base+"/x"); res.StatusCode != 400 || asked.Load() != 0 {
		t.Errorf("status %d, the upstream was asked %d times", res.StatusCode, asked.Load())
	}
}

// speak sends requests to a proxy in both versions of HTTP.
func speak(t *testing.T, cfg proxy.Config, h http.HandlerFunc, test func(t *testing.T, client *http.Client, base string)) {
	app := httptest.NewServer(h)
	t.Cleanup(app.Close)
	cfg.Upstream = app.URL
	if cfg.Decider == nil {
		cfg.Decider = anybody
	}
	p, err := proxy.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for version, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(version, func(t *testing.T) {
			gateway := httptest.NewUnstartedServer(p)
			gateway.EnableHTTP2 = http2
			gateway.StartTLS()
			defer gateway.Close()
			test(t, gateway.Client(), gateway.URL)
		})
	}
}

func TestABodyIsBounded(t *testing.T) {
	const most = 1000
	var asked, whole atomic.Int32 // bodies that the upstream began to read, and bytes of those that came whole
	told := &failures{}
	speak(t, proxy.Config{Observer: told, Decider: forwarding(edgeward.Forwarding{MaxBody: most})}, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if body, err := io.ReadAll(r.Body); err == nil {
			whole.Add(int32(len(body)))
		}
		w.WriteHeader(http.StatusNoContent)
	}, func(t *testing.T, client *http.Client, base string) {
		for _, row := range []struct {
			rule    string
			size    int
			chunked bool
			status  int
		}{
			{"a length that fits", most, false, 204},
			{"a length that does not", most + 1, false, 413},
			{"chunks that fit", most, true, 204},
			{"a byte too many", most + 1, true, 413},
			{"many too many", 1 << 20, true, 413},
			{"no body", 0, false, 204},
		} {
			t.Run(row.rule, func(t *testing.T) {
				asked.Store(0)
				whole.Store(0)
				var body io.Reader = bytes.NewReader(make([]byte, row.size))
				if row.chunked {
					body = io.MultiReader(body)
				}
				req, _ := http.NewRequest("POST", base, body)
				res, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if res.StatusCode != row.status || row.status == 413 && (res.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(text), "content_too_large")) {
					t.Errorf("status %d, %s", res.StatusCode, text)
				}
				if row.status == 413 && !row.chunked && asked.Load() != 0 {
					t.Error("the upstream was asked")
				}
				if got := int(whole.Load()); row.status == 413 && got != 0 || row.status == 204 && got != row.size {
					t.Errorf("the upstream took %d bytes for a whole body, of %d", got, row.size)
				}
			})
		}
	})
	if told.count() > 0 {
		t.Errorf("a body that is too long is no failure of the upstream: %s", told.text())
	}
}

// A client that waits for leave to send its body is told no before it sends it.
func TestABodyThatIsTooLongIsNotAskedFor(t *testing.T) {
	p, err := proxy.New(proxy.Config{Decider: forwarding(edgeward.Forwarding{MaxBody: 10}), Upstream: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	answer := wire.SendRaw(t, "POST", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
	if answer.Status != 413 {
		t.Errorf("status %d", answer.Status)
	}
}

// An upstream that never begins its answer, and one whose answer takes an hour.
func TestATimeoutIsOfTheBeginningOfAnAnswer(t *testing.T) {
	for rule, row := range map[string]struct {
		begins time.Duration
		status int
	}{
		"too late":  {3 * time.Minute, 504},
		"in time":   {time.Minute + 50*time.Second, 200}, // beyond the usual time-out
		"just late": {2*time.Minute + time.Second, 504},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				app := memory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					select {
					case <-r.Context().Done():
						return
					case <-time.After(row.begins):
					}
					_ = http.NewResponseController(w).Flush()
					time.Sleep(time.Hour)
					_, _ = io.WriteString(w, "done")
				}))
				p, err := proxy.New(proxy.Config{Decider: forwarding(edgeward.Forwarding{Timeout: 2 * time.Minute}), Upstream: "http://app.example", Transport: app})
				if err != nil {
					t.Fatal(err)
				}
				// The body takes longer than the time-out, which counts from its end.
				hr := httptest.NewRequest("POST", "http://a/", &parts{left: []string{"a"}})
				w := httptest.NewRecorder()
				p.ServeHTTP(w, hr)
				if w.Code != row.status || row.status == 200 && w.Body.String() != "done" {
					t.Errorf("status %d, %q", w.Code, w.Body)
				}
			})
		})
	}
}

// memory is the transport to h over pipes, which a bubble's clock can wait for.
func memory(t *testing.T, h http.Handler) *http.Transport {
	conns := make(chan net.Conn)
	closed := make(chan struct{})
	server := &http.Server{Handler: h}
	var serving = make(chan struct{})
	go func() {
		defer close(serving)
		_ = server.Serve(pipes{conns, closed})
	}()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case conns <- theirs:
			return ours, nil
		case <-closed:
			return nil, errors.New("closed")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(closed)
		_ = server.Close()
		<-serving
	})
	return transport
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
