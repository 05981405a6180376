package jwks

import "time"

const (
	absence    = time.Minute // how long a kid is known not to exist
	absentHalf = 512         // kids in each half of the memory
)

// absentees remember kids that the issuer does not have: at most
// 2·absentHalf of them, each of at most maxKeyID bytes. When the young half is
// full it becomes the old one, whose content is forgotten: a flood of random
// kids pushes out others and costs no more memory. The zero value is empty.
type absentees struct {
	young, old map[string]time.Time // kid → when it was found absent
}

func (a *absentees) contains(kid string, now time.Time) bool {
	found, known := a.young[kid]
	if !known {
		found, known = a.old[kid]
	}
	age := now.Sub(found)
	return known && age < absence && age > -absence
}

func (a *absentees) add(kid string, now time.Time) {
	if kid == "" || len(kid) > maxKeyID {
		return
	}
	if len(a.young) >= absentHalf {
		a.old, a.young = a.young, nil
	}
	if a.young == nil {
		a.young = make(map[string]time.Time, absentHalf)
	}
	a.young[kid] = now
}
