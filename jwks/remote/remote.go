// Package remote fetches the key set of one issuer over HTTP and keeps it
// fresh, by the rules of [jwks.Freshness].
//
// Three promises shape it. A known key is answered from memory without a lock.
// No client decides when to fetch: however many random kids arrive, the issuer
// is asked at most once in [jwks.Brake]. And trouble at the issuer never
// becomes a statement about a token: known keys go on working up to
// [jwks.HardCap], and whatever cannot be known meanwhile is an
// [edgeward.UnavailableError], a 503, never a 401.
package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// Config says whose keys to fetch and from where.
type Config struct {
	// Issuer is the exact iss of the tokens. Unless JWKSURI is set it is also
	// the URL below which the metadata lies.
	Issuer string
	// JWKSURI is the URL of the key set; "" means: ask the issuer's metadata
	// (OpenID Connect Discovery §4).
	JWKSURI string
	// Algorithms may be used with the keys; none means RS256. HMAC is refused.
	Algorithms []jwt.Algorithm

	// Importer makes the keys usable: jwks/stdcrypto's.
	Importer jwks.Importer
	// RootCAs are believed when the issuer is reached by TLS; nil means the system's.
	RootCAs *x509.CertPool
	// Transport replaces the package's own, and with it the guard against
	// metadata that points at private addresses. Nil is right but in tests.
	Transport http.RoundTripper
	// Now is the clock, a monotonic one; nil means time.Now.
	Now func() time.Time
	// Observe, when set, is told of each attempt once it has ended. It must not block.
	Observe func(Fetch)
}

// A Fetch is the outcome of one attempt.
type Fetch struct {
	Issuer  string
	Took    time.Duration
	Keys    int            // usable keys, counting each algorithm of a key
	Ignored []jwks.Ignored // also of a set that was refused
	Err     error          // nil when a set was installed
}

// Keys are the keys of one issuer. They implement [jwks.Keys] and are safe for
// concurrent use. Nothing is fetched before the first [Keys.Key] or [Keys.Run].
type Keys struct {
	config  Config
	fetcher *fetcher
	current atomic.Pointer[snapshot]

	mu     sync.Mutex // never held while waiting
	fresh  jwks.Freshness
	flight *flight // the attempt under way, or nil
	counts counts
}

var _ jwks.Keys = (*Keys)(nil)

// A snapshot is what lookups see. It is immutable.
type snapshot struct {
	set  *jwks.Set
	term jwks.Term
	err  error // of the last attempt
}

var errAlgorithm = fmt.Errorf("remote: the algorithm is not allowed for the issuer: %w", edgeward.TokenAlgorithm)

// New checks config and returns its keys, not yet fetched.
func New(config Config) (*Keys, error) {
	if config.Issuer == "" || config.Importer == nil {
		return nil, errors.New("remote: an issuer and an importer are needed")
	}
	if len(config.Algorithms) == 0 {
		config.Algorithms = []jwt.Algorithm{jwt.RS256}
	}
	for _, alg := range config.Algorithms {
		// A public key as HMAC secret (CVE-2023-48223) dies here at the latest.
		if !alg.Known() || alg.Symmetric() {
			return nil, fmt.Errorf("remote: %q cannot be used with fetched keys", alg)
		}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	f, err := newFetcher(config)
	if err != nil {
		return nil, err
	}
	k := &Keys{config: config, fetcher: f}
	k.current.Store(&snapshot{set: new(jwks.Set), err: errors.New("remote: not asked yet")})
	return k, nil
}

// Holds implements [jwks.Keys].
func (k *Keys) Holds(key *jwt.Key, now time.Time) bool {
	s := k.current.Load()
	return now.Before(s.term.Until) && s.set.Holds(key)
}

// Key implements [jwks.Keys]. A key of a set that may serve is returned at
// once. For an unknown kid, or without such a set, the issuer is asked if the
// brake allows, or the attempt under way is awaited.
//
// An unknown kid is refused only when the issuer was heard: its answer is at
// most [jwks.Brake] old. When the last attempt failed, the kid may be that of
// a key published since, so it could not be told: an [edgeward.UnavailableError].
func (k *Keys) Key(ctx context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	if !slices.Contains(k.config.Algorithms, alg) {
		return nil, errAlgorithm
	}
	now := k.config.Now()
	s := k.current.Load()
	key, err := s.set.Select(kid, hasKid, alg)
	serving, unknown := now.Before(s.term.Until), errors.Is(err, jwks.ErrUnknown)
	if serving && !unknown {
		if !now.Before(s.term.Refresh) {
			k.ask(now) // and do not wait
		}
		return key, err
	}
	f, verdict := k.consult(kid, unknown && serving, now)
	if f != nil {
		if err := f.wait(ctx); err != nil {
			return nil, k.unavailable(err)
		}
	}
	return k.settle(verdict, kid, hasKid, alg)
}

// consult returns the attempt to wait for, nil when there is none. For a kid
// that a serving set does not know it asks the rules first. Only who starts an
// attempt gets the verdict Ask: one that was under way already may have been
// answered before the kid came into being, and proves nothing about it.
func (k *Keys) consult(kid string, unknown bool, now time.Time) (*flight, jwks.Verdict) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight != nil {
		return k.flight, jwks.CouldNotTell
	}
	if unknown {
		if verdict := k.fresh.Unknown(kid, now); verdict != jwks.Ask {
			return nil, verdict
		}
	}
	f := k.begin(now)
	if f == nil {
		return nil, jwks.CouldNotTell
	}
	return f, jwks.Ask
}

// settle answers from the set that is current by now: an attempt that landed
// since the first look may have brought the key.
func (k *Keys) settle(v jwks.Verdict, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	now := k.config.Now()
	s := k.current.Load()
	if !now.Before(s.term.Dead) {
		return nil, k.unavailable(s.err)
	}
	key, err := s.set.Select(kid, hasKid, alg)
	switch {
	case !errors.Is(err, jwks.ErrUnknown):
		return key, err
	case v == jwks.Refuse:
		return nil, err
	case s.term.Failing:
		return nil, k.unavailable(s.err)
	case v == jwks.Ask:
		k.absent(kid, now)
	}
	return nil, err
}

func (k *Keys) absent(kid string, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fresh.Absent(kid, now)
}

// unavailable says that nothing can be known, and when to ask again.
func (k *Keys) unavailable(err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &edgeward.UnavailableError{
		What:       "key set of " + k.config.Issuer,
		RetryAfter: max(k.fresh.Wait(k.config.Now()), time.Second),
		Err:        err,
	}
}
