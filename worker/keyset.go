package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/strictjson"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
)

const (
	wellKnown = "/.well-known/openid-configuration"
	// peek is how long a task pauses before it looks whether another one's
	// attempt has landed; no task may wait for another one's I/O.
	peek = 20 * time.Millisecond
	// patience bounds that wait.
	patience = 12 * time.Second
	// kept is how long Workers KV keeps a key set for other instances.
	kept = jwks.HardCap
)

// A KeySet is one issuer's keys, kept in the instance, in front of Workers KV,
// in front of the issuer. It implements [jwks.Keys] for the tasks of one
// instance.
type KeySet struct {
	Issuer     string
	JWKSURI    string // "" means discovered
	Algorithms []jwt.Algorithm
	Copies     Copies // the zero value: this instance asks the issuer itself
	Now        func() time.Time

	fresh  jwks.Freshness
	set    *jwks.Set
	term   jwks.Term
	err    error
	flying bool
}

var errAlgorithm = fmt.Errorf("worker: the algorithm is not allowed for the issuer: %w", edgeward.TokenAlgorithm)

// Holds implements [jwks.Keys].
func (k *KeySet) Holds(key *jwt.Key, now time.Time) bool {
	return now.Before(k.term.Until) && k.set.Holds(key)
}

// Key implements [jwks.Keys]: the rules are those of [jwks.Freshness].
func (k *KeySet) Key(ctx context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	if !slices.Contains(k.Algorithms, alg) {
		return nil, errAlgorithm
	}
	if k.set == nil {
		k.set = new(jwks.Set)
	}
	now := k.Now()
	key, err := k.set.Select(kid, hasKid, alg)
	serving, unknown := now.Before(k.term.Until), errors.Is(err, jwks.ErrUnknown)
	if serving && !unknown {
		if !now.Before(k.term.Refresh) && !k.flying {
			k.ask(ctx, now, nil) // this task pays for all others
		}
		return key, err
	}
	verdict := jwks.CouldNotTell
	if k.flying {
		if err := k.wait(ctx); err != nil {
			return nil, k.unavailable(err)
		}
	} else if unknown && serving {
		if verdict = k.fresh.Unknown(kid, now); verdict == jwks.Ask {
			k.ask(ctx, now, nil) // what KV holds may be as old as ours
		}
	} else if k.ask(ctx, now, func(s *jwks.Set) bool { // nor may a copy deny a kid
		_, err := s.Select(kid, hasKid, alg)
		return !errors.Is(err, jwks.ErrUnknown)
	}) {
		verdict = jwks.Ask
	}
	return k.settle(verdict, kid, hasKid, alg)
}

// wait returns when the attempt under way has landed.
func (k *KeySet) wait(ctx context.Context) error {
	for waited := time.Duration(0); k.flying && waited < patience; waited += peek {
		if _, err := perform(ctx, "pause", strconv.FormatInt(peek.Milliseconds(), 10)); err != nil {
			return err
		}
	}
	return nil
}

func (k *KeySet) settle(v jwks.Verdict, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	now := k.Now()
	if !now.Before(k.term.Dead) {
		return nil, k.unavailable(k.err)
	}
	key, err := k.set.Select(kid, hasKid, alg)
	switch {
	case !errors.Is(err, jwks.ErrUnknown):
		return key, err
	case v == jwks.Refuse:
		return nil, err
	case k.term.Failing:
		return nil, k.unavailable(k.err)
	case v == jwks.Ask:
		k.fresh.Absent(kid, now)
	}
	return nil, err
}

func (k *KeySet) unavailable(err error) error {
	if err == nil {
		err = errors.New("worker: the key set was not asked for yet")
	}
	return &edgeward.UnavailableError{
		What: "key set of " + k.Issuer, RetryAfter: max(k.fresh.Wait(k.Now()), time.Second), Err: err,
	}
}

// ask begins an attempt, where the brake allows one, and reports whether it did.
// A set that KV holds will do where suits says so; nil is for the issuer's alone.
func (k *KeySet) ask(ctx context.Context, now time.Time, suits func(*jwks.Set) bool) bool {
	ticket, ok := k.fresh.Begin(now)
	if !ok {
		return false
	}
	k.flying = true
	defer func() { k.flying = false }()
	set, began, ttl, err := k.load(ctx, now, suits)
	if err != nil {
		k.fresh.Fail(ticket)
	} else if k.fresh.Succeed(ticket, began, ttl) {
		k.set = set.Adopt(k.set)
	}
	k.term, k.err = k.fresh.Term(rand.Float64()), err
	return true
}

