package jwks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/jwt"
)

// Static are keys that never change while the program runs: from a file, or an
// HMAC secret of the configuration. The zero Static knows no key.
//
// A key without a kid, as every PEM file holds, was put there by the operator
// for this issuer. It therefore also serves tokens that name a kid which no
// key bears, as long as it is the only such key of its algorithm.
type Static struct {
	index   index
	unnamed index // the keys without a kid
	keys    []*jwt.Key
	size    int
}

var _ Keys = (*Static)(nil)

// NewStatic returns keys as Keys. It refuses none at all, a key without an
// algorithm, and two keys with the same kid and algorithm.
func NewStatic(keys ...*jwt.Key) (*Static, error) {
	if len(keys) == 0 {
		return nil, errors.New("jwks: no keys")
	}
	x := newIndex(len(keys))
	for _, k := range keys {
		if !k.Algorithm.Known() {
			return nil, errors.New("jwks: key without a known algorithm")
		}
		if _, taken := x.keys[label{k.ID, k.Algorithm}]; taken {
			return nil, fmt.Errorf("jwks: two keys for %s have the same kid", k.Algorithm)
		}
		x.add(k)
	}
	return staticOf(x, keys, len(keys)), nil
}

// Static returns the keys of s as Keys that never change.
func (s *Set) Static() *Static { return staticOf(s.index, s.Keys(), s.Len()) }

func staticOf(x index, keys []*jwt.Key, size int) *Static {
	s := &Static{x, newIndex(0), keys, size}
	for _, k := range keys {
		if k.ID == "" {
			s.unnamed.add(k)
		}
	}
	return s
}

// Key implements [Keys]. It never waits, and its errors are those of
// [Set.Select] and [ErrNameless].
func (s *Static) Key(_ context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	k, err := s.index.choose(kid, hasKid, alg)
	if !errors.Is(err, ErrUnknown) {
		return k, err
	}
	if k, err = s.unnamed.only(alg); errors.Is(err, ErrAmbiguous) {
		err = ErrNameless
	}
	return k, err
}

// Holds implements [Keys].
func (s *Static) Holds(k *jwt.Key, _ time.Time) bool { return s.index.holds(k) }

// Len returns how many keys there are: as [Set.Len] for those of a set.
func (s *Static) Len() int { return s.size }

// Keys returns the keys in the order in which they were given.
func (s *Static) Keys() []*jwt.Key { return s.keys }
