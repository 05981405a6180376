// Package personal proves users from the personal tokens that they made for
// scripts and devices.
//
// A token is a key of package apikey whose row names its owner, with limits. What
// it proves is the user: issuer and subject are theirs, the profile is that of
// their account, and the permissions are those that the token is limited to and the
// account has at the moment. What is taken from the account is missing at the next
// request; what is not confirmed by a sign-in or a re-check for too long is
// refused, as is the token of an account that is gone.
package personal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/internal/keep/clock"
)

// An Account is what is known of a user, as of the last sign-in or re-check.
type Account struct {
	Permissions []string
	Profile     *edgeward.Profile // nil says nothing
	Changed     int64             // when any of it last changed, in milliseconds since 1970
	Confirmed   time.Time         // when the provider last said so
}

// ErrNoAccount says that nothing is known of a user.
var ErrNoAccount = errors.New("personal: no account of that user")

// Keys verify a token by its row: an [apikey.Keys].
type Keys interface {
	// VerifyPersonal returns the token's owner, with its limits for permissions.
	// Errors are those of an [edgeward.Verifier].
	VerifyPersonal(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error)
}

// Config is what a Verifier is made of. The zero value is refused.
type Config struct {
	Keys Keys
	// Account returns a user's account. The error wraps [ErrNoAccount], or means:
	// could not tell. It is safe for concurrent use.
	Account func(ctx context.Context, issuer, subject string) (Account, error)
	// Superseded reports, from memory, whether what an identity says of its user has
	// changed since its AsOf. nil: never, so that a change holds after [entryLife].
	Superseded func(*edgeward.Identity) bool
	// Used is notified of an account that was read for a request. It does not wait
	// for I/O. nil ignores it.
	Used func(issuer, subject string)
	// Refused is notified of a token that is genuine and alive, by whose it is, that was
	// refused: its user is not confirmed, or another name came with it. nil ignores it.
	Refused       func(ctx context.Context, r *edgeward.Request, limits *edgeward.Identity, err error)
	ConfirmWithin time.Duration // how long an account holds after it was confirmed; positive
	CacheBytes    int           // 0 means 1 MiB; negative means no cache
	Now           func() time.Time
}

// entryLife bounds how long an account is believed that was read.
const entryLife = 30 * time.Second

const defaultCacheBytes = 1 << 20

// A Verifier is an [edgeward.Verifier] of personal tokens. It is safe for
// concurrent use.
type Verifier struct {
	Config
	clock *clock.Clock
	cache *cache.Cache[*known]
}

// New checks cfg and returns its Verifier.
func New(cfg Config) (*Verifier, error) {
	switch {
	case cfg.Keys == nil || cfg.Account == nil:
		return nil, errors.New("personal: keys and accounts are needed")
	case cfg.ConfirmWithin <= 0:
		return nil, errors.New("personal: how long an account holds after it was confirmed is needed")
	case cfg.CacheBytes == 0:
		cfg.CacheBytes = defaultCacheBytes
	}
	return &Verifier{Config: cfg, clock: clock.New(cfg.Now), cache: cache.New[*known](cfg.CacheBytes, 0)}, nil
}

// known is what the cache remembers of a token.
type known struct {
	limits   *edgeward.Identity // as its row says
	account  Account
	identity *edgeward.Identity // who it proves
	until    time.Time          // when it has to be confirmed again
	read     time.Time          // when the account was
}

var (
	errNoAccount   = fmt.Errorf("personal: the user has no account here any more, or never signed in: %w", edgeward.PersonalUnconfirmed)
	errUnconfirmed = fmt.Errorf("personal: the user has not signed in for too long: %w", edgeward.PersonalUnconfirmed)
	errUsername    = fmt.Errorf("personal: another user's name came with the token: %w", edgeward.PersonalUsername)
)

