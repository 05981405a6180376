package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
)

// What stands in the way of changing a key.
var (
	ErrUnknown  = errors.New("apikey: no such key")
	ErrRevoked  = errors.New("apikey: the key was revoked")
	ErrRotating = errors.New("apikey: another rotation is under way, or the secret before it still lives")
	ErrReplaced = errors.New("apikey: the request shows a secret of the key that was replaced")
)

// Create makes a key for g. It is returned here and never again: the store has
// an HMAC of its secret. When Create returns an error, nobody has a key. Errors
// wrap [ErrGrant], or mean: could not tell. A grant that names an Issuer is
// refused: see [Keys.CreatePersonal].
func (k *Keys) Create(ctx context.Context, g Grant) (edgeward.Secret, Key, error) {
	if g.Issuer != "" {
		return edgeward.Secret{}, Key{}, fmt.Errorf("%w: the issuer of keys is not chosen", ErrGrant)
	}
	return k.create(ctx, newID(false), g)
}

func (k *Keys) create(ctx context.Context, id keyID, g Grant) (edgeward.Secret, Key, error) {
	text, current := k.mint(id)
	r, err := k.newRow(id, g, current, k.clock.Now())
	if err != nil {
		return edgeward.Secret{}, Key{}, err
	}
	// That the id is taken happens once in 10¹² keys; asking again helps.
	if _, err := k.rows.Create(ctx, k.rows.Key(string(id[:])), r.encode(), r.keptUntil()); err != nil {
		return edgeward.Secret{}, Key{}, k.rows.Unavailable(err)
	}
	k.cache.Forget(string(id[:]))
	return text, r.Key, nil
}

// Rotate gives a key a new secret. The old one lives on until the given time,
// so that a fleet can change over; one that is not after now ends all old
// secrets at once, as after a leak. While the old secret of an earlier rotation
// lives the error is [ErrRotating]: whoever repeats a rotation whose answer was
// lost would cut off the clients. So it is for all but one of several rotations
// that begin with the same secret: theirs would be dead on arrival.
//
// shown is the API key of whoever asks, the zero Secret where they proved
// themselves in another way. When it is this key with a secret that was
// replaced the error is [ErrReplaced]: a rotation ends what was stolen, so a
// thief must not rotate back. Other errors wrap [ErrUnknown] or [ErrRevoked],
// or mean: could not tell; the new secret is lost then, and the old one lives
// at least as long as was said.
func (k *Keys) Rotate(ctx context.Context, id string, shown edgeward.Secret, oldUntil time.Time) (edgeward.Secret, Key, error) {
	public, ok := parseID(id)
	if !ok || public.personal() { // its secret is for its owner alone
		return edgeward.Secret{}, Key{}, ErrUnknown
	}
	defer k.cache.Forget(string(public[:]))
	oldUntil = time.UnixMilli(oldUntil.UnixMilli()) // as a row keeps it, or a caller's now would be after our own
	text, current := k.mint(public)
	var found proof // the secret that this rotation replaces
	r, err := k.change(ctx, public, func(r *row, now time.Time) error {
		if found == (proof{}) {
			found = r.current
		}
		switch {
		case !r.Revoked.IsZero():
			return ErrRevoked
		case k.replaced(shown, r):
			return ErrReplaced
		case found != r.current:
			return ErrRotating
		case !oldUntil.After(now):
			r.old, r.OldUntil = proof{}, time.Time{}
		case now.Before(r.OldUntil):
			return ErrRotating
		default:
			r.old, r.OldUntil = r.current, oldUntil
		}
		r.current = current
		return nil
	})
	if err != nil {
		return edgeward.Secret{}, Key{}, err
	}
	return text, r.Key, nil
}

// replaced reports whether shown is that key, with another secret than the one
// it has now.
func (k *Keys) replaced(shown edgeward.Secret, r *row) bool {
	id, secret, ok := k.open(shown)
	if !ok || string(id[:]) != r.ID {
		return false
	}
	presented := k.prove(id, secret)
	return presented.fit(&r.current) == 0
}

// Revoke ends a key for good. From then on this node refuses it. That it was
// revoked before is fine. The error wraps [ErrUnknown], or means that the key
// may live on.
func (k *Keys) Revoke(ctx context.Context, id string) error {
	public, ok := parseID(id)
	if !ok {
		return ErrUnknown
	}
	// Also when the store does not answer: it may have heard.
	defer k.cache.Forget(string(public[:]))
	r, err := k.change(ctx, public, func(r *row, now time.Time) error {
		if r.Revoked.IsZero() {
			r.Revoked = now
		}
		return nil
	})
	if err != nil || !public.personal() {
		return err
	}
	return k.unlist(ctx, &r.Key)
}

// change changes a row by compare-and-swap.
func (k *Keys) change(ctx context.Context, id keyID, change func(*row, time.Time) error) (row, error) {
	var changed row
	var refused error
	_, err := store.Update(ctx, k.rows, k.rows.Key(string(id[:])), func(e store.Entry) ([]byte, time.Time, error) {
		var err error
		if changed, err = parseRow(id, e.Value); err != nil {
			return nil, time.Time{}, err
		}
		refused = change(&changed, k.clock.Now())
		return changed.encode(), changed.keptUntil(), refused
	})
	switch {
	case err == nil:
		return changed, nil
	case errors.Is(err, store.ErrNotFound):
		return row{}, ErrUnknown
	case refused != nil:
		return row{}, refused
	}
	return row{}, k.rows.Unavailable(err)
}

// Find returns the key with that id, also one that has ended. The error wraps
// [ErrUnknown], or means: could not tell.
func (k *Keys) Find(ctx context.Context, id string) (Key, error) {
	public, ok := parseID(id)
	if !ok {
		return Key{}, ErrUnknown
	}
	e, err := k.rows.Read(ctx, id, ErrUnknown)
	if err != nil {
		return Key{}, err
	}
	r, err := parseRow(public, e.Value)
	if err != nil {
		return Key{}, k.rows.Unavailable(err)
	}
	return r.Key, nil
}

// List returns up to limit keys whose ids come after after, in the order of
// their ids, and the place to go on from, "" at the end. The limit is 1 to
// [store.MaxList]. Errors mean: could not tell, or wrap [store.ErrNoList], or
// [ErrUnknown] when after is no id.
func (k *Keys) List(ctx context.Context, after string, limit int) (page []Key, next string, err error) {
	if _, ok := parseID(after); !ok && after != "" {
		return nil, "", ErrUnknown
	}
	entries, next, err := k.rows.Page(ctx, after, limit)
	if err != nil {
		return nil, "", err
	}
	for _, e := range entries {
		id, _ := parseID(e.Key)
		r, err := parseRow(id, e.Value)
		if err != nil {
			return nil, "", k.rows.Unavailable(err)
		}
		page = append(page, r.Key)
	}
	return page, next, nil
}
