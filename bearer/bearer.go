// Package bearer proves identities from JWT access tokens (RFC 6750, RFC 9068)
// that an issuer signed and anybody with its public keys can verify.
//
// Verification is local. The token's iss picks the issuer from the
// configuration, as a map key and nothing else; the issuer's key set supplies
// the key; the signature is verified; and only then do the issuer's rules judge
// the claims. A verification is remembered for a short while, and what can
// change in the meantime is asked again on every hit: the clock, and whether
// the key is still in the issuer's set. Authorization is never remembered.
package bearer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// Method is what an [edgeward.Identity] proved here says of how it was proved,
// unless [Issuer.Method] says else, and the strategy's name in routes.
const Method = "bearer"

// DefaultCacheBytes bounds the verified-token cache unless Config says else:
// about 25,000 tokens of ordinary size.
const DefaultCacheBytes = 64 << 20

// An Issuer is a party whose tokens are accepted. There may be several of one
// name, told apart by algorithm: while an issuer goes over from a shared secret
// to key pairs it signs with both. Each has its own keys, so that no key is ever
// used with an algorithm of the other's (RFC 8725 §3.1).
type Issuer struct {
	Rules      jwt.Rules       // Rules.Issuer is the exact iss
	Algorithms []jwt.Algorithm // what it may sign with; a token's own alg never widens this
	Keys       jwks.Keys
	// SignedIn lets auth_time stand for when a credential was issued. It is for
	// our own tokens: one that a refresh minted after "log out everywhere" dies
	// with the login that it descends from.
	SignedIn bool
	// SinceClaim is the claim that says so instead, with SignedIn, in a token that has
	// it: there auth_time says when the user authenticated, as everywhere else.
	SinceClaim string
	// HostClaim is the claim that binds a token to one host, a name without a port:
	// at others, and at none, it proves no one. "" means that no claim does.
	HostClaim string
	// Claims says what of the claims is known of a user and what they permit. With a
	// Subject, sub may be absent, and revocations name what is in its place.
	Claims claim.Map
	// PermissionClaims are those of [PermissionClaims] whose values are permissions as
	// they are, beside what Claims permits: a string of values between spaces, or an
	// array of strings. A token in which one of them is of another form is refused. nil
	// means all of them but that of Claims.Permissions; empty, none.
	PermissionClaims []string
	// Accounts are those of the users of our own tokens; nil for another issuer.
	Accounts *Accounts
	// Method is what its identities say of how they were proved; "" means
	// [Method].
	Method string
}

// Config is what a Verifier accepts. The zero value accepts nothing.
type Config struct {
	Issuers    []Issuer
	CacheBytes int              // 0 means DefaultCacheBytes; negative means no cache
	Now        func() time.Time // nil means time.Now
	// Noted is called for each claim of a token, once it is verified, whose form gives
	// nothing, and not again while the verification is remembered. It must be safe for
	// concurrent use and must not block; nil means: nothing is said.
	Noted func(issuer string, n claim.Note)
}

// A Verifier implements [edgeward.Verifier] for JWTs. It is safe for concurrent
// use; a new configuration is a new Verifier.
type Verifier struct {
	issuers map[string][]*Issuer // no two of one name have an algorithm in common
	cache   *cache.Cache[*verification]
	now     func() time.Time
	noted   func(string, claim.Note)
}

// New checks cfg and returns its Verifier.
func New(cfg Config) (*Verifier, error) {
	v := &Verifier{issuers: make(map[string][]*Issuer, len(cfg.Issuers)), now: cfg.Now, noted: cfg.Noted}
	for _, issuer := range cfg.Issuers {
		name := issuer.Rules.Issuer
		switch {
		case issuer.Keys == nil:
			return nil, fmt.Errorf("bearer: issuer %q has no keys", name)
		case len(issuer.Algorithms) == 0:
			return nil, fmt.Errorf("bearer: issuer %q allows no algorithm", name)
		}
		if err := issuer.Claims.Check(); err != nil {
			return nil, fmt.Errorf("bearer: issuer %q: %w", name, err)
		}
		for _, counted := range issuer.PermissionClaims {
			if !slices.Contains(permissionClaims[:], counted) {
				return nil, fmt.Errorf("bearer: issuer %q: the values of claim %q are no permissions", name, counted)
			}
		}
		issuer.PermissionClaims = issuer.counted()
		if !issuer.Claims.Subject.IsZero() {
			issuer.Rules.Subjectless = true
		}
		for _, alg := range issuer.Algorithms {
			if byAlgorithm(v.issuers[name], alg) != nil {
				return nil, fmt.Errorf("bearer: issuer %q is configured twice for %s", name, alg)
			}
		}
		v.issuers[name] = append(v.issuers[name], &issuer)
	}
	if v.now == nil {
		v.now = time.Now
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	v.cache = cache.New[*verification](cfg.CacheBytes, 0)
	return v, nil
}

// byAlgorithm returns the one that may sign with alg, or nil.
func byAlgorithm(all []*Issuer, alg jwt.Algorithm) *Issuer {
	for _, i := range all {
		if slices.Contains(i.Algorithms, alg) {
			return i
		}
	}
	return nil
}

// Verify implements [edgeward.Verifier].
func (v *Verifier) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	genuine, err := v.genuine(ctx, c.Value.Reveal())
	if err != nil {
		return nil, err
	}
	if err := genuine.at(r); err != nil {
		return nil, err
	}
	return genuine.identity, nil
}

