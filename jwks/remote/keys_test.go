package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwt"
)

// find looks kid up as a bearer verifier does.
func find(t *testing.T, k *remote.Keys, kid string) (*jwt.Key, error) {
	t.Helper()
	key, err := k.Key(t.Context(), kid, true, jwt.EdDSA)
	if (key == nil) == (err == nil) || key != nil && key.ID != kid {
		t.Fatalf("kid %q: key %v, error %v", kid, key, err)
	}
	return key, err
}

func mustFind(t *testing.T, k *remote.Keys, kid string) *jwt.Key {
	t.Helper()
	key, err := find(t, k, kid)
	if err != nil {
		t.Fatalf("kid %q: %v", kid, err)
	}
	return key
}

// wantReason demands that kid is answered for reason; Unavailable must also
// say when to come back.
func wantReason(t *testing.T, k *remote.Keys, kid string, reason edgeward.Reason) {
	t.Helper()
	_, err := find(t, k, kid)
	if got := edgeward.ReasonOf(err); got != reason {
		t.Fatalf("kid %q: %v (%v), want %v", kid, got, err, reason)
	}
	unavailable, ok := errors.AsType[*edgeward.UnavailableError](err)
	if ok != (reason == edgeward.Unavailable) {
		t.Fatalf("kid %q: error of type %T", kid, err)
	}
	if ok && (unavailable.RetryAfter < time.Second || unavailable.RetryAfter > jwks.Brake) {
		t.Fatalf("kid %q: retry after %v", kid, unavailable.RetryAfter)
	}
}

// run keeps k fresh until the test ends.
func run(t *testing.T, k *remote.Keys) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// 10,000 tokens with made-up kids cause one fetch in 30 s. The one that was
// looked for is refused; of the others nobody can tell.
func TestFloodOfKidsCausesOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		mustFind(t, k, "a")
		flood := func(round int) {
			var wg sync.WaitGroup
			var refused atomic.Int32
			for i := range 10_000 {
				wg.Go(func() {
					_, err := k.Key(t.Context(), fmt.Sprint(round, "-", i), true, jwt.EdDSA)
					switch edgeward.ReasonOf(err) {
					case edgeward.TokenKey:
						refused.Add(1)
					case edgeward.Unavailable:
					default:
						t.Errorf("random kid: %v", err)
					}
				})
			}
			if wg.Wait(); refused.Load() > 1 {
				t.Errorf("round %d: %d kids are refused, and one at most was looked for", round, refused.Load())
			}
		}
		flood(0)
		time.Sleep(jwks.Brake - time.Nanosecond)
		flood(1)
		if got := p.fetched(); got != 2 { // the first is not theirs
			t.Fatalf("%d fetches within 30 s, want 2", got)
		}
		time.Sleep(time.Nanosecond)
		flood(2)
		flood(3)
		if got := p.fetched(); got != 3 {
			t.Fatalf("%d fetches after 30 s, want 3", got)
		}
		mustFind(t, k, "a")
	})
}

// A cold flood waits for one fetch, and for a second one where the first may
// have been answered before the kid came; it is then told the truth.
func TestColdStartFetchesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				if i%2 == 0 {
					mustFind(t, k, "a")
				} else {
					wantReason(t, k, "b", edgeward.TokenKey)
				}
			})
		}
		wg.Wait()
		if got := p.fetched(); got > 2 {
			t.Errorf("%d fetches, want 2 at most", got)
		}
	})
}

// A token signed just after a rotation is accepted at once; the old key dies
// with the refresh, cached verifications too; a key that stays is the same.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "old", "both")
		k := p.keys(t)
		old, both := mustFind(t, k, "old"), mustFind(t, k, "both")
		time.Sleep(time.Minute)
		p.set(func(p *provider) { p.kids = []string{"both", "new"} })
		if !k.Holds(old, time.Now()) {
			t.Error("the old key died before anybody asked")
		}
		mustFind(t, k, "new")
		if k.Holds(old, time.Now()) {
			t.Error("the old key outlives the refresh")
		}
		wantReason(t, k, "old", edgeward.TokenKey)
		if !k.Holds(both, time.Now()) || mustFind(t, k, "both") != both {
			t.Error("a key that stayed lost its identity")
		}
		if got := p.fetched(); got != 3 { // the last for "old", which may have come back
			t.Errorf("%d fetches, want 3", got)
		}
	})
}

// Without Run and without traffic, a removed key still dies within the TTL:
// the first request after it waits for the refresh.
func TestRemovedKeyDiesWithinTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a", "b")
		k := p.keys(t)
		a := mustFind(t, k, "a")
		p.set(func(p *provider) { p.kids = []string{"b"} })
		time.Sleep(jwks.DefaultTTL)
		if k.Holds(a, time.Now()) {
			t.Error("a cached verification outlives the TTL")
		}
		wantReason(t, k, "a", edgeward.TokenKey)
	})
}

// Run fetches ahead of time, so that no request waits and the set is never
// older than its life.
func TestRunPrefetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		p.maxAge = 600
		k := p.keys(t)
		run(t, k)
		synctest.Wait()
		a := mustFind(t, k, "a")
		for range 24 * 60 {
			time.Sleep(time.Minute)
			if !k.Holds(a, time.Now()) || k.Status().Age >= 10*time.Minute {
				t.Fatalf("the set grew old: %+v", k.Status())
			}
		}
		if got := p.fetched(); got < 24*6 || got > 24*60/8+1 {
			t.Errorf("%d fetches in a day of 10-minute sets", got)
		}
	})
}