// Verify implements [edgeward.Verifier]. Beside the refusals of
// [apikey.Keys.VerifyPersonal] it wraps [edgeward.PersonalUnconfirmed] and
// [edgeward.PersonalUsername]. An account that cannot be read is a "could not
// tell".
func (v *Verifier) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	limits, err := v.Keys.VerifyPersonal(ctx, r, c)
	if err != nil {
		return nil, err
	}
	id, err := v.user(ctx, limits, c.Username)
	if err != nil && v.Refused != nil && edgeward.ReasonOf(err) != edgeward.Unavailable {
		v.Refused(ctx, r, limits, err)
	}
	return id, err
}

// user returns whom a token proves that is genuine.
func (v *Verifier) user(ctx context.Context, limits *edgeward.Identity, username string) (*edgeward.Identity, error) {
	now := v.clock.Now()
	var err error
	k := v.cache.Find(limits.APIKey, now)
	if k == nil || v.Superseded != nil && v.Superseded(k.identity) {
		k, err = v.read(ctx, limits, now)
	} else if k.limits != limits { // the row was read again
		k, err = v.remember(limits, k.account, k.read)
	}
	switch {
	case err != nil:
		return nil, err
	case !now.Before(k.until):
		return nil, errUnconfirmed
	case username != "" && !names(k.identity, username):
		return nil, errUsername
	}
	return k.identity, nil
}

// names reports whether a user name is one of the token's user: their name at the
// provider, their verified address, or their subject. It is compared octet by octet.
// It proves nothing: a client that sends another one has the token of another user
// than it believes.
func names(id *edgeward.Identity, username string) bool {
	return username == id.Subject || username == id.Profile.Username || username == id.Profile.Email
}

// read asks for the account. The row of an account is changed before its change is
// announced: what is read because it was superseded is the new one.
func (v *Verifier) read(ctx context.Context, limits *edgeward.Identity, now time.Time) (*known, error) {
	account, err := v.Account(ctx, limits.Issuer, limits.Subject)
	switch {
	case errors.Is(err, ErrNoAccount):
		return nil, errNoAccount
	case err != nil:
		return nil, edgeward.NewUnavailable("the account of a user", time.Second, err)
	}
	if v.Used != nil {
		v.Used(limits.Issuer, limits.Subject)
	}
	return v.remember(limits, account, now)
}

// remember makes the identity of a token within an account, as it was read at a time.
func (v *Verifier) remember(limits *edgeward.Identity, account Account, read time.Time) (*known, error) {
	ticket := v.cache.Ticket(limits.APIKey)
	id := edgeward.Identity{
		Issuer: limits.Issuer, Subject: limits.Subject, Method: limits.Method, APIKey: limits.APIKey,
		IssuedAt: limits.IssuedAt, Expires: limits.Expires, Profile: profileOf(account.Profile), AsOf: account.Changed,
	}
	for _, p := range limits.Permissions {
		if slices.Contains(account.Permissions, p) {
			id.Permissions = append(id.Permissions, p)
		}
	}
	sealed, err := edgeward.NewIdentity(id)
	if err != nil { // the account is damaged: its Reason speaks of tokens
		return nil, edgeward.NewUnavailable("the account of a user", time.Second, err)
	}
	k := &known{limits: limits, account: account, identity: sealed, until: account.Confirmed.Add(v.ConfirmWithin), read: read}
	v.cache.Remember(limits.APIKey, k, cache.Present, sizeOf(k), read.Add(entryLife), ticket)
	return k, nil
}

// profileOf returns a user's profile without what it says of when and how the user
// authenticated: a client that shows a token need not be the user, so that it never
// satisfies what a route asks of that.
func profileOf(of *edgeward.Profile) *edgeward.Profile {
	if of == nil {
		return nil
	}
	p := *of
	p.ACR, p.AuthTime = "", time.Time{}
	return &p
}

// sizeOf returns about what k costs in the cache, in bytes.
func sizeOf(k *known) int {
	const fixed, value = 1024, 48
	size := fixed + 2*(len(k.identity.Issuer)+len(k.identity.Subject))
	for _, list := range [...][]string{k.account.Permissions, k.identity.Permissions, k.identity.Profile.Groups} {
		for _, s := range list {
			size += value + len(s)
		}
	}
	for name, list := range k.identity.Profile.Claims {
		size += 2*value + len(name)
		for _, s := range list {
			size += value + len(s)
		}
	}
	return size
}
