package apikey

import (
	"crypto/subtle"
	"fmt"

	"github.com/edgeward/edgeward/internal/keep/mac"
)

// MaxPrevious bounds [Config.Previous]: whoever guesses has each pepper tried.
const MaxPrevious = 4

// A proof is what a row keeps of a secret.
type proof [mac.Size]byte

func (p proof) String() string { return fmt.Sprintf("%x", p[:]) }

// prove computes the proof of a secret. It is bound to the id: a row's proofs
// are worth nothing in another row.
func prove(pepper *mac.Key, id keyID, secret string) proof {
	var message [idSize + secretSize]byte
	copy(message[:], id[:])
	copy(message[idSize:], secret)
	return pepper.Sum(message[:])
}

// proofs are those of one secret under every pepper, in an array so that a
// request allocates nothing.
type proofs struct {
	list [1 + MaxPrevious]proof
	n    int // in use; the rest must not be compared, for a row may hold zeros
}

// prove computes all proofs of a secret, whichever fits: the time must not tell
// how old a key is.
func (k *Keys) prove(id keyID, secret string) (p proofs) {
	for i, pepper := range k.peppers {
		p.list[i] = prove(pepper, id, secret)
	}
	p.n = len(k.peppers)
	return p
}

// fit returns 1 if one of the proofs is kept, else 0, in constant time.
func (p *proofs) fit(kept *proof) (found int) {
	for i := range p.list[:p.n] {
		found |= subtle.ConstantTimeCompare(p.list[i][:], kept[:])
	}
	return found
}
