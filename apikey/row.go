package apikey

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/keep/table"
)

// ErrGrant says that no key can be made of a grant: its subject is empty, say,
// or it is too large.
var ErrGrant = errors.New("apikey: a grant that no key can be made of")

// A Grant says whose a key is and what it permits.
type Grant struct {
	// Issuer vouches for the owner of a personal token: a user's sign-in provider.
	// "" is for an API key, whose issuer is that of [Keys.Issuer].
	Issuer      string
	Subject     string         // the owner
	Name        string         // for people to recognise
	Permissions []string       // of a personal token: what it is limited to, among its owner's
	Networks    []netip.Prefix // where it may be used from; empty means from anywhere
	Expires     time.Time      // zero means never
}

// A Key is what may be known of an API key. Times are whole milliseconds.
type Key struct {
	ID string // public
	Grant
	Created  time.Time
	Used     time.Time // the last use, to within some minutes; zero when unknown
	Revoked  time.Time // zero while it is not
	OldUntil time.Time // when the secret ends that a rotation replaced; zero when there is none
}

// Personal reports whether it is a personal token, which a user made.
func (k *Key) Personal() bool { return k.Issuer != "" }

const (
	rowVersion = 1
	// personalVersion is that of a personal token's row: a program that does not
	// know who its owner is must not read it as an operator's key.
	personalVersion = 2
	maxRow          = 16 << 10 // bytes: a key is read into the memory of every node
	// keptDead is how long a key is kept after its end, so that who still uses
	// it is told from who guesses.
	keptDead = 90 * 24 * time.Hour
)

// row is a key with its proofs.
type row struct {
	Key
	current, old proof // old is zero when there is none
}

// keptUntil is when the row may go; zero means never.
func (r *row) keptUntil() time.Time {
	switch {
	case !r.Revoked.IsZero():
		return r.Revoked.Add(keptDead)
	case !r.Expires.IsZero():
		return r.Expires.Add(keptDead)
	}
	return time.Time{}
}

// encode returns the row as it is kept. The id is in the key.
func (r *row) encode() []byte {
	version := int64(rowVersion)
	if r.Personal() {
		version = personalVersion
	}
	w := record.New(version)
	w.Optional("issuer", r.Issuer)
	w.String("subject", r.Subject)
	w.String("name", r.Name)
	w.Strings("permissions", r.Permissions)
	networks := make([]string, len(r.Networks))
	for i, n := range r.Networks {
		networks[i] = n.String()
	}
	w.Strings("networks", networks)
	w.Time("created", r.Created)
	w.Time("expires", r.Expires)
	w.Time("used", r.Used)
	w.Time("revoked", r.Revoked)
	w.String("hmac", r.current.String())
	if !r.OldUntil.IsZero() {
		w.String("old_hmac", r.old.String())
		w.Time("old_until", r.OldUntil)
	}
	return w.End()
}

// parseRow reads a row. Its errors mean "could not tell", and wrap
// [record.ErrUnreadable].
func parseRow(id keyID, data []byte) (row, error) {
	version := int64(rowVersion)
	if id.personal() { // by the id: no row makes a personal token of a key, or the other way round
		version = personalVersion
	}
	r, err := record.Read(data, version)
	if err != nil {
		return row{}, fmt.Errorf("apikey: row: %w", err)
	}
	k := row{Key: Key{
		ID:      string(id[:]),
		Grant:   Grant{Subject: r.String("subject"), Name: r.String("name"), Permissions: r.Strings("permissions"), Expires: r.Time("expires")},
		Created: r.Time("created"), Used: r.Time("used"), Revoked: r.Time("revoked"), OldUntil: r.Time("old_until"),
	}}
	if id.personal() {
		k.Issuer = r.String("issuer")
		r.Require("issuer", k.Issuer != "")
	}
	k.Networks = readNetworks(r)
	k.current = readProof(r, "hmac")
	if !k.OldUntil.IsZero() || r.Has("old_hmac") {
		k.old = readProof(r, "old_hmac")
		r.Require("old_until", !k.OldUntil.IsZero()) // or it would never end
	}
	r.Require("created", !k.Created.IsZero())
	if err := r.Err(); err != nil {
		return row{}, fmt.Errorf("apikey: row: %w", err)
	}
	return k, nil
}

// readNetworks never drops one that it cannot read: none means anywhere.
func readNetworks(r *record.Reader) []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range r.Strings("networks") {
		n, err := netip.ParsePrefix(text)
		r.Require("networks", err == nil)
		networks = append(networks, n)
	}
	return networks
}

func readProof(r *record.Reader, name string) (p proof) {
	raw, err := hex.DecodeString(r.String(name))
	r.Require(name, err == nil && len(raw) == len(p))
	copy(p[:], raw)
	return p
}

// claims returns who the key is.
func (r *row) claims(issuer string) edgeward.Identity {
	method := Method
	if r.Personal() {
		issuer, method = r.Issuer, MethodPersonal
	}
	return edgeward.Identity{
		Issuer: issuer, Subject: r.Subject, Method: method, Permissions: r.Permissions,
		APIKey: r.ID, IssuedAt: r.Created, Expires: r.Expires,
	}
}

func (r *row) identity(issuer string) (*edgeward.Identity, error) {
	return edgeward.NewIdentity(r.claims(issuer))
}

// newRow refuses, wrapping [ErrGrant], what would not come back from the store
// as it went in.
func (k *Keys) newRow(id keyID, g Grant, current proof, now time.Time) (row, error) {
	r := row{Key: Key{ID: string(id[:]), Grant: g, Created: now}, current: current}
	var err error
	if r.Permissions, err = table.CheckGrant(r.claims(k.issuer), ErrGrant); err != nil {
		return row{}, err
	}
	if !g.Expires.IsZero() {
		r.Expires = time.UnixMilli(g.Expires.UnixMilli())
		switch {
		case !now.Before(r.Expires):
			return row{}, fmt.Errorf("%w: it has expired already", ErrGrant)
		case r.Expires.UTC().Year() > record.MaxYear:
			return row{}, fmt.Errorf("%w: it expires after the year %d", ErrGrant, record.MaxYear)
		}
	}
	if r.Networks, err = plainNetworks(g.Networks); err != nil {
		return row{}, err
	}
	return r, table.CheckRow(r.encode(), maxRow, ErrGrant, func(text []byte) bool {
		back, err := parseRow(id, text)
		return err == nil && back.Issuer == r.Issuer && back.Subject == r.Subject && back.Name == r.Name && slices.Equal(back.Permissions, r.Permissions)
	})
}

// plainNetworks returns the networks as a client's address is compared with
// them: masked, and IPv4 as such. A mapped one would contain no client.
func plainNetworks(networks []netip.Prefix) ([]netip.Prefix, error) {
	plain := make([]netip.Prefix, len(networks))
	for i, n := range networks {
		if n.Addr().Is4In6() {
			return nil, fmt.Errorf("%w: %v is no network", ErrGrant, n)
		}
		plain[i] = n.Masked()
	}
	return plain, nil
}
