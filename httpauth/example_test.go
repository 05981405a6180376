package httpauth_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

// A decider is put together once, at the start.
func Example() {
	decider, token := newDecider()
	auth, err := httpauth.New(decider, httpauth.Config{})
	if err != nil {
		log.Fatal(err)
	}
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := edgeward.IdentityFrom(r.Context())
		fmt.Fprintf(w, "hello %s", id.Subject)
	})
	handler := auth(app) // http.ListenAndServe(":8080", handler)

	ask := func(fields http.Header) {
		r := httptest.NewRequest("GET", "/api/hello", nil)
		r.Header = fields
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == http.StatusOK {
			fmt.Println(w.Code, w.Body)
			return
		}
		fmt.Println(w.Code, w.Header().Get("Www-Authenticate"))
	}
	ask(http.Header{})
	ask(http.Header{"Authorization": {"Bearer " + token}})
	ask(http.Header{"Authorization": {"Bearer " + token + "x"}})
	// Output:
	// 401 Bearer realm="edgeward"
	// 200 hello alice
	// 401 Bearer realm="edgeward", error="invalid_token"
}

// newDecider accepts the tokens of one issuer, for everything below /api. The
// issuer shares a secret with us; one that publishes a key set has
// jwks/remote.Keys instead of jwks.Static.
func newDecider() (edgeward.Decider, string) {
	key, err := jwt.HMACKey("1", jwt.HS256, edgeward.NewSecret(strings.Repeat("s", 32)))
	check(err)
	keys, err := jwks.NewStatic(key)
	check(err)
	tokens, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{{
		Rules:      jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"https://api.example.com"}},
		Algorithms: []jwt.Algorithm{jwt.HS256},
		Keys:       keys,
	}}})
	check(err)
	routes, err := policy.Build([]policy.File{
		{Path: "api/_middleware", Statement: policy.Require(bearer.Method)},
	})
	check(err)
	decider, err := engine.New(engine.Config{
		Hosts:      policy.AllHosts(routes),
		Strategies: []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: tokens}},
	})
	check(err)
	return decider, mint(key)
}

func mint(key *jwt.Key) string {
	signer, err := jwt.HMACSigner(key)
	check(err)
	claims := jwt.Claims{
		Issuer: "https://issuer.example/", Subject: "alice", Audience: []string{"https://api.example.com"},
		IssuedAt: time.Now(), Expires: time.Now().Add(time.Hour),
	}
	token, err := jwt.Sign(context.Background(), signer, "at+jwt", claims.AppendJSON(nil))
	check(err)
	return token
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
