package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwt"
)

func publish(p *provider, kids ...string) { p.set(func(p *provider) { p.kids = kids }) }

// A key that is published right after a fetch by schedule is found at once.
func TestAScheduledFetchBrakesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		run(t, k)
		synctest.Wait()
		publish(p, "a", "b")
		time.Sleep(time.Second)
		mustFind(t, k, "b")
		publish(p, "b", "c") // and so is the next: the fetch that brought b was no stranger's
		time.Sleep(time.Second)
		mustFind(t, k, "c")
	})
}

// Strangers who hold the brake with made-up kids through a rotation turn nobody's
// valid token into a refusal: it could not be told, and then it is found.
func TestStrangersCannotRefuseAValidToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		mustFind(t, k, "a")
		wantReason(t, k, "made up", edgeward.TokenKey) // the issuer was asked
		publish(p, "a", "new")
		for i := range 29 {
			time.Sleep(time.Second)
			wantReason(t, k, fmt.Sprint("made up ", i), edgeward.Unavailable)
			wantReason(t, k, "new", edgeward.Unavailable)
		}
		time.Sleep(time.Second)
		mustFind(t, k, "new")
		if got := p.fetched(); got != 3 {
			t.Errorf("%d fetches, want 3", got)
		}
	})
}

// A token without a kid, for an algorithm that the set does not have, is held to
// the same.
func TestATokenWithoutAKidIsLookedForAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t, func(c *remote.Config) { c.Algorithms = []jwt.Algorithm{jwt.EdDSA, jwt.ES256, jwt.ES384} })
		mustFind(t, k, "a")
		for _, row := range []struct {
			alg  jwt.Algorithm
			want edgeward.Reason
		}{{jwt.ES256, edgeward.TokenKey}, {jwt.ES256, edgeward.TokenKey}, {jwt.ES384, edgeward.Unavailable}} {
			if _, err := k.Key(t.Context(), "", false, row.alg); edgeward.ReasonOf(err) != row.want {
				t.Errorf("%s: %v, want %v", row.alg, err, row.want)
			}
		}
		if got := p.fetched(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
	})
}

// What came from the issuer itself has a brake of its own.
func TestAVouchedKidIsLookedForDespiteStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		mustFind(t, k, "a")
		wantReason(t, k, "new", edgeward.TokenKey) // a stranger knew the name
		publish(p, "a", "new")
		vouched := func(kid string) edgeward.Reason {
			_, err := k.Key(jwks.Vouch(t.Context()), kid, true, jwt.EdDSA)
			if err == nil {
				return edgeward.Authenticated
			}
			return edgeward.ReasonOf(err)
		}
		if got := vouched("new"); got != edgeward.Authenticated {
			t.Errorf("a new key: %v", got)
		}
		for range 10 {
			if got := vouched("x"); got != edgeward.TokenKey {
				t.Errorf("one that there is not: %v", got)
			}
		}
		if got := vouched("y"); got != edgeward.Unavailable {
			t.Errorf("another one: %v", got)
		}
		if got := p.fetched(); got != 4 {
			t.Errorf("%d fetches, want 4", got)
		}
	})
}

// An issuer whose servers disagree cannot be made to answer without end.
func TestServersThatDisagree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		mustFind(t, k, "a")
		before := p.fetched()
		for i := range 60 {
			kid := []string{"a", "b"}[i%2]
			publish(p, kid)
			_, _ = k.Key(t.Context(), kid, true, jwt.EdDSA)
			time.Sleep(time.Second / 2)
		}
		if got := p.fetched() - before; got > 2 {
			t.Errorf("%d fetches in 30 s, want 2 at most", got)
		}
	})
}

// A kid that two different keys claim is nobody's refusal, and no other key's
// trouble.
func TestAContestedKid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a", "x", "x#2")
		k := p.keys(t)
		mustFind(t, k, "a")
		wantReason(t, k, "x", edgeward.Unavailable)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := k.Key(ctx, "a", true, jwt.EdDSA); err != nil {
			t.Errorf("the other key: %v", err)
		}
		if s := k.Status(); s.Ignored != 2 || s.Keys != 1 {
			t.Errorf("status: %+v", s)
		}
	})
}

// A kid that is known gets a key of another algorithm beside the old one: tokens of
// that key are looked for like those of a new kid, and refused by no older set.
func TestAKnownKidGetsAKeyOfAnotherAlgorithm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t, func(c *remote.Config) { c.Algorithms = []jwt.Algorithm{jwt.EdDSA, jwt.ES256, jwt.RS256} })
		mustFind(t, k, "a")
		both := strings.Replace(keySet("a"), `{"keys":[`, `{"keys":[{"kty":"EC","kid":"a","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},`, 1)
		p.set(func(p *provider) { p.answer = func(w http.ResponseWriter, _ *http.Request) { document(w, both) } })
		for _, row := range []struct {
			alg     jwt.Algorithm
			want    edgeward.Reason
			fetches int
		}{
			{jwt.ES256, edgeward.Authenticated, 2},
			{jwt.RS256, edgeward.TokenAlgorithm, 3}, // the issuer was asked
			{jwt.RS256, edgeward.TokenAlgorithm, 3},
			{jwt.EdDSA, edgeward.Authenticated, 3},
		} {
			got := edgeward.Authenticated
			if _, err := k.Key(t.Context(), "a", true, row.alg); err != nil {
				got = edgeward.ReasonOf(err)
			}
			if got != row.want || p.fetched() != row.fetches {
				t.Errorf("%s: %v after %d fetches, want %v after %d", row.alg, got, p.fetched(), row.want, row.fetches)
			}
		}
	})
}

// An issuer that says which of two keys it means is heard before its set is old,
// and asked no more often than the brake allows.
func TestAContestedKidIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a", "a#2", "c")
		k := p.keys(t)
		mustFind(t, k, "c")
		for range 10 {
			if _, err := k.Key(t.Context(), "a", true, jwt.EdDSA); !errors.Is(err, jwks.ErrContested) || edgeward.ReasonOf(err) != edgeward.Unavailable {
				t.Errorf("contested: %v", err)
			}
		}
		if got := p.fetched(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
		publish(p, "a", "c")
		time.Sleep(jwks.Brake)
		mustFind(t, k, "a")
	})
}
