package assertion_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance/assertion"
	"github.com/edgeward/edgeward/jwt"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func asserter(t *testing.T) (assertion.Signer, *jwt.Key) {
	t.Helper()
	key, err := jwt.HMACKey("k1", jwt.HS256, edgeward.NewSecret(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return noon }
	return assertion.Signer{Signer: signer, Issuer: "https://edge.example/", Audience: "app", Now: now}, key
}

func request() *edgeward.Request {
	return &edgeward.Request{Method: "POST", Scheme: "https", Host: "example.org", Path: "/café/[1]", RawQuery: "access_token=planted"}
}

func caller(t *testing.T) *edgeward.Identity {
	t.Helper()
	id, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: "https://issuer.example/", Subject: `ada "the" <first>`, Method: "bearer",
		Permissions: []string{"write", "read"}, Session: "s1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// ada is a caller of whom little is known.
func ada(t *testing.T) *edgeward.Identity {
	t.Helper()
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "ada", Method: "bearer"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// signed returns the assertion that a makes of id, parsed and verified.
func signed(t *testing.T, a assertion.Signer, key *jwt.Key, id *edgeward.Identity) *jwt.Unverified {
	t.Helper()
	token, err := a.Assert(context.Background(), request(), id)
	if err != nil {
		t.Fatal(err)
	}
	u, err := jwt.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Verify(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAssertionSaysWhoAndWhatFor(t *testing.T) {
	a, key := asserter(t)
	u := signed(t, a, key, caller(t))
	var claims map[string]any
	if err := json.Unmarshal([]byte(u.Claims.Payload), &claims); err != nil {
		t.Fatal(err)
	}
	if jti, _ := claims["jti"].(string); len(jti) < 22 {
		t.Errorf("jti %q has less than 128 bits", jti)
	}
	delete(claims, "jti")
	want := map[string]any{
		"iss": "https://edge.example/", "aud": "app",
		"sub":    `ada "the" <first>`,
		"sub_id": map[string]any{"format": "iss_sub", "iss": "https://issuer.example/", "sub": `ada "the" <first>`},
		"iat":    float64(noon.Unix()), "exp": float64(noon.Add(time.Minute).Unix()),
		"auth_method": "bearer", "scope": "read write", "sid": "s1",
		"htm": "POST", "htu": "https://example.org/caf%C3%A9/%5B1%5D",
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims are\n%v, want\n%v", claims, want)
	}
}

func TestAssertionIsItsOwnKindOfToken(t *testing.T) {
	a, key := asserter(t)
	u := signed(t, a, key, caller(t))
	if u.Header.Type != assertion.Type || u.Header.KeyID != "k1" {
		t.Errorf("header is %+v, want typ %s and kid k1", u.Header, assertion.Type)
	}
	if access := (&jwt.Rules{Issuer: a.Issuer, Audiences: []string{"app"}}); !errors.Is(access.Check(u, noon), edgeward.TokenType) {
		t.Error("an assertion passes for an access token")
	}
	own := &jwt.Rules{Issuer: a.Issuer, Audiences: []string{"app"}, Types: []string{assertion.Type}}
	if err := own.Check(u, noon); err != nil {
		t.Errorf("an upstream refuses the assertion: %v", err)
	}
	if err := own.Check(u, noon.Add(2*time.Minute)); !errors.Is(err, edgeward.TokenExpired) {
		t.Errorf("after two minutes: %v, want TokenExpired", err)
	}
}

func TestAssertionsNeverRepeat(t *testing.T) {
	a, key := asserter(t)
	first, second := signed(t, a, key, ada(t)), signed(t, a, key, ada(t))
	if first.Claims.TokenID == second.Claims.TokenID {
		t.Errorf("two assertions have the jti %s", first.Claims.TokenID)
	}
}

func TestAssertionLeavesAbsentClaimsOut(t *testing.T) {
	a, key := asserter(t)
	u := signed(t, a, key, ada(t))
	for _, name := range []string{"scope", "sid"} {
		if _, present := u.Claims.Lookup(name); present {
			t.Errorf("claim %s is present, want it absent", name)
		}
	}
}

type failingSigner struct{ jwt.Signer }

func (failingSigner) Sign(context.Context, []byte) ([]byte, error) { return nil, errors.New("no key") }

func TestAssertionRefuses(t *testing.T) {
	for rule, change := range map[string]func(*assertion.Signer, *edgeward.Request, **edgeward.Identity){
		"no signer":   func(a *assertion.Signer, _ *edgeward.Request, _ **edgeward.Identity) { a.Signer = nil },
		"no issuer":   func(a *assertion.Signer, _ *edgeward.Request, _ **edgeward.Identity) { a.Issuer = "" },
		"no audience": func(a *assertion.Signer, _ *edgeward.Request, _ **edgeward.Identity) { a.Audience = "" },
		"no identity": func(_ *assertion.Signer, _ *edgeward.Request, id **edgeward.Identity) { *id = nil },
		"nobody":      func(_ *assertion.Signer, _ *edgeward.Request, id **edgeward.Identity) { *id = &edgeward.Identity{} },
		"no host":     func(_ *assertion.Signer, r *edgeward.Request, _ **edgeward.Identity) { r.Host = "" },
		"signer out of order": func(a *assertion.Signer, _ *edgeward.Request, _ **edgeward.Identity) {
			a.Signer = failingSigner{a.Signer}
		},
	} {
		t.Run(rule, func(t *testing.T) {
			a, _ := asserter(t)
			r, id := request(), caller(t)
			change(&a, r, &id)
			token, err := a.Assert(context.Background(), r, id)
			if err == nil || token != "" || edgeward.ReasonOf(err) != edgeward.Unavailable {
				t.Errorf("Assert = %q, %v, want nothing and an error without a Reason", token, err)
			}
		})
	}
}
