package forwardauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header       { return d.h }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func handlers(b *testing.B) (map[string]http.Handler, http.Header) {
	system := doorstest.New(b)
	trusted, err := clientip.New([]netip.Prefix{doorstest.Proxies, netip.MustParsePrefix("127.0.0.1/32")})
	if err != nil {
		b.Fatal(err)
	}
	fields := http.Header{
		"Authorization": {"Bearer " + system.Token}, "X-Forwarded-For": {"203.0.113.9"},
		"X-Forwarded-Method": {"GET"}, "X-Forwarded-Uri": {"/api/orders?a=b"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"api.example.com"},
		"Accept": {"*/*"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"},
	}
	return map[string]http.Handler{
		"empty":    http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		"edgeward": forwardauth.New(forwardauth.Config{Decider: system.Decider, Trusted: trusted}),
	}, fields
}

// BenchmarkInProcess measures the door alone.
func BenchmarkInProcess(b *testing.B) {
	all, fields := handlers(b)
	hr := httptest.NewRequest("GET", "/verify", nil)
	hr.RemoteAddr, hr.Header = "127.0.0.1:1", fields
	b.ReportAllocs()
	for b.Loop() {
		all["edgeward"].ServeHTTP(discard{http.Header{}}, hr)
	}
}

// BenchmarkOverHTTP compares it with a handler that does nothing.
func BenchmarkOverHTTP(b *testing.B) {
	all, fields := handlers(b)
	for _, name := range []string{"empty", "edgeward"} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(all[name])
			defer server.Close()
			client := &http.Transport{MaxIdleConnsPerHost: 64}
			defer client.CloseIdleConnections()
			req, _ := http.NewRequest("GET", server.URL+"/verify", nil)
			req.Header = fields
			b.ReportAllocs()
			for b.Loop() {
				res, err := client.RoundTrip(req)
				if err != nil || res.StatusCode != 200 {
					b.Fatal(res, err)
				}
				_ = res.Body.Close()
			}
		})
	}
}
