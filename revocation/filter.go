package revocation

import (
	"sync/atomic"

	"github.com/edgeward/edgeward"
)

// A filter says of nearly every handle that is not in the set that it is not:
// a Bloom filter of two bits in one word, so that the handles of an identity
// cost one access to memory each, none of which waits for another.
type filter struct {
	words []atomic.Uint64
	room  int // handles that it has been given words for
	held  int // handles that were put in; those that left the set count on
}

// With 16 bits a handle, one look in 65 at something absent goes on to the set.
const bitsOfHandle = 16

// newFilter returns a filter for room handles, rounded up to a power of two.
func newFilter(room int) *filter {
	words := 1
	for words*64 < room*bitsOfHandle {
		words *= 2
	}
	return &filter{words: make([]atomic.Uint64, words), room: words * 64 / bitsOfHandle}
}

// place spreads over words by the half that tables do not place by.
func (f *filter) place(h edgeward.Handle) (word *atomic.Uint64, bits uint64) {
	return &f.words[h[1]>>24&uint64(len(f.words)-1)], 1<<(h[0]&63) | 1<<(h[0]>>6&63)
}

func (f *filter) mayHold(h edgeward.Handle) bool {
	word, bits := f.place(h)
	return word.Load()&bits == bits
}

func (f *filter) put(h edgeward.Handle) {
	word, bits := f.place(h)
	word.Store(word.Load() | bits) // writers hold set.mu
	f.held++
}
