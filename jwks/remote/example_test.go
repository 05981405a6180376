package remote_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// A provider's token is verified in four steps: read, find the key, check the
// signature, judge the claims. Package bearer does it with a cache.
func Example() {
	provider, token := newProvider()
	defer provider.Close()

	keys, err := remote.New(remote.Config{ // for Auth0: Issuer "https://example.eu.auth0.com/", and no JWKSURI
		Issuer: "https://issuer.example/", JWKSURI: provider.URL + "/jwks", Algorithms: []jwt.Algorithm{jwt.ES256}, Importer: stdcrypto.Import,
	})
	if err != nil {
		log.Fatal(err)
	}
	rules := jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"https://api.example.com"}}

	verify := func(token string) (*jwt.Claims, error) {
		u, err := jwt.Parse(token)
		if err != nil {
			return nil, err
		}
		key, err := keys.Key(context.Background(), u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
		if err != nil {
			return nil, err // a 503 if the provider does not answer, never a 401
		}
		if err := u.Verify(context.Background(), key); err != nil {
			return nil, err
		}
		return &u.Claims, rules.Check(u, time.Now())
	}

	claims, err := verify(token)
	if err != nil {
		log.Fatal(err)
	}
	tenant, _ := claims.Lookup("tenant")
	name, _ := tenant.Text()
	fmt.Println(claims.Subject, name)

	_, err = verify(token[:len(token)-8] + "AAAAAAAA")
	fmt.Println(errors.Is(err, edgeward.TokenSignature), edgeward.ReasonOf(err).Status())
	// Output:
	// alice acme
	// true 401
}

// newProvider serves a key set, and returns a token that its key has signed.
func newProvider() (*httptest.Server, string) {
	private, err := stdcrypto.GenerateKey(jwt.ES256)
	check(err)
	signer, err := stdcrypto.NewSigner("2026-11", jwt.ES256, private)
	check(err)
	payload := fmt.Appendf(nil, `{"iss":"https://issuer.example/","aud":"https://api.example.com","sub":"alice","tenant":"acme","exp":%d}`, time.Now().Add(time.Hour).Unix())
	token, err := jwt.Sign(context.Background(), signer, "at+jwt", payload)
	check(err)
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write(jwks.AppendSet(nil, signer.Public()))
	})), token
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
