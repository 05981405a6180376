package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

// BenchmarkDecide is the whole decision for tokens whose verification is
// remembered, among 10,000 routes: one token, and 20,000 different ones.
func BenchmarkDecide(b *testing.B) {
	for _, tokens := range []int{1, 20_000} {
		b.Run(fmt.Sprintf("warm/tokens=%d", tokens), func(b *testing.B) {
			e, requests := benchmarkEngine(b, 10_000, tokens)
			for _, r := range requests {
				if d := e.Decide(context.Background(), r); !d.Allow {
					b.Fatal(d.Err)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if d := e.Decide(context.Background(), requests[i%len(requests)]); !d.Allow {
					b.Fatal(d.Err)
				}
			}
		})
	}
}

// BenchmarkDecideParallel shows whether a lock is shared by all requests.
func BenchmarkDecideParallel(b *testing.B) {
	e, requests := benchmarkEngine(b, 10_000, 1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if d := e.Decide(context.Background(), requests[0]); !d.Allow {
				b.Error(d.Err)
			}
		}
	})
}

func benchmarkEngine(b *testing.B, routes, tokens int) (*engine.Engine, []*edgeward.Request) {
	b.Helper()
	files := []policy.File{{Path: "_middleware", Statement: policy.Statement{Authenticate: list("bearer"), Permissions: list("orders:read")}}}
	for i := range routes {
		files = append(files, policy.File{Path: fmt.Sprintf("api/v%d/[id]/part%d", i%100, i), Statement: policy.Statement{}})
	}
	tree, err := policy.Build(files)
	if err != nil {
		b.Fatal(err)
	}
	key, err := jwt.HMACKey("k", jwt.HS256, edgeward.NewSecret(strings.Repeat("s", 32)))
	if err != nil {
		b.Fatal(err)
	}
	keys, err := jwks.NewStatic(key)
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := bearer.New(bearer.Config{CacheBytes: 128 << 20, Issuers: []bearer.Issuer{{
		Rules: jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: keys,
	}}})
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Config{Routes: tree, Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier}}})
	if err != nil {
		b.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		b.Fatal(err)
	}
	requests := make([]*edgeward.Request, tokens)
	for i := range requests {
		claims := jwt.Claims{Issuer: "https://issuer.example/", Subject: fmt.Sprint("user-", i), Audience: []string{"api"}, Expires: time.Now().Add(time.Hour)}
		token, err := jwt.Sign(context.Background(), signer, "at+jwt", claims.AppendJSON(nil, jwt.StringClaim("scope", "orders:read")))
		if err != nil {
			b.Fatal(err)
		}
		requests[i] = &edgeward.Request{
			Method: "GET", Path: fmt.Sprintf("/api/v%d/7/part%d", i%100, i%routes),
			Header: edgeward.Header{"Authorization": {"Bearer " + token}},
		}
	}
	return e, requests
}
