package remote_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// Stale keys serve because of an error, not because nobody asked: when the
// provider is back, the first request after a quiet night hears of it.
func TestStaleKeysDoNotOutliveTheTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a", "b")
		k := p.keys(t)
		mustFind(t, k, "a")
		p.set(func(p *provider) { p.answer = down })
		time.Sleep(2 * time.Hour)
		mustFind(t, k, "a")
		p.set(func(p *provider) { p.answer, p.kids = nil, []string{"b"} })
		time.Sleep(8 * time.Hour)
		wantReason(t, k, "a", edgeward.TokenKey)
	})
}

// With the provider down, known keys go on working up to the hard cap and no
// further; unknown ones cannot be told; nothing is ever answered 401 for the
// provider's trouble.
func TestProviderDown(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{"down": down, "hanging": hang} {
		for _, running := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, run %v", name, running), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testProviderDown(t, answer, running) })
			})
		}
	}
}

func testProviderDown(t *testing.T, answer http.HandlerFunc, running bool) {
	p := serve(t, "a")
	k := p.keys(t)
	a := mustFind(t, k, "a")
	born := time.Now()
	if running {
		run(t, k)
	}
	p.set(func(p *provider) { p.answer = answer })
	for time.Since(born) < jwks.HardCap-time.Minute {
		time.Sleep(30 * time.Second)
		mustFind(t, k, "a")
		if running && !k.Holds(a, time.Now()) {
			t.Fatalf("after %v a cached verification is thrown away", time.Since(born))
		}
		if time.Since(born) > 2*time.Hour {
			wantReason(t, k, "b", edgeward.Unavailable)
		}
	}
	if s := k.Status(); !s.Loaded || !s.Usable || !s.Failing || s.LastError == nil || s.Failures == 0 {
		t.Errorf("status: %+v", s)
	}
	time.Sleep(2 * time.Minute)
	if k.Holds(a, time.Now()) || k.Holds(a, born.Add(jwks.HardCap)) {
		t.Error("a key is held beyond the hard cap")
	}
	wantReason(t, k, "a", edgeward.Unavailable)
	wantReason(t, k, "b", edgeward.Unavailable)
	if s := k.Status(); s.Usable || !s.Loaded {
		t.Errorf("status: %+v", s)
	}
	p.set(func(p *provider) { p.answer = nil })
	time.Sleep(6 * time.Minute)
	if mustFind(t, k, "a") != a {
		t.Error("the same key came back as another")
	}
	if s := k.Status(); s.Failing || s.LastError != nil {
		t.Errorf("status: %+v", s)
	}
}

// Cold and unreachable: nobody can tell, and the provider is not flooded.
func TestColdAndUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		p.answer = down
		k := p.keys(t)
		for range 100 {
			wantReason(t, k, "a", edgeward.Unavailable)
		}
		if got := p.fetched(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
		if s := k.Status(); s.Loaded || s.Usable || !s.Failing {
			t.Errorf("status: %+v", s)
		}
		p.set(func(p *provider) { p.answer = nil })
		time.Sleep(jwks.Brake)
		mustFind(t, k, "a")
	})
}

// A set that hangs or drips is given up after ten seconds.
func TestSlowProviderIsGivenUp(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"hangs": hang,
		"drips": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := serve(t, "a")
				p.answer = answer
				k := p.keys(t)
				began := time.Now()
				wantReason(t, k, "a", edgeward.Unavailable)
				if got := time.Since(began); got != 10*time.Second {
					t.Errorf("given up after %v", got)
				}
				time.Sleep(time.Minute) // the dripping handler notices
			})
		})
	}
}

// An importer that panics is an error like any other.
func TestPanicIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		k := p.keys(t, func(c *remote.Config) {
			c.Importer = func(*jwks.JWK) (jwt.PublicKey, error) { panic("broken") }
		})
		wantReason(t, k, "a", edgeward.Unavailable)
	})
}

// There is one attempt at a time, even when a transport ignores its deadline.
func TestAttemptsDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &deaf{Handler: as("application/json", keySet("a"))}
		k, err := remote.New(remote.Config{
			Issuer: issuer, JWKSURI: issuer, Transport: slow,
			Algorithms: []jwt.Algorithm{jwt.EdDSA}, Importer: stdcrypto.Import,
		})
		if err != nil {
			t.Fatal(err)
		}
		mustFind(t, k, "a")
		time.Sleep(jwks.DefaultTTL * 92 / 100) // past the point of refresh
		slow.pause = 2 * time.Minute
		for range 4 {
			mustFind(t, k, "a")
			time.Sleep(jwks.Brake)
		}
		if n := slow.requests.Load(); n != 2 {
			t.Errorf("%d requests, want the first and one for the refresh", n)
		}
	})
}

// A deaf transport answers after a pause and does not look at contexts.
type deaf struct {
	http.Handler
	pause    time.Duration
	requests atomic.Int32
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	d.requests.Add(1)
	time.Sleep(d.pause)
	return inMemory{d.Handler}.RoundTrip(r)
}
