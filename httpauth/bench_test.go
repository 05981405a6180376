package httpauth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/internal/door/doorstest"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header       { return d.h }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// BenchmarkInProcess is the way through the middleware, with and without what
// ends long exchanges.
func BenchmarkInProcess(b *testing.B) {
	system := doorstest.New(b)
	for name, x := range map[string]*httpauth.OpenRequests{"plain": nil, "open": {Alive: system.Alive}} {
		b.Run(name, func(b *testing.B) {
			auth, err := httpauth.New(system.Decider, httpauth.Config{OpenRequests: x})
			if err != nil {
				b.Fatal(err)
			}
			h := auth(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			hr := httptest.NewRequest("GET", "/api/orders?a=b", nil)
			hr.Header.Set("Authorization", "Bearer "+system.Token)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(discard{http.Header{}}, hr)
			}
		})
	}
}
