package engine_test

import (
	"context"
	"fmt"
	"log"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// opaque verifies tokens of its own kind. An error that wraps a Reason refuses;
// any other is a 503.
type opaque map[string]string

func (o opaque) Verify(_ context.Context, _ *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	subject, known := o[c.Value.Reveal()]
	if !known {
		return nil, edgeward.TokenMalformed
	}
	return edgeward.NewIdentity(edgeward.Identity{Issuer: "https://app.example", Subject: subject, Method: "opaque", Permissions: []string{"orders:read"}})
}

// A program that has tokens of its own kind.
func Example() {
	routes, err := policy.Build([]policy.File{{Path: "orders/_middleware", Statement: policy.Require("opaque").Permissions("orders:read")}})
	if err != nil {
		log.Fatal(err)
	}
	e, err := engine.New(engine.Config{
		Hosts:      policy.AllHosts(routes),
		Strategies: []engine.Strategy{{Name: "opaque", Source: credential.Bearer, Verifier: opaque{"t0k3n": "alice"}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, header := range []edgeward.Header{{}, {"Authorization": {"Bearer t0k3n"}}, {"Authorization": {"Bearer guess"}}} {
		d := e.Decide(context.Background(), &edgeward.Request{Method: "GET", Path: "/orders/7", Header: header})
		fmt.Printf("%t %d %v %q\n", d.Allow, d.Reason.Status(), d.Reason, d.Upstream.First(edgeward.HeaderSubject))
	}
	// Output:
	// false 401 credential_missing ""
	// true 200 authenticated "alice"
	// false 401 token_malformed ""
}
