// Package keyring holds what Edgeward signs with: the keys of its own access
// tokens, from before they are used until their last token has died, and the
// secrets of other rooms, derived from one.
//
// Keys live in one private JWK set, a file that only its owner reads. Beside
// the members of RFC 7517 each key may have nbf, from when it may sign, and
// exp, from when it is worth nothing, in seconds since 1970. The first key that
// is active, and not revoked as far as the node knows, signs; every key that is not retired verifies, those that are still
// to come included, because clocks differ. Rotate puts a new key in front.
//
// The package does no I/O and holds no asymmetric cryptography: an [Importer]
// supplies it.
package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// A Key is what may be told about a key of a [Ring].
type Key struct {
	ID        string // kid
	Algorithm jwt.Algorithm
	Activates time.Time // zero: has always been active
	Retires   time.Time // zero: never
}

func (k *Key) active(now time.Time) bool { return !now.Before(k.Activates) && !k.retired(now) }

func (k *Key) retired(now time.Time) bool { return !k.Retires.IsZero() && !now.Before(k.Retires) }

// member is a key of a ring with what it does.
type member struct {
	Key
	verify *jwt.Key
	signer jwt.Signer
	public *jwks.JWK // nil for an HMAC key, which is never published
}

// A Ring is the keys of our own tokens. It is immutable and safe for concurrent
// use; a changed file is another Ring. The zero Ring knows no key.
type Ring struct {
	members []*member
	byID    map[string]*member
	byKey   map[*jwt.Key]*member
	now     func() time.Time
}

var _ jwks.Keys = (*Ring)(nil)

func ringOf(members []*member, now func() time.Time) *Ring {
	r := &Ring{members, make(map[string]*member, len(members)), make(map[*jwt.Key]*member, len(members)), now}
	for _, m := range members {
		r.byID[m.ID] = m
		r.byKey[m.verify] = m
	}
	return r
}

// Key implements [jwks.Keys]. Our tokens always name their key: without a kid
// there is none.
func (r *Ring) Key(_ context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	m, found := r.byID[kid]
	switch {
	case !hasKid || !found || m.retired(r.now()):
		return nil, jwks.ErrUnknown
	case m.Algorithm != alg:
		return nil, jwks.ErrAlgorithm
	}
	return m.verify, nil
}

// Holds implements [jwks.Keys].
func (r *Ring) Holds(k *jwt.Key, now time.Time) bool {
	m, found := r.byKey[k]
	return found && !m.retired(now)
}

// Keys tells of all keys in the order of the file, retired ones too.
func (r *Ring) Keys() []Key {
	keys := make([]Key, len(r.members))
	for i, m := range r.members {
		keys[i] = m.Key
	}
	return keys
}

// Algorithms returns what the ring's keys verify, each once: what a verifier
// of our own tokens allows.
func (r *Ring) Algorithms() []jwt.Algorithm {
	var algs []jwt.Algorithm
	for _, m := range r.members {
		if !slices.Contains(algs, m.Algorithm) {
			algs = append(algs, m.Algorithm)
		}
	}
	return algs
}

// Signer returns what signs at now. The error says why nothing does, and wraps
// no Reason.
func (r *Ring) Signer(now time.Time) (jwt.Signer, error) {
	m, err := r.signing(now, nil)
	if err != nil {
		return nil, err
	}
	return m.signer, nil
}

// signing returns the first key that is active and not revoked. A nil revoked
// means that none is.
func (r *Ring) signing(now time.Time, revoked func(kid string) bool) (*member, error) {
	var dead *member
	for _, m := range r.members {
		switch {
		case !m.active(now):
		case revoked != nil && revoked(m.ID):
			dead = m
		default:
			return m, nil
		}
	}
	if dead != nil {
		return nil, fmt.Errorf("keyring: every key that is active is revoked, %q among them: \"edgeward key rotate --delay 1s\" puts another into the ring", dead.ID)
	}
	return nil, r.whyNothingSigns(now)
}

func (r *Ring) whyNothingSigns(now time.Time) error {
	if len(r.members) == 0 {
		return errors.New("keyring: there is no key")
	}
	m := r.members[0]
	if m.retired(now) {
		return fmt.Errorf("keyring: no key is active: the newest, %q, retired at %s", m.ID, m.Retires.UTC().Format(time.RFC3339))
	}
	return fmt.Errorf("keyring: no key is active yet: the newest, %q, activates at %s", m.ID, m.Activates.UTC().Format(time.RFC3339))
}

// AppendPublic appends the JWK set that others verify our tokens with at now,
// keys that are still to sign included. HMAC keys are never in it.
func (r *Ring) AppendPublic(dst []byte, now time.Time) []byte {
	var public []*jwks.JWK
	for _, m := range r.members {
		if m.public != nil && !m.retired(now) {
			public = append(public, m.public)
		}
	}
	return jwks.AppendSet(dst, public...)
}
