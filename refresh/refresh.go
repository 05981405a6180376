// Package refresh keeps refresh tokens that rotate (RFC 9700 §4.14.2): the use
// of one gives its successor, and a token that comes back late betrays a thief.
// Parallel tabs and lost answers do not: for a grace window after a rotation,
// whoever presents the token before or the successor gets that successor, and a
// fresh access token with it.
//
// So a family rotates at most once in a grace window, which is what makes the
// window hold: ten tabs that share a cookie jar refresh one after the other
// within a second, and a request that left before all of them is still only one
// generation behind when it arrives. To forgive several generations instead
// would need their times in the row, and a bound on them that enough tabs
// exceed. A thief with the current token gains nothing that it did not give him
// before, and the first use after the window rotates: from then on the other of
// the two, thief or owner, is found out when he comes.
//
// All tokens that descend from one login are a family, which is one row in the
// store: whose it is, which generation is current, when it ends, whether it was
// revoked. A token names its family and its generation under a MAC. A successor
// is computed, never stored, so a rotation is one compare-and-swap of that row,
// and whoever retries after a crash or a time-out is told the same again.
//
// There are three kinds of answers. A token was given. The refusal wraps an
// [edgeward.Reason], and [Result] says whose token it was. Anything else is a
// "could not tell", most often an [edgeward.UnavailableError]: the client asks
// again, and nothing was said about theft or revocation.
package refresh

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

const (
	DefaultLifetime = 30 * 24 * time.Hour
	DefaultGrace    = 30 * time.Second
	MaxGrace        = 300 * time.Second
)

// Config is what Families are made of. The zero value is refused: it has no
// store and no key.
type Config struct {
	// Store must compare and swap. It should be durable, which the caller demands
	// by [store.Contract.Meets]: else a crash takes rotations back, which looks
	// like a roll-back.
	Store store.Backend
	// Key authenticates tokens, 32 bytes or more.
	Key edgeward.Secret
	// Previous are the keys of before. They verify, and sign no more. A key that
	// goes takes the tokens with it that it signed.
	Previous []edgeward.Secret
	// Lifetime is from a family's beginning to its end, which no refresh moves.
	// 0 means DefaultLifetime.
	Lifetime time.Duration
	// Grace is how long after a rotation the token before still gives the same
	// successor, and the successor gives itself instead of rotating. 0 means DefaultGrace, less than 0 none, more than MaxGrace is
	// refused. Clocks of several nodes must agree better than that.
	Grace time.Duration
	// Revoked says whether something beyond the row has revoked the family: its
	// subject or its issuer. An error means could not tell. nil means that
	// nothing else revokes.
	Revoked func(*Family) (bool, error)

	Now    func() time.Time // nil means time.Now
	Random io.Reader        // nil means crypto/rand
}

// Families begins, refreshes and revokes families. It is safe for concurrent
// use, on several nodes over one store.
type Families struct {
	rows     table.Table
	keys     []*mac.Key // the first signs
	lifetime time.Duration
	grace    time.Duration // not above 0: none
	revoked  func(*Family) (bool, error)
	clock    *clock.Clock
	random   io.Reader
}

// New checks cfg and returns its Families.
func New(cfg Config) (*Families, error) {
	rows, err := table.Open(cfg.Store, "refresh families", store.FamilyPrefix)
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	keys, err := mac.NewKeys(cfg.Key, cfg.Previous...)
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	f := &Families{rows, keys, cfg.Lifetime, cfg.Grace, cfg.Revoked, clock.New(cfg.Now), cfg.Random}
	if f.lifetime == 0 {
		f.lifetime = DefaultLifetime
	}
	if f.grace == 0 {
		f.grace = DefaultGrace
	}
	if f.lifetime < 0 || f.grace > MaxGrace {
		return nil, fmt.Errorf("refresh: lifetime is negative or grace above %v", MaxGrace)
	}
	if f.revoked == nil {
		f.revoked = func(*Family) (bool, error) { return false, nil }
	}
	if f.random == nil {
		f.random = rand.Reader
	}
	return f, nil
}

// Begin makes a family for g and returns its first token. When it returns an
// error, no token exists. Errors wrap [ErrGrant], or mean: could not tell.
func (f *Families) Begin(ctx context.Context, g Grant, c edgeward.Client) (edgeward.Secret, Family, error) {
	var id familyID
	if _, err := io.ReadFull(f.random, id[:]); err != nil {
		return edgeward.Secret{}, Family{}, fmt.Errorf("refresh: random numbers: %w", err)
	}
	now := f.clock.Now()
	family, err := newFamily(id, g, c, now, now.Add(f.lifetime))
	if err != nil {
		return edgeward.Secret{}, Family{}, err
	}
	if _, err := f.rows.Create(ctx, f.rows.Key(family.ID), family.row(), family.keptUntil()); err != nil {
		return edgeward.Secret{}, Family{}, f.rows.Unavailable(err)
	}
	return f.token(id, family.Generation), family, nil
}
