package jwks

import (
	"time"

	"github.com/edgeward/edgeward/jwt"
)

const (
	absence    = Brake // how long an issuer's word that it has no such key is repeated
	absentHalf = 512   // entries in each half of the memory
)

// Wanted is what a token asks a key set for: an algorithm and, if it names one, a
// kid. Equal tokens want the same.
type Wanted struct {
	keyID string // "" for none
	alg   jwt.Algorithm
}

// Want returns what a token of kid and alg wants.
func Want(kid string, hasKid bool, alg jwt.Algorithm) Wanted {
	if !hasKid || kid == "" {
		return Wanted{alg: alg}
	}
	return Wanted{kid, alg}
}

// absentees remember what the issuer does not have: at most 2·absentHalf
// entries, each of at most maxKeyID bytes. When the young half is full it
// becomes the old one, whose content is forgotten: a flood of random kids pushes
// out others and costs no more memory. The zero value is empty.
type absentees struct {
	young, old map[Wanted]time.Time // when it was found absent
}

func (a *absentees) contains(w Wanted, now time.Time) bool {
	return a.has(w, now) || a.has(Wanted{keyID: w.keyID}, now)
}

func (a *absentees) has(w Wanted, now time.Time) bool {
	found, known := a.young[w]
	if !known {
		found, known = a.old[w]
	}
	age := now.Sub(found)
	return known && age < absence && age > -absence
}

func (a *absentees) add(w Wanted, now time.Time) {
	if w == (Wanted{}) || len(w.keyID) > maxKeyID {
		return
	}
	if len(a.young) >= absentHalf {
		a.old, a.young = a.young, nil
	}
	if a.young == nil {
		a.young = make(map[Wanted]time.Time, absentHalf)
	}
	a.young[w] = now
}
