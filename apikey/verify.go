package apikey

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/store"
)

// known is what the caches remember of an id: its row, or that there is none.
type known struct {
	identity     *edgeward.Identity
	replaced     *edgeward.Identity // who shows the old secret is, while that lives
	guess        error              // what whoever does not know the secret gets
	current, old proof
	oldUntil     time.Time
	expires      time.Time
	revoked      bool
	networks     []netip.Prefix
	read         time.Time    // when the store said so
	used         atomic.Int64 // the last use that was noted, in milliseconds
}

// Verify implements [edgeward.Verifier]. It needs the request for its client's
// address. Its refusals wrap [edgeward.APIKeyUnknown] and
// [edgeward.APIKeySecret] for guesses, and [edgeward.APIKeyInvalid],
// [edgeward.APIKeyRevoked], [edgeward.APIKeyExpired] and
// [edgeward.APIKeyNetwork] for what is none. An identity that an old secret
// proves expires with that secret. A personal token is no API key.
func (k *Keys) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	return k.verify(ctx, r, c, false)
}

func (k *Keys) verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential, personal bool) (*edgeward.Identity, error) {
	id, secret, ok := k.open(c.Value)
	if !ok || id.personal() != personal {
		return nil, errInvalid
	}
	presented := k.prove(id, secret)
	now := k.clock.Now()
	row := k.cache.Find(string(id[:]), now)
	if row == nil || !row.proved(&presented) && now.Sub(row.read) >= doubtAfter {
		var err error
		if row, err = k.read(ctx, id, now); err != nil {
			return nil, err
		}
	}
	identity, err := row.judge(&presented, r.ClientIP, now)
	if err == nil {
		k.note(id, row, now)
	}
	return identity, err
}

// read asks the store. Where there is no row it reads a decoy, which takes the
// time that a row takes.
func (k *Keys) read(ctx context.Context, id keyID, now time.Time) (*known, error) {
	ticket := k.cache.Ticket(string(id[:]))
	e, err := k.rows.Get(ctx, k.rows.Key(string(id[:])))
	kind, guess := cache.Present, errSecret
	switch {
	case errors.Is(err, store.ErrNotFound):
		kind, guess, e.Value = cache.Absent, errUnknown, k.decoys[id.kind()]
	case err != nil:
		return nil, k.rows.Unavailable(err)
	}
	row, err := k.parse(id, e.Value, now)
	if err != nil {
		return nil, k.rows.Unavailable(err)
	}
	row.guess, row.read = guess, now
	k.cache.Remember(string(id[:]), row, kind, sizeOf(row), now.Add(entryLife), ticket)
	return row, nil
}

// parse reads a row into what the cache remembers, which keeps nothing else of
// it.
func (k *Keys) parse(id keyID, value []byte, now time.Time) (*known, error) {
	r, err := parseRow(id, value)
	if err != nil {
		return nil, err
	}
	r.Issuer, r.Subject = strings.Clone(r.Issuer), strings.Clone(r.Subject)
	for i, p := range r.Permissions {
		r.Permissions[i] = strings.Clone(p)
	}
	identity, err := r.identity(k.issuer)
	if err != nil {
		return nil, err // nobody could have made such a key
	}
	row := &known{
		identity: identity, current: r.current, old: r.old, oldUntil: r.OldUntil,
		expires: r.Expires, revoked: !r.Revoked.IsZero(), networks: r.Networks,
	}
	row.used.Store(r.Used.UnixMilli())
	if now.Before(r.OldUntil) && (r.Expires.IsZero() || r.OldUntil.Before(r.Expires)) {
		r.Expires = r.OldUntil
		row.replaced, err = r.identity(k.issuer)
	} else {
		row.replaced = identity
	}
	return row, err
}

// proved reports whether either proof fits, in constant time.
func (row *known) proved(presented *proofs) bool {
	current, old := row.compare(presented)
	return current|old == 1
}

// compare always compares twice: the time must not tell whether a rotation is
// under way. No secret has the proof of zeros that stands for none.
func (row *known) compare(presented *proofs) (current, old int) {
	return presented.fit(&row.current), presented.fit(&row.old)
}

// judge returns who presents a proof, or says why not. Who does not know the secret learns, by the time that it
// takes, nothing about the rest.
func (row *known) judge(presented *proofs, client netip.Addr, now time.Time) (*edgeward.Identity, error) {
	current, old := row.compare(presented)
	switch {
	case current|old == 0:
		return nil, row.guess
	case row.revoked:
		return nil, errRevoked
	case !row.expires.IsZero() && !now.Before(row.expires):
		return nil, errExpired
	case current == 0 && !now.Before(row.oldUntil):
		return nil, errExpired
	case !row.covers(client):
		return nil, errNetwork
	case current == 0:
		return row.replaced, nil
	}
	return row.identity, nil
}

// covers reports whether the key may be used by a client with that address. An
// unknown address is in no network.
func (row *known) covers(client netip.Addr) bool {
	for _, n := range row.networks {
		if n.Contains(client) {
			return true
		}
	}
	return len(row.networks) == 0
}

// sizeOf returns what a row costs in the cache, in bytes. The constants are
// measured with TestTheCacheCountsWhatItCosts, rounded up.
func sizeOf(row *known) int {
	const fixed, permission, network = 1136, 32, 32
	id := row.identity
	size := 2 * len(id.Subject)
	if id.Method == MethodPersonal {
		size += len(id.Issuer) // of others it is shared
	}
	for _, p := range id.Permissions {
		size += permission + 2*len(p)
	}
	if row.replaced != id {
		size += fixed + size
	}
	return fixed + size + network*len(row.networks)
}

// makeDecoys makes the rows of an ordinary key, and of a personal token, that
// no one has.
func (k *Keys) makeDecoys() error {
	for i := range k.decoys {
		id := newID(i == 1)
		g := Grant{Subject: random(24), Name: random(24), Permissions: []string{"a:read", "a:write"}}
		if id.personal() {
			g.Issuer, g.Expires = "https://"+random(16), time.UnixMilli(2)
		}
		_, current := k.mint(id)
		r, err := k.newRow(id, g, current, time.UnixMilli(1))
		if err != nil {
			return err
		}
		k.decoys[i] = r.encode()
	}
	return nil
}
