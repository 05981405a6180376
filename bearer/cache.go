package bearer

import (
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// entryLife bounds how long one verification is believed; exp, which is
	// checked on every hit, may end it sooner.
	entryLife = 5 * time.Minute
	// identityOverhead is what an identity costs besides its claims, with its
	// header map. Measured with TestTheCacheCountsWhatItCosts, rounded up.
	identityOverhead = 960
	profileOverhead  = 256 // of one that says something, and of its map of claims
	claimOverhead    = 128 // of one in that map
)

// A verification is what the cache remembers: that a token was genuine, and
// what has to be asked again on every hit.
//
// The cache's key is the whole token, never a digest of a part: nothing that was
// not verified byte for byte can hit. The cache belongs to one Verifier with one
// configuration; a reload makes a new Verifier and so forgets everything that was
// verified under other rules.
type verification struct {
	issuer    *Issuer
	key       *jwt.Key
	identity  *edgeward.Identity
	read      bool   // a part of the identity is from the account
	host      string // the only one where it holds, "" for every one
	notBefore time.Time
	expires   time.Time
}

// remember keeps v under token, unless v takes more than the cache has for one.
func (v *Verifier) remember(token string, fresh *verification, now time.Time) {
	life := entryLife
	if a := fresh.issuer.Accounts; a != nil && a.Life > 0 && fresh.identity.AsOf != 0 {
		life = min(life, a.Life)
	}
	v.cache.Remember(token, fresh, cache.Present, weight(fresh.identity), now.Add(life), v.cache.Ticket(token))
}

// weight is what an identity takes in memory. A token of 8 KiB can carry thousands of permissions, each with a string header
// of its own and its text in the joined header field too.
func weight(id *edgeward.Identity) int {
	const stringHeader = 16
	n := identityOverhead + len(id.Claims)
	for _, list := range [...][]string{id.Permissions, id.Audience} {
		for _, s := range list {
			n += 2*len(s) + 2*stringHeader
		}
	}
	p := id.Profile
	if p.IsZero() {
		return n
	}
	// Values are parts of the payload as a rule, and texts of their own where that has
	// them with escapes.
	n += profileOverhead + len(p.Username) + 2*len(p.Email) + len(p.Name) + len(p.ACR)
	list := func(values []string) {
		for _, s := range values {
			n += len(s) + 2*stringHeader
		}
	}
	list(p.Groups)
	n += 3*len(p.Groups) + 64 // by which one is found
	for _, values := range p.Claims {
		n += claimOverhead
		list(values)
	}
	return n
}
