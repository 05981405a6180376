package proxy_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/door/upstream"
)

// clear is a server that speaks HTTP/2 alone, without TLS.
func clear(t *testing.T, h http.Handler) string {
	app := httptest.NewUnstartedServer(h)
	app.Config.Protocols = &http.Protocols{}
	app.Config.Protocols.SetUnencryptedHTTP2(true)
	app.Start()
	t.Cleanup(app.Close)
	return app.URL
}

// beginning is how long an answer of an upstream may take to begin; what has begun may
// take longer.
const beginning = 2 * time.Second

// throughHTTP2 puts a proxy that speaks HTTP/2 over TLS before a server that speaks
// nothing else, and returns a client and where it asks.
func throughHTTP2(t *testing.T, wrap func(http.Handler) http.Handler, h http.HandlerFunc) (*http.Client, string) {
	pool, err := upstream.New(upstream.Config{Name: "app", URLs: []string{clear(t, h)}, HTTP: upstream.HTTP2, Response: beginning})
	if err != nil {
		t.Fatal(err)
	}
	var p http.Handler
	if p, err = proxy.New(proxy.Config{Decider: anybody, Upstream: "app", Upstreams: map[string]*upstream.Pool{"app": pool}}); err != nil {
		t.Fatal(err)
	}
	if wrap != nil {
		p = wrap(p)
	}
	gateway := httptest.NewUnstartedServer(p)
	gateway.EnableHTTP2 = true
	gateway.StartTLS()
	t.Cleanup(gateway.Close)
	return gateway.Client(), gateway.URL
}

// Trailers of an answer pass, and those of a request stay here: one that is called
// like an identity field could pass for it in an application that joins the two.
func TestTrailersOverHTTP2(t *testing.T) {
	var proto string
	var trailer http.Header
	client, base := throughHTTP2(t, nil, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		proto, trailer = r.Proto+" "+r.Header.Get("Te"), r.Trailer
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("Grpc-Status", "5")
		w.Header().Set(http.TrailerPrefix+"X-Late", "1")
	})
	req, _ := http.NewRequest("POST", base, io.MultiReader(strings.NewReader("body")))
	req.Header.Set("Te", "trailers")
	req.Trailer = http.Header{"X-Auth-Subject": {doorstest.Evil}, "Grpc-Status": {"0"}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	if res.ProtoMajor != 2 || proto != "HTTP/2.0 trailers" || len(trailer) != 0 {
		t.Errorf("the client has %s, the upstream %s with trailers %v", res.Proto, proto, trailer)
	}
	if res.Trailer.Get("Grpc-Status") != "5" || res.Trailer.Get("X-Late") != "1" {
		t.Errorf("trailers %v", res.Trailer)
	}
}

// Once an answer has begun, a stream in HTTP/2 may be silent for longer than a body may.
func TestAStreamMayRest(t *testing.T) {
	h := &hurried{at: 30 * time.Millisecond}
	client, base := throughHTTP2(t, func(p http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ResponseWriter, h.inner = w, http.NewResponseController(w)
			p.ServeHTTP(h, r)
		})
	}, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		body, err := io.ReadAll(r.Body)
		time.Sleep(beginning + beginning/4) // from the end of the request
		_, _ = w.Write(body)
		if err != nil {
			_, _ = io.WriteString(w, "broken")
		}
	})
	body, send := io.Pipe()
	req, _ := http.NewRequest("POST", base, body)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.WriteString(send, "one ")
	time.Sleep(5 * h.at) // whatever is set passes
	_, _ = io.WriteString(send, "two")
	_ = send.Close()
	if got, err := io.ReadAll(res.Body); string(got) != "one two" {
		t.Errorf("%q, %v", got, err)
	}
}

// A WebSocket is opened by HTTP/1.1, on both sides. Where one of them speaks HTTP/2
// alone, nobody is asked.
func TestNoWebSocketOverHTTP2(t *testing.T) {
	asked := make(chan string, 10)
	told := &failures{}
	pool, err := upstream.New(upstream.Config{Name: "app", URLs: []string{clear(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method }))}, HTTP: upstream.HTTP2})
	if err != nil {
		t.Fatal(err)
	}
	cfg := proxy.Config{Observer: told, Upstream: "app", Upstreams: map[string]*upstream.Pool{"app": pool}}
	if _, res, err := websocket.Dial(t.Context(), serve(t, cfg, nil), nil); err == nil || res.StatusCode != 502 || !strings.Contains(told.text(), "http2: true") {
		t.Errorf("at the upstream: %v, %s", err, told.text())
	}
	client, base := throughHTTP2(t, nil, func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method })
	for rule, header := range map[string]http.Header{"a tunnel": {}, "extended CONNECT (RFC 8441)": {":protocol": {"websocket"}}} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		req, _ := http.NewRequestWithContext(ctx, "CONNECT", base+"/socket", nil)
		req.Header = header
		res, err := client.Transport.RoundTrip(req)
		if err == nil {
			res.Body.Close()
		}
		if err == nil && res.StatusCode < 400 {
			t.Errorf("%s: status %d", rule, res.StatusCode)
		}
		cancel()
	}
	if len(asked) > 0 {
		t.Errorf("the upstream was asked: %s", <-asked)
	}
}