// A fetch belongs to nobody: who gives up fails alone, and the fetch ends
// after ten seconds whoever waits.
func TestCancelledCallerFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		p.answer = func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(5 * time.Second)
			document(w, keySet("a"))
		}
		k := p.keys(t)
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := k.Key(ctx, "a", true, jwt.EdDSA)
			gone <- err
		}()
		synctest.Wait() // it was the first, and started the fetch
		var wg sync.WaitGroup
		wg.Go(func() { mustFind(t, k, "a") })
		synctest.Wait()
		cancel()
		if err := <-gone; edgeward.ReasonOf(err) != edgeward.Unavailable || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		wg.Wait()
		if got := p.fetched(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
	})
}

// While a refresh is due or under way, a known key does not wait for it.
func TestKnownKeyDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		mustFind(t, k, "a")
		p.set(func(p *provider) { p.answer = hang })
		time.Sleep(jwks.DefaultTTL * 95 / 100)
		began := time.Now()
		mustFind(t, k, "a") // starts the refresh
		synctest.Wait()
		mustFind(t, k, "a")
		if time.Since(began) != 0 || p.fetched() != 2 {
			t.Errorf("waited %v, %d fetches", time.Since(began), p.fetched())
		}
	})
}

// What a fetch cannot change causes none: an algorithm that is not allowed, and a
// token without kid where several keys could serve.
func TestNoFetchForWhatItCannotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a", "b")
		k := p.keys(t, func(c *remote.Config) { c.Algorithms = []jwt.Algorithm{jwt.EdDSA, jwt.RS256} })
		_, err := k.Key(t.Context(), "a", true, jwt.ES256)
		if edgeward.ReasonOf(err) != edgeward.TokenAlgorithm || p.fetched() != 0 {
			t.Errorf("algorithm that is not allowed: %v, %d fetches", err, p.fetched())
		}
		mustFind(t, k, "a")
		time.Sleep(time.Minute)
		if _, err := k.Key(t.Context(), "", false, jwt.EdDSA); !errors.Is(err, jwks.ErrAmbiguous) {
			t.Errorf("no kid: %v", err)
		}
		if got := p.fetched(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
	})
}

// A kid that the provider was asked for and does not have is refused without
// asking again, until the brake would allow to.
func TestAbsentKidIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t)
		mustFind(t, k, "a")
		for range 3 {
			wantReason(t, k, "x", edgeward.TokenKey)
			time.Sleep(jwks.Brake/3 - time.Nanosecond)
		}
		if got := p.fetched(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
		// The issuer said so; that it is down since does not make it unsaid.
		p.set(func(p *provider) { p.answer = down })
		wantReason(t, k, "x", edgeward.TokenKey)
		time.Sleep(4 * time.Nanosecond)
		wantReason(t, k, "x", edgeward.Unavailable)
		if got := p.fetched(); got != 3 {
			t.Errorf("%d fetches once the brake is off, want 3", got)
		}
	})
}

// Observers hear of each attempt and of the keys that were ignored.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetches []remote.Fetch
		p := serve(t, "a")
		p.answer = func(w http.ResponseWriter, _ *http.Request) {
			document(w, `{"keys":[{"kty":"OKP","kid":"p","crv":"Ed25519","x":"AA","d":"AA"},`+keySet("a")[len(`{"keys":[`):])
		}
		k := p.keys(t, func(c *remote.Config) { c.Observe = func(f remote.Fetch) { fetches = append(fetches, f) } })
		mustFind(t, k, "a")
		synctest.Wait()
		p.set(func(p *provider) { p.answer = down })
		time.Sleep(jwks.Brake)
		wantReason(t, k, "b", edgeward.Unavailable)
		synctest.Wait()
		if len(fetches) != 2 {
			t.Fatalf("%d fetches observed", len(fetches))
		}
		good, bad := fetches[0], fetches[1]
		if good.Err != nil || good.Keys != 1 || len(good.Ignored) != 1 || !errors.Is(good.Ignored[0].Err, jwks.ErrPrivate) || good.Issuer != issuer {
			t.Errorf("good fetch: %+v", good)
		}
		if bad.Err == nil || bad.Keys != 0 {
			t.Errorf("bad fetch: %+v", bad)
		}
		if s := k.Status(); s.Keys != 1 || s.Ignored != 1 || s.Fetches != 2 || s.Failures != 1 || !s.Failing || !s.Usable {
			t.Errorf("status: %+v", s)
		}
	})
}

// Who joins an attempt that began before the key was published has the issuer
// asked again: the answer proves nothing about a key that came later.
func TestJoinedAttemptProvesNoAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		p.answer = func(w http.ResponseWriter, _ *http.Request) {
			kids := keySet("a")
			time.Sleep(5 * time.Second)
			document(w, kids)
		}
		k := p.keys(t)
		var wg sync.WaitGroup
		wg.Go(func() { mustFind(t, k, "a") })
		synctest.Wait()
		p.set(func(p *provider) { p.answer, p.kids = nil, []string{"a", "new"} })
		wg.Go(func() { mustFind(t, k, "new") })
		wg.Wait()
	})
}
