package remote_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// What a request pays for the keys: Holds on a cache hit, Key on a miss.
func BenchmarkKeys(b *testing.B) {
	config := remote.Config{
		Issuer: issuer, JWKSURI: "https://idp.example/keys",
		Algorithms: []jwt.Algorithm{jwt.EdDSA}, Importer: stdcrypto.Import,
		Transport: inMemory{as("application/json", keySet("a", "b"))},
	}
	k, err := remote.New(config)
	if err != nil {
		b.Fatal(err)
	}
	key, err := k.Key(b.Context(), "a", true, jwt.EdDSA)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Holds", func(b *testing.B) {
		b.ReportAllocs()
		now := time.Now()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if !k.Holds(key, now) {
					b.Error("not held")
				}
			}
		})
	})
	b.Run("Key", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := k.Key(b.Context(), "a", true, jwt.EdDSA); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// inMemory answers requests without a network.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}
