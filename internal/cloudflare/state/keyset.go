package state

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
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

const (
	wellKnown      = "/.well-known/openid-configuration"
	serverMetadata = "/.well-known/oauth-authorization-server"
	// peek is how long a task pauses before it looks whether another one's
	// attempt has landed; no task may wait for another one's I/O.
	peek = 20 * time.Millisecond
	// patience bounds that wait.
	patience = 12 * time.Second
	// maxJoins is how many attempts of others a task waits for before its own.
	maxJoins = 2
	// kept is how long Workers KV keeps a key set for other instances.
	kept = jwks.HardCap
)

// A KeySet is one issuer's keys, kept in the instance, in front of Workers KV,
// in front of the issuer. It implements [jwks.Keys] for the tasks of one
// instance.
type KeySet struct {
	Issuer     string
	JWKSURI    string // "" means discovered
	Metadata   string // where that is; "" means below Issuer
	Algorithms []jwt.Algorithm
	Copies     Copies // the zero value: this instance asks the issuer itself
	Now        func() time.Time
	Log        func(line string) // nil prints, which the driver logs

	fresh  jwks.Freshness
	set    *jwks.Set
	term   jwks.Term
	err    error
	flying bool
}

var (
	errAlgorithm = fmt.Errorf("state: the algorithm is not allowed for the issuer: %w", edgeward.TokenAlgorithm)
	errBraked    = fmt.Errorf("state: the set has no key for the token, and the issuer was asked for another less than %v ago", jwks.Brake)
)

// Holds implements [jwks.Keys].
func (k *KeySet) Holds(key *jwt.Key, now time.Time) bool {
	return now.Before(k.term.Until) && k.set.Holds(key)
}

// Key implements [jwks.Keys]: the rules are those of [jwks.Freshness], as jwks/remote
// keeps them.
func (k *KeySet) Key(ctx context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	if !slices.Contains(k.Algorithms, alg) {
		return nil, errAlgorithm
	}
	if k.set == nil {
		k.set = new(jwks.Set)
	}
	now := k.Now()
	key, err := k.set.Select(kid, hasKid, alg)
	if now.Before(k.term.Until) && !jwks.Missing(err) {
		if !now.Before(k.term.Refresh) && !k.flying {
			k.ask(ctx, jwks.Schedule, jwks.Wanted{}, nil) // this task pays for all others
		}
		return k.chosen(key, err)
	}
	verdict, err := k.inquire(ctx, jwks.Want(kid, hasKid, alg))
	if err != nil {
		return nil, k.unavailable(ctx, err)
	}
	if !k.Now().Before(k.term.Dead) {
		return nil, k.unavailable(ctx, k.err)
	}
	key, err = k.set.Select(kid, hasKid, alg)
	switch {
	case !jwks.Missing(err), errors.Is(err, jwks.ErrContested):
		return k.chosen(key, err)
	case verdict == jwks.Refuse || verdict == jwks.Ask && !k.term.Failing:
		return nil, err
	}
	return nil, k.unavailable(ctx, k.err)
}

// inquire sees to it that the issuer is asked for what is wanted, if it may be.
// The verdict is Ask when it was asked for this very key; another task's attempt
// proves nothing about that.
func (k *KeySet) inquire(ctx context.Context, w jwks.Wanted) (jwks.Verdict, error) {
	for range maxJoins {
		if !k.flying {
			return k.consult(ctx, w), nil
		}
		if err := k.wait(ctx); err != nil {
			return jwks.CouldNotTell, err
		}
		if k.term.Failing || !k.set.Lacks(w) {
			break
		}
	}
	if k.flying || k.term.Failing || !k.set.Lacks(w) {
		return jwks.CouldNotTell, nil
	}
	return k.consult(ctx, w), nil
}

// consult asks for what is wanted, where the rules allow.
func (k *KeySet) consult(ctx context.Context, w jwks.Wanted) jwks.Verdict {
	now, c := k.Now(), jwks.CauseOf(ctx)
	var suits func(*jwks.Set) bool // what KV holds may be as old as ours
	if !now.Before(k.term.Until) {
		c, suits = jwks.Schedule, func(s *jwks.Set) bool { return !s.Lacks(w) } // nor may a copy deny a key
	} else if verdict := k.fresh.Unknown(c, w, now); verdict != jwks.Ask {
		return verdict
	}
	if !k.ask(ctx, c, w, suits) {
		return jwks.CouldNotTell
	}
	return jwks.Ask
}

// chosen passes on what a set said about a token. A contested kid is the
// issuer's to set right.
func (k *KeySet) chosen(key *jwt.Key, err error) (*jwt.Key, error) {
	if errors.Is(err, jwks.ErrContested) {
		return nil, &edgeward.UnavailableError{What: "key set of " + k.Issuer, RetryAfter: jwks.Brake, Err: err}
	}
	return key, err
}

