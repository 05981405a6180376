package remote

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/edgeward/edgeward/jwks"
)

// timeout bounds one attempt, metadata and key set together.
const timeout = 10 * time.Second

// A flight is one attempt to fetch. All who need its outcome wait for it, but
// it belongs to none of them: a caller who gives up does not end it for the
// others.
type flight struct {
	ticket jwks.Ticket
	cause  jwks.Cause
	want   jwks.Wanted // what a token asked for; zero when none did
	began  time.Time
	done   chan struct{} // closed when the outcome is installed
}

// wait returns when the flight is over, or with ctx's error before.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask returns the attempt under way, or a new one by schedule, or nil when the
// brake forbids one.
func (k *Keys) ask(now time.Time) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.begin(jwks.Schedule, jwks.Wanted{}, now)
}

// begin is ask for a cause, with k.mu held.
func (k *Keys) begin(c jwks.Cause, w jwks.Wanted, now time.Time) *flight {
	if k.flight != nil {
		return k.flight
	}
	ticket, ok := k.fresh.Begin(c, now)
	if !ok {
		return nil
	}
	k.flight = &flight{ticket, c, w, now, make(chan struct{})}
	go k.fly(k.flight)
	return k.flight
}

// fly fetches, installs the outcome, and releases who waits.
func (k *Keys) fly(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	got, err := k.load(ctx)
	k.land(f, got, err)
	if k.config.Observe != nil {
		k.config.Observe(Fetch{
			Issuer: k.config.Issuer, Took: k.config.Now().Sub(f.began),
			Keys: got.set.Len(), Ignored: got.ignored, Note: got.note, Err: err,
		})
	}
}

// loaded is what an attempt brought. set is never nil.
type loaded struct {
	set     *jwks.Set
	ignored []jwks.Ignored
	note    string
	maxAge  time.Duration
}

// load fetches and parses. Whatever an issuer sends, it must not end the
// process, so a panic is an error like any other.
func (k *Keys) load(ctx context.Context) (got loaded, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("remote: reading the key set panicked: %v", p)
		}
	}()
	got.set = new(jwks.Set)
	body, header, err := k.fetcher.keySet(ctx)
	if err != nil {
		return got, err
	}
	set, ignored, err := jwks.Parse(body, k.config.Importer)
	got.ignored = ignored
	if err != nil {
		return got, err
	}
	got.set, got.maxAge = set, jwks.MaxAge(header.Get("Cache-Control"))
	got.note = note(k.config.Algorithms, set.Keys(), k.fetcher.found.algorithms)
	return got, nil
}

// land installs the outcome of f. On an error the last good set stays.
func (k *Keys) land(f *flight, got loaded, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := k.current.Load().set
	if err != nil {
		k.fresh.Fail(f.ticket)
	} else {
		if k.fresh.Succeed(f.ticket, f.began, got.maxAge) {
			set = got.set.Adopt(set)
		}
		k.fresh.Answered(f.cause, set, f.want, f.began)
	}
	k.counts.add(f, got, err)
	k.current.Store(&snapshot{set, k.fresh.Term(rand.Float64()), err})
	k.flight = nil
	close(f.done)
}
