// Command middleware is an application that authenticates its own requests,
// with Edgeward as a library and no gateway in front.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to listen on")
	issuer := flag.String("issuer", "", "whose tokens are accepted, exactly as in iss")
	audience := flag.String("audience", "", "who they must be meant for, exactly as in aud")
	flag.Parse()

	auth, err := protect(*issuer, *audience)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(*listen, auth(http.HandlerFunc(hello))))
}

// hello is the application. It runs for allowed requests only.
func hello(w http.ResponseWriter, r *http.Request) {
	if id, known := edgeward.IdentityFrom(r.Context()); known {
		fmt.Fprintf(w, "Hello %s of %s, you may %q\n", id.Subject, id.Issuer, id.Permissions)
		return
	}
	fmt.Fprintln(w, "Hello whoever you are")
}

// protect returns the middleware. Its issuer publishes its keys, which are
// fetched now and kept fresh from then on.
func protect(issuer, audience string) (func(http.Handler) http.Handler, error) {
	keys, err := remote.New(remote.Config{Issuer: issuer, Importer: stdcrypto.Import})
	if err != nil {
		return nil, err
	}
	go keys.Run(context.Background())

	tokens, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{{
		Rules:      jwt.Rules{Issuer: issuer, Audiences: []string{audience}},
		Algorithms: []jwt.Algorithm{jwt.RS256},
		Keys:       keys,
	}}})
	routes, routesErr := policy.Build([]policy.File{
		{Path: "_middleware", Statement: policy.Statement{Authenticate: &[]string{bearer.Method}}},
		{Path: "healthz", Statement: policy.Statement{Authenticate: &[]string{}}},
	})
	decider, engineErr := engine.New(engine.Config{
		Routes:     routes,
		Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: tokens}},
	})
	if err := errors.Join(err, routesErr, engineErr); err != nil {
		return nil, err
	}
	return httpauth.New(decider, httpauth.Config{})
}
