package proxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/door/upstream"
)

// canned is a transport without a network, so that what is measured is what
// happens between the server and the transport.
type canned struct{}

func (canned) RoundTrip(hr *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Request: hr, ContentLength: 5,
		Header: http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"5"}},
		Body:   io.NopCloser(strings.NewReader("hello")),
	}, nil
}

// discard is a ResponseWriter that costs nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header       { return d.h }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func benchRequest(system *doorstest.System) *http.Request {
	hr := httptest.NewRequest("GET", "/api/orders?a=b", nil)
	for name, value := range map[string]string{
		"Authorization": "Bearer " + system.Token, "Accept": "*/*", "Accept-Encoding": "gzip, br", "Accept-Language": "en",
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Cookie": "a=b; c=d", "Cache-Control": "no-cache",
	} {
		hr.Header.Set(name, value)
	}
	return hr
}

// BenchmarkInProcess compares the work beside the network.
func BenchmarkInProcess(b *testing.B) {
	system := doorstest.New(b)
	target, _ := url.Parse("http://app.example")
	ours, err := proxy.New(proxy.Config{Decider: system.Decider, Upstream: target.String(), Transport: canned{}})
	if err != nil {
		b.Fatal(err)
	}
	ending, err := proxy.New(proxy.Config{Decider: system.Decider, Upstream: target.String(), Transport: canned{}, Exchanges: &door.Exchanges{Alive: system.Alive}})
	if err != nil {
		b.Fatal(err)
	}
	for name, h := range map[string]http.Handler{"bare": bare(target, canned{}), "edgeward": ours, "exchanges": ending} {
		b.Run(name, func(b *testing.B) {
			hr := benchRequest(system)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(discard{http.Header{}}, hr)
			}
		})
	}
}

// BenchmarkOverHTTP compares whole requests over loopback.
func BenchmarkOverHTTP(b *testing.B) {
	system := doorstest.New(b)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer app.Close()
	target, _ := url.Parse(app.URL)
	ours, err := proxy.New(proxy.Config{Decider: system.Decider, Upstream: app.URL, Exchanges: &door.Exchanges{Alive: system.Alive}})
	if err != nil {
		b.Fatal(err)
	}
	for name, h := range map[string]http.Handler{"bare": bare(target, upstream.NewTransport()), "edgeward": ours} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(h)
			defer server.Close()
			client := &http.Transport{MaxIdleConnsPerHost: 64}
			defer client.CloseIdleConnections()
			b.ReportAllocs()
			for b.Loop() {
				req, _ := http.NewRequest("GET", server.URL+"/api/orders?a=b", nil)
				req.Header.Set("Authorization", "Bearer "+system.Token)
				res, err := client.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
	}
}

func bare(target *url.URL, transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{Transport: transport, BufferPool: pool{}, Rewrite: func(pr *httputil.ProxyRequest) {
		pr.SetURL(target)
		pr.SetXForwarded()
	}}
}

// pool gives the rival what we have.
type pool struct{}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (pool) Get() []byte  { return buffers.Get().(*[32 << 10]byte)[:] }
func (pool) Put(b []byte) { buffers.Put((*[32 << 10]byte)(b)) }
