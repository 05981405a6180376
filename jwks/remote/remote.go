// Package remote fetches the key set of one issuer over HTTP and keeps it
// fresh, by the rules of [jwks.Freshness].
//
// Three promises shape it. A known key is answered from memory without a lock.
// No client decides when to fetch: however many random kids arrive, they cause at
// most one fetch in [jwks.Brake], and keep neither a scheduled fetch nor a
// sign-in's from being made. And trouble at the issuer never
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
	// MetadataURL is where the metadata is, which has to name the issuer wherever it is; ""
	// is the usual place below Issuer. It is not asked with JWKSURI.
	MetadataURL string
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
	Keys    int            // usable keys
	Ignored []jwks.Ignored // also of a set that was refused
	Note    string         // why no token can match although all went well; "" when some can
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
// An unknown kid is refused only when the issuer was asked for it and heard, at
// most [jwks.Brake] ago. When the brake keeps us from asking, or the last attempt
// failed, the kid may be that of a key published since, so it could not be told:
// an [edgeward.UnavailableError].
func (k *Keys) Key(ctx context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	if !slices.Contains(k.config.Algorithms, alg) {
		return nil, errAlgorithm
	}
	now := k.config.Now()
	s := k.current.Load()
	key, err := s.set.Select(kid, hasKid, alg)
	if now.Before(s.term.Until) && !jwks.Missing(err) {
		if !now.Before(s.term.Refresh) {
			k.ask(now) // and do not wait
		}
		return k.chosen(key, err)
	}
	verdict, err := k.inquire(ctx, jwks.Want(kid, hasKid, alg))
	if err != nil {
		return nil, k.unavailable(ctx, err)
	}
	s = k.current.Load()
	if !k.config.Now().Before(s.term.Dead) {
		return nil, k.unavailable(ctx, s.err)
	}
	key, err = s.set.Select(kid, hasKid, alg)
	switch {
	case !jwks.Missing(err), errors.Is(err, jwks.ErrContested):
		return k.chosen(key, err)
	case verdict == jwks.Refuse || verdict == jwks.Ask && !s.term.Failing:
		return nil, err
	}
	return nil, k.unavailable(ctx, s.err)
}

// maxJoins is how many attempts of others a caller waits for before its own.
const maxJoins = 2

// inquire sees to it that the issuer is asked for what is wanted, if it may be,
// and returns when nothing is left to wait for. The verdict is Ask when the
// issuer was asked for this very key. An attempt that was under way already may
// have been answered before the key was published, and proves nothing about it.
func (k *Keys) inquire(ctx context.Context, w jwks.Wanted) (jwks.Verdict, error) {
	for range maxJoins + 1 {
		f, verdict := k.consult(jwks.CauseOf(ctx), w, k.config.Now())
		if f == nil {
			return verdict, nil
		}
		if err := f.wait(ctx); err != nil {
			return jwks.CouldNotTell, err
		}
		if s := k.current.Load(); verdict == jwks.Ask || s.term.Failing || !s.set.Lacks(w) {
			return verdict, nil
		}
	}
	return jwks.CouldNotTell, nil
}

// consult returns the attempt to wait for, nil when there is none.
func (k *Keys) consult(c jwks.Cause, w jwks.Wanted, now time.Time) (*flight, jwks.Verdict) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight != nil {
		return k.flight, jwks.CouldNotTell
	}
	if s := k.current.Load(); !now.Before(s.term.Until) {
		c = jwks.Schedule // without a set that serves, every token asks for one
	} else if verdict := k.fresh.Unknown(c, w, now); verdict != jwks.Ask {
		return nil, verdict
	}
	f := k.begin(c, w, now)
	if f == nil {
		return nil, jwks.CouldNotTell
	}
	return f, jwks.Ask
}

// chosen passes on what a set said about a token. A contested kid is the
// issuer's to set right.
func (k *Keys) chosen(key *jwt.Key, err error) (*jwt.Key, error) {
	if errors.Is(err, jwks.ErrContested) {
		return nil, &edgeward.UnavailableError{What: "key set of " + k.config.Issuer, RetryAfter: jwks.Brake, Err: err}
	}
	return key, err
}

var errBraked = fmt.Errorf("remote: the set has no key for the token, and the issuer was asked for another less than %v ago", jwks.Brake)

// unavailable says that nothing can be known, and when to ask again.
func (k *Keys) unavailable(ctx context.Context, err error) error {
	if err == nil {
		err = errBraked
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return &edgeward.UnavailableError{
		What:       "key set of " + k.config.Issuer,
		RetryAfter: max(k.fresh.Wait(jwks.CauseOf(ctx), k.config.Now()), time.Second),
		Err:        err,
	}
}
