package refresh

import (
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
)

// A Class is what became of a refresh, for the audit log and for metrics. The
// zero Class says nothing: could not tell.
type Class uint8

// The classes.
const (
	Undecided  Class = iota
	Rotated          // a new generation
	Repeated         // within grace of a rotation: the successor that it gave, again
	Invalid          // not a token of ours; counts as a guess
	Unknown          // ours, but there is no such family
	Expired          // the family is past its absolute expiry
	Revoked          // the family had been revoked
	Reused           // an old generation: theft. It revoked the family
	RolledBack       // a generation that the store does not know yet: the store was rolled back. It revoked the family
)

var classes = [...]struct {
	name   string
	reason edgeward.Reason // Undecided: no refusal
}{
	Undecided:  {"undecided", edgeward.Undecided},
	Rotated:    {"rotated", edgeward.Undecided},
	Repeated:   {"repeated", edgeward.Undecided},
	Invalid:    {"invalid", edgeward.RefreshInvalid},
	Unknown:    {"unknown", edgeward.RefreshUnknown},
	Expired:    {"expired", edgeward.RefreshExpired},
	Revoked:    {"revoked", edgeward.RefreshRevoked},
	Reused:     {"reused", edgeward.RefreshReused},
	RolledBack: {"rolled_back", edgeward.RefreshRolledBack},
}

// String returns the stable name, which is also why a family was revoked.
func (c Class) String() string { return classes[c].name }

// grants reports whether the client gets a token.
func (c Class) grants() bool { return c == Rotated || c == Repeated }

// revokes reports whether the refresh itself revokes the family.
func (c Class) revokes() bool { return c == Reused || c == RolledBack }

// refusal returns the error of a class that grants nothing.
func (c Class) refusal() error { return fmt.Errorf("refresh: refused: %w", classes[c].reason) }

// last is the end of a family's life in which nothing is given any more: an
// access token expires in whole seconds, and a refresh token that was used up for
// one that nobody can mint looks stolen when it comes back.
const last = time.Second

// judge says what a token of a generation means for the family at now.
// Revocation comes first and is terminal, within grace too: a stolen family
// must not live on because its thief was quick.
func (f *Family) judge(generation uint64, now time.Time, grace time.Duration) Class {
	switch {
	case f.isRevoked():
		return Revoked
	case !now.Before(f.Expires.Add(-last)):
		return Expired
	case generation > f.Generation:
		return RolledBack
	case f.settling(now, grace) && generation+1 >= f.Generation:
		return Repeated
	case generation == f.Generation:
		return Rotated
	}
	return Reused
}

// settling reports whether the last rotation is within grace. Nothing rotates
// until it is over: a second rotation would make a request that is still on its
// way with the generation before look like theft.
func (f *Family) settling(now time.Time, grace time.Duration) bool {
	// Abs: a node whose clock is behind must not open the window again.
	return f.Generation > 1 && now.Sub(f.Rotated).Abs() < grace
}

// after returns the family as a refresh of class c leaves it.
func (f Family) after(c Class, from edgeward.Client, now time.Time) Family {
	if c.revokes() {
		return f.revoked(c.String(), now)
	}
	f.Generation++
	f.Rotated = now
	f.Client = from.Bounded()
	return f
}

func (f Family) revoked(because string, now time.Time) Family {
	f.RevokedAt, f.RevocationReason = now, because
	return f
}