// wait returns when the attempt under way has landed.
func (k *KeySet) wait(ctx context.Context) error {
	for waited := time.Duration(0); k.flying && waited < patience; waited += peek {
		if _, err := runtime.Perform(ctx, "pause", strconv.FormatInt(peek.Milliseconds(), 10)); err != nil {
			return err
		}
	}
	return nil
}

func (k *KeySet) unavailable(ctx context.Context, err error) error {
	if err == nil {
		err = errBraked
	}
	return &edgeward.UnavailableError{
		What: "key set of " + k.Issuer, RetryAfter: max(k.fresh.Wait(jwks.CauseOf(ctx), k.Now()), time.Second), Err: err,
	}
}

// ask begins an attempt, where the brake allows one, and reports whether it did.
// A set that KV holds will do where suits says so; nil is for the issuer's alone.
func (k *KeySet) ask(ctx context.Context, c jwks.Cause, w jwks.Wanted, suits func(*jwks.Set) bool) bool {
	now := k.Now()
	ticket, ok := k.fresh.Begin(c, now)
	if !ok {
		return false
	}
	k.flying = true
	defer func() { k.flying = false }()
	set, began, ttl, err := k.load(ctx, now, suits)
	if err != nil {
		k.fresh.Fail(ticket)
	} else {
		if k.fresh.Succeed(ticket, began, ttl) {
			k.set = set.Adopt(k.set)
		}
		k.fresh.Answered(c, k.set, w, now)
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
	set, ignored, err := jwks.Parse(body, runtime.ImportKey)
	k.report(ignored)
	if err != nil {
		return nil, now, 0, err
	}
	k.toKV(ctx, now, ttl, body)
	return set, now, ttl, nil
}

// report logs what was left out of a set that the issuer sent, as the gateway
// does.
func (k *KeySet) report(ignored []jwks.Ignored) {
	for _, i := range ignored {
		line := fmt.Sprintf("key ignored, issuer %q, kid %q: %q\n", k.Issuer, i.KeyID, i.Err)
		if k.Log != nil {
			k.Log(line)
		} else {
			print(line)
		}
	}
}

// fromIssuer fetches the key set, after the metadata where its place is not
// known.
func (k *KeySet) fromIssuer(ctx context.Context) ([]byte, time.Duration, error) {
	uri := k.JWKSURI
	if uri == "" {
		about, err := k.metadata(ctx)
		if err != nil {
			return nil, 0, err
		}
		if uri, err = k.discovered(about); err != nil {
			return nil, 0, err
		}
	}
	return fetchJSON(ctx, uri)
}

// metadata fetches the OpenID metadata, or where there is none that of RFC 8414
// §3.1, whose place is between host and path of the issuer's name.
func (k *KeySet) metadata(ctx context.Context) ([]byte, error) {
	if k.Metadata != "" {
		about, _, err := fetchJSON(ctx, k.Metadata)
		return about, err
	}
	about, _, err := fetchJSON(ctx, strings.TrimSuffix(k.Issuer, "/")+wellKnown)
	if !errors.Is(err, errNotFound) {
		return about, err
	}
	scheme, rest, _ := strings.Cut(strings.TrimSuffix(k.Issuer, "/"), "://")
	host, path, found := strings.Cut(rest, "/")
	if found {
		path = "/" + path
	}
	about, _, bad := fetchJSON(ctx, scheme+"://"+host+serverMetadata+path)
	if errors.Is(bad, errNotFound) {
		return nil, fmt.Errorf("%w, nor at %s; if the issuer has keys all the same, give their address as jwks_uri", err, serverMetadata)
	}
	return about, bad
}

// discovered returns where metadata says the keys are, if it speaks for the
// issuer (RFC 8414 §3.3).
func (k *KeySet) discovered(about []byte) (string, error) {
	members, err := strictjson.Object(about)
	if err != nil {
		return "", fmt.Errorf("state: metadata of %s: %w", k.Issuer, err)
	}
	issuer, _ := members.Stated("issuer")
	uri, _ := members.Stated("jwks_uri")
	if name, ok := issuer.String(); !ok || name != k.Issuer {
		return "", fmt.Errorf("state: metadata of %s speaks for another issuer", k.Issuer)
	}
	place, ok := uri.String()
	if !ok {
		return "", fmt.Errorf("state: metadata of %s names no key set", k.Issuer)
	}
	return place, nil
}

func (k *KeySet) kvKey() string { return "jwks/" + k.Issuer + " " + k.JWKSURI + k.Metadata }

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
	set, _, err := jwks.Parse([]byte(stored[1]), runtime.ImportKey)
	return set, began, ttl, err == nil
}

// toKV keeps a set for other instances.
func (k *KeySet) toKV(ctx context.Context, now time.Time, ttl time.Duration, body []byte) {
	if ttl == 0 {
		ttl = jwks.DefaultTTL
	}
	k.Copies.put(ctx, k.kvKey(), now, runtime.Frame{strconv.FormatInt(int64(ttl/time.Second), 10), string(body)}, kept)
}