func (k *KeySet) load(ctx context.Context, now time.Time, suits func(*jwks.Set) bool) (*jwks.Set, time.Time, time.Duration, error) {
	if suits != nil {
		if set, began, ttl, ok := k.fromKV(ctx, now); ok && suits(set) {
			return set, began, ttl, nil
		}
	}
	body, ttl, err := k.fromIssuer(ctx)
	if err != nil {
		return nil, now, 0, err
	}
	set, _, err := jwks.Parse(body, importKey)
	if err != nil {
		return nil, now, 0, err
	}
	k.toKV(ctx, now, ttl, body)
	return set, now, ttl, nil
}

// fromIssuer fetches the key set, after the metadata where its place is not
// known.
func (k *KeySet) fromIssuer(ctx context.Context) ([]byte, time.Duration, error) {
	uri := k.JWKSURI
	if uri == "" {
		about, _, err := fetchJSON(ctx, strings.TrimSuffix(k.Issuer, "/")+wellKnown)
		if err != nil {
			return nil, 0, err
		}
		if uri, err = k.discovered(about); err != nil {
			return nil, 0, err
		}
	}
	return fetchJSON(ctx, uri)
}

// discovered returns where metadata says the keys are, if it speaks for the
// issuer (RFC 8414 §3.3).
func (k *KeySet) discovered(about []byte) (string, error) {
	members, err := strictjson.Object(about)
	if err != nil {
		return "", fmt.Errorf("worker: metadata of %s: %w", k.Issuer, err)
	}
	issuer, _ := members.Lookup("issuer")
	uri, _ := members.Lookup("jwks_uri")
	if name, ok := issuer.String(); !ok || name != k.Issuer {
		return "", fmt.Errorf("worker: metadata of %s speaks for another issuer", k.Issuer)
	}
	place, ok := uri.String()
	if !ok {
		return "", fmt.Errorf("worker: metadata of %s names no key set", k.Issuer)
	}
	return place, nil
}

func fetchJSON(ctx context.Context, url string) ([]byte, time.Duration, error) {
	r, err := Fetcher{}.Fetch(ctx, login.FetchRequest{Method: "GET", URL: url, Header: edgeward.Header{"Accept": {"application/json"}}})
	if err != nil {
		return nil, 0, err
	}
	media, _, _ := strings.Cut(r.Header.First("Content-Type"), ";")
	media = strings.TrimSpace(media)
	switch {
	case r.Status != 200:
		return nil, 0, fmt.Errorf("worker: fetch: status %d", r.Status)
	case media != "application/json" && !(strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")):
		return nil, 0, errors.New("worker: fetch: not JSON")
	case len(r.Body) > jwks.MaxSize:
		return nil, 0, errors.New("worker: fetch: too large")
	}
	return r.Body, jwks.MaxAge(r.Header.First("Cache-Control")), nil
}

func (k *KeySet) kvKey() string { return "jwks/" + k.Issuer + " " + k.JWKSURI }

// fromKV returns a set that another instance has fetched, while it is fresh. KV
// may be a minute behind, and a key that is gone lives that much longer: less
// than a key set's shortest life.
func (k *KeySet) fromKV(ctx context.Context, now time.Time) (*jwks.Set, time.Time, time.Duration, bool) {
	stored, began, ok := k.Copies.get(ctx, k.kvKey(), now, kept)
	if !ok || len(stored) != 2 {
		return nil, now, 0, false
	}
	seconds, err := strconv.ParseInt(stored[0], 10, 64)
	ttl := time.Duration(seconds) * time.Second
	if err != nil || !now.Before(began.Add(max(ttl, jwks.MinTTL))) {
		return nil, now, 0, false
	}
	set, _, err := jwks.Parse([]byte(stored[1]), importKey)
	return set, began, ttl, err == nil
}

// toKV keeps a set for other instances.
func (k *KeySet) toKV(ctx context.Context, now time.Time, ttl time.Duration, body []byte) {
	if ttl == 0 {
		ttl = jwks.DefaultTTL
	}
	k.Copies.put(ctx, k.kvKey(), now, Frame{strconv.FormatInt(int64(ttl/time.Second), 10), string(body)}, kept)
}
