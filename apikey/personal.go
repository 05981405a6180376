package apikey

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/store"
)

// MaxPersonal bounds how many personal tokens one user can have.
const MaxPersonal = 100

// ErrFull says that the user has as many personal tokens as are possible.
var ErrFull = errors.New("apikey: the user has as many personal tokens as are possible")

// reservedFor is how long a place in the index counts whose token is not there: its
// creation may be under way. Operations take half a minute at most.
const reservedFor = time.Hour

// VerifyPersonal is [Keys.Verify] for personal tokens. The identity's issuer and
// subject are its owner's, and its permissions are the token's limits: what the
// owner may do now is for the caller to ask.
func (k *Keys) VerifyPersonal(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	return k.verify(ctx, r, c, true)
}

// CreatePersonal makes a personal token for the user that g names by Issuer and
// Subject, and returns it, once. The user never has more than most that have not
// ended, 1 to [MaxPersonal], however many requests come at once on however many
// nodes. It has to expire. Errors wrap [ErrGrant] or [ErrFull], or mean: could not
// tell; then no user has a token, and its place may be taken for an hour.
func (k *Keys) CreatePersonal(ctx context.Context, g Grant, most int) (edgeward.Secret, Key, error) {
	switch {
	case g.Issuer == "":
		return edgeward.Secret{}, Key{}, fmt.Errorf("%w: a personal token without the issuer of its owner", ErrGrant)
	case g.Expires.IsZero():
		return edgeward.Secret{}, Key{}, fmt.Errorf("%w: a personal token that never expires", ErrGrant)
	case most < 1 || most > MaxPersonal:
		return edgeward.Secret{}, Key{}, fmt.Errorf("%w: %d personal tokens of a user", ErrGrant, most)
	}
	id := newID(true)
	if _, err := k.newRow(id, g, proof{}, k.clock.Now()); err != nil { // before a place is taken
		return edgeward.Secret{}, Key{}, err
	}
	if err := k.reserve(ctx, id, &g, most); err != nil {
		return edgeward.Secret{}, Key{}, err
	}
	return k.create(ctx, id, g)
}

// ListPersonal returns a user's personal tokens that have neither ended nor
// expired, in the order in which they were made. That they hold is not said: the
// revocation log may know better. Errors mean: could not tell.
func (k *Keys) ListPersonal(ctx context.Context, issuer, subject string) ([]Key, error) {
	e, err := k.rows.Get(ctx, ownerKey(issuer, subject))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, k.rows.Unavailable(err)
	}
	places, err := parsePlaces(e.Value)
	if err != nil {
		return nil, k.rows.Unavailable(err)
	}
	var all []Key
	for _, p := range places {
		key, alive, err := k.at(ctx, &p, issuer, subject)
		if err != nil {
			return nil, err
		}
		if alive && key.ID != "" {
			all = append(all, key)
		}
	}
	slices.SortStableFunc(all, func(a, b Key) int { return a.Created.Compare(b.Created) })
	return all, nil
}

// at reads the token that has a place in an owner's index. alive is true also for a
// place whose token may be about to be made; then the Key is zero.
func (k *Keys) at(ctx context.Context, p *place, issuer, subject string) (key Key, alive bool, err error) {
	now := k.clock.Now()
	key, err = k.Find(ctx, p.id)
	switch {
	case errors.Is(err, ErrUnknown):
		return Key{}, now.Sub(p.reserved) < reservedFor, nil
	case err != nil:
		return Key{}, false, err
	case key.Issuer != issuer || key.Subject != subject: // no index makes anyone its owner
		return Key{}, false, nil
	}
	return key, key.Revoked.IsZero() && now.Before(key.Expires), nil
}

// reserve takes a place for id in its owner's index, by compare-and-swap. Where
// there is none left it looks whether some are of tokens that are over.
func (k *Keys) reserve(ctx context.Context, id keyID, g *Grant, most int) error {
	over := map[string]bool{}
	for {
		err := k.index(ctx, g.Issuer, g.Subject, true, func(all []place, now time.Time) ([]place, error) {
			all = slices.DeleteFunc(all, func(p place) bool { return over[p.id] || !now.Before(p.expires) })
			if len(all) >= most {
				return all, ErrFull
			}
			return append(all, place{string(id[:]), now, g.Expires}), nil
		})
		if !errors.Is(err, ErrFull) {
			return err
		}
		found, err := k.findOver(ctx, g.Issuer, g.Subject, over)
		if err != nil {
			return err
		}
		if !found {
			return ErrFull
		}
	}
}