// at refuses what is bound to another host than that of r. It is asked each time:
// what is remembered is the same for all hosts.
func (v *verification) at(r *edgeward.Request) error {
	if v.host == "" || r != nil && canonical.Hostname(r.Host) == v.host {
		return nil
	}
	return fmt.Errorf("bearer: the token is for host %q alone: %w", v.host, edgeward.TokenAudience)
}

// genuine returns the verification of a token, maybe a remembered one.
func (v *Verifier) genuine(ctx context.Context, token string) (*verification, error) {
	now := v.now()
	if known := v.cache.Find(token, now); known != nil {
		if known.holds(now) && !known.superseded() {
			return known, nil
		}
		v.cache.Forget(token) // the walk below finds out why, with today's keys
	}
	for range 2 { // who hears of a loss reads the account again, which says so already
		fresh, err := v.verify(ctx, token, now)
		if err != nil {
			return nil, err
		}
		if !fresh.superseded() {
			v.remember(token, fresh, now)
			return fresh, nil
		}
		if !fresh.read {
			break
		}
	}
	return nil, errSuperseded
}

// holds asks again what time can change about a verification.
func (v *verification) holds(now time.Time) bool {
	return v.issuer.Rules.CheckTime(v.expires, v.notBefore, now) == nil && v.issuer.Keys.Holds(v.key, now)
}

// verify walks the whole way.
func (v *Verifier) verify(ctx context.Context, token string, now time.Time) (*verification, error) {
	unverified, err := jwt.Parse(token)
	if err != nil {
		return nil, err
	}
	header, claims := &unverified.Header, &unverified.Claims
	named := v.issuers[claims.Issuer]
	if len(named) == 0 {
		return nil, fmt.Errorf("bearer: iss %q is not configured: %w", claims.Issuer, edgeward.TokenIssuer)
	}
	issuer := byAlgorithm(named, header.Algorithm)
	if issuer == nil {
		return nil, fmt.Errorf("bearer: issuer %s may not sign with %s, only with %s: %w", claims.Issuer, header.Algorithm, allowed(named), edgeward.TokenAlgorithm)
	}
	key, err := issuer.Keys.Key(ctx, header.KeyID, header.HasKeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	if err := unverified.Verify(ctx, key); err != nil {
		return nil, err
	}
	if err := issuer.Rules.Check(unverified, now); err != nil {
		return nil, err
	}
	id, notes, err := issuer.identify(claims, key.ID)
	if v.noted != nil {
		for _, n := range notes {
			v.noted(claims.Issuer, n)
		}
	}
	if err != nil {
		return nil, err
	}
	identity, read, err := issuer.seal(ctx, claims, id)
	if err != nil {
		return nil, err
	}
	host, err := issuer.hostOf(claims)
	if err != nil {
		return nil, err
	}
	return &verification{
		issuer: issuer, key: key, identity: identity, read: read, host: host,
		notBefore: claims.NotBefore, expires: claims.Expires,
	}, nil
}

// allowed lists what issuers may sign with, for an operator to read.
func allowed(all []*Issuer) string {
	var names []string
	for _, i := range all {
		for _, alg := range i.Algorithms {
			names = append(names, string(alg))
		}
	}
	return strings.Join(names, ", ")
}

// Cache reports what the verified-token cache did.
func (v *Verifier) Cache() edgeward.CacheStats { return v.cache.Stats() }
