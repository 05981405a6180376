package refresh

import (
	"errors"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/table"
)

// ErrGrant says that a grant cannot be kept. Its subject is empty, say.
var ErrGrant = errors.New("refresh: a grant that no identity can be made of")

// A Grant is what a family's access tokens will say.
type Grant struct {
	Issuer, Subject string
	Permissions     []string // RFC 6749 §3.3 scope-tokens
	ClientID        string   // the OAuth client, or ""
	// Account is whose account has the permissions and the profile that hold at any
	// moment: then Permissions are those of the sign-in. The zero Account is none.
	Account Account
	// ACR and AuthTime are how the user authenticated, and when, in whole seconds: see
	// [edgeward.Profile]. A refresh never changes them.
	ACR      string
	AuthTime time.Time
}

// An Account names a user as the provider does: the Issuer and Subject of a Grant
// are ours.
type Account struct{ Issuer, Subject string }

// A Family is all refresh tokens that descend from one login.
type Family struct {
	ID string // public: it appears as sid in access tokens
	Grant

	Generation uint64    // of the current token, from 1
	Created    time.Time // times are in whole milliseconds
	Rotated    time.Time // when the current generation came to be
	Expires    time.Time // absolute: a refresh never moves it

	RevokedAt        time.Time
	RevocationReason string // "" while it is not revoked

	Client edgeward.Client // of the last rotation
	// Hosts are those where it was used by a handle, in the order of their first
	// use; of many the first 32.
	Hosts []string
}

// keptFor is how much longer than the family its row is kept, so that a late
// token is told to be expired instead of unknown.
const keptFor = 24 * time.Hour

func (f *Family) keptUntil() time.Time { return f.Expires.Add(keptFor) }

func (f *Family) isRevoked() bool { return f.RevocationReason != "" }

func newFamily(id familyID, g Grant, c edgeward.Client, now, expires time.Time) (Family, error) {
	permissions, err := table.CheckGrant(edgeward.Identity{Issuer: g.Issuer, Subject: g.Subject, Permissions: g.Permissions, Profile: &edgeward.Profile{ACR: g.ACR}}, ErrGrant)
	if err != nil {
		return Family{}, err
	}
	g.Permissions, g.AuthTime = permissions, g.AuthTime.Truncate(time.Second)
	f := Family{ID: id.String(), Grant: g, Generation: 1, Created: now, Rotated: now, Expires: expires, Client: c.Bounded()}
	return f, table.CheckRow(f.row(), maxRow, ErrGrant, func(row []byte) bool {
		back, err := parseRow(id, row)
		return err == nil && back.Issuer == f.Issuer && back.Subject == f.Subject && back.ClientID == f.ClientID && back.ACR == f.ACR && back.Account == f.Account && slices.Equal(back.Permissions, f.Permissions)
	})
}

// maxRow bounds a row in bytes: what says more fits into no access token.
const maxRow = 8 << 10