// findOver adds to over the places of tokens that have ended, and reports whether
// there is one that was not known.
func (k *Keys) findOver(ctx context.Context, issuer, subject string, over map[string]bool) (found bool, err error) {
	e, err := k.rows.Get(ctx, ownerKey(issuer, subject))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, k.rows.Unavailable(err)
	}
	if err != nil {
		return false, nil
	}
	places, err := parsePlaces(e.Value)
	if err != nil {
		return false, k.rows.Unavailable(err)
	}
	for _, p := range places {
		_, alive, err := k.at(ctx, &p, issuer, subject)
		if err != nil {
			return false, err
		}
		if !alive && !over[p.id] {
			over[p.id], found = true, true
		}
	}
	return found, nil
}

// unlist gives the place of a token that has ended to others.
func (k *Keys) unlist(ctx context.Context, key *Key) error {
	return k.index(ctx, key.Issuer, key.Subject, false, func(all []place, _ time.Time) ([]place, error) {
		return slices.DeleteFunc(all, func(p place) bool { return p.id == key.ID }), nil
	})
}

// A place is one of a user's personal tokens in their index.
type place struct {
	id                string
	reserved, expires time.Time
}

const (
	indexVersion = 1
	placeParts   = 3
)

// index changes the index of an owner by compare-and-swap. Where there is none, one
// is made if create says so. Errors are those of change, or mean: could not tell.
func (k *Keys) index(ctx context.Context, issuer, subject string, create bool, change func([]place, time.Time) ([]place, error)) error {
	key := ownerKey(issuer, subject)
	var refused error
	edit := func(e store.Entry) ([]byte, time.Time, error) {
		all, err := parsePlaces(e.Value)
		if err != nil {
			return nil, time.Time{}, err
		}
		all, refused = change(all, k.clock.Now())
		text, until := encodePlaces(all, k.clock.Now())
		return text, until, refused
	}
	for range maxRaces {
		_, err := store.Update(ctx, k.rows, key, edit)
		if errors.Is(err, store.ErrNotFound) && create {
			refused = nil
			text, until, failed := edit(store.Entry{Value: emptyIndex})
			if failed != nil {
				return failed
			}
			if _, err = k.rows.Create(ctx, key, text, until); errors.Is(err, store.ErrExists) {
				continue // another was first, and has left an index
			}
		}
		switch {
		case err == nil || errors.Is(err, store.ErrNotFound):
			return nil
		case refused != nil:
			return refused
		}
		return k.rows.Unavailable(err)
	}
	return k.rows.Unavailable(store.ErrContended)
}

// maxRaces bounds how often an index is looked for that comes and goes.
const maxRaces = 16

var emptyIndex, _ = encodePlaces(nil, time.Time{})

// encodePlaces returns the index as it is kept, and until when: as long as its last
// token lives.
func encodePlaces(all []place, now time.Time) (text []byte, until time.Time) {
	until = now.Add(reservedFor) // an empty one need not stay
	list := make([]string, len(all))
	for i, p := range all {
		list[i] = p.id + " " + strconv.FormatInt(p.reserved.UnixMilli(), 10) + " " + strconv.FormatInt(p.expires.UnixMilli(), 10)
		if p.expires.After(until) {
			until = p.expires
		}
	}
	w := record.New(indexVersion)
	w.Strings("tokens", list)
	return w.End(), until
}

// parsePlaces reads an index. Its errors wrap [record.ErrUnreadable].
func parsePlaces(data []byte) ([]place, error) {
	r, err := record.Read(data, indexVersion)
	if err != nil {
		return nil, fmt.Errorf("apikey: index of personal tokens: %w", err)
	}
	var all []place
	for _, text := range r.Strings("tokens") {
		parts := strings.Split(text, " ")
		if len(parts) != placeParts || !IsPersonalID(parts[0]) {
			r.Require("tokens", false)
			break
		}
		reserved, err1 := strconv.ParseInt(parts[1], 10, 64)
		expires, err2 := strconv.ParseInt(parts[2], 10, 64)
		r.Require("tokens", err1 == nil && err2 == nil)
		all = append(all, place{parts[0], time.UnixMilli(reserved), time.UnixMilli(expires)})
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("apikey: index of personal tokens: %w", err)
	}
	return all, nil
}

// ownerKey returns where the index of an owner is kept: by a hash of both names with
// their lengths, so that no two owners share one.
func ownerKey(issuer, subject string) string {
	message := binary.BigEndian.AppendUint64(nil, uint64(len(issuer)))
	sum := sha256.Sum256(append(append(message, issuer...), subject...))
	return store.PersonalPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}
