//go:build wasip1

// Command reactor is the smallest WebAssembly reactor that holds the engine
// with the bearer strategy. It exists to be weighed: see layout_test.go.
package main

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/canonical"
	"github.com/edgeward/edgeward/internal/problem"
	"github.com/edgeward/edgeward/internal/propagate"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

// host stands for WebCrypto: the key never enters the reactor.
type host struct{}

func (host) VerifySignature(context.Context, jwt.Algorithm, []byte, []byte) error {
	return edgeward.TokenSignature
}

//go:wasmexport decide
func decide() int32 {
	set, _, err := jwks.Parse([]byte(`{"keys":[]}`), func(*jwks.JWK) (jwt.PublicKey, error) { return host{}, nil })
	if err != nil {
		return 0
	}
	key, err := set.Select("", false, jwt.RS256)
	if err != nil {
		return 0
	}
	keys, err := jwks.NewStatic(key)
	if err != nil {
		return 0
	}
	tree, err := policy.Build(nil)
	if err != nil {
		return 0
	}
	verifier, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{{Algorithms: []jwt.Algorithm{jwt.RS256}, Keys: keys}}})
	if err != nil {
		return 0
	}
	e, err := engine.New(engine.Config{Routes: tree, Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier}}})
	if err != nil {
		return 0
	}
	path, err := canonical.Path("/")
	if err != nil {
		return 0
	}
	r := &edgeward.Request{Method: "GET", Path: path, Header: edgeward.Header{}}
	propagate.Strip(r.Header)
	d := e.Decide(context.Background(), r)
	_ = problem.Of(&d, r.ID)
	return int32(d.Reason.Status())
}

func main() {}
