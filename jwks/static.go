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
}

var _ Keys = (*Static)(nil)

// NewStatic returns keys as Keys. It refuses none at all, a key without an
// algorithm, and two keys with the same kid and algorithm.
func NewStatic(keys ...*jwt.Key) (*Static, error) {
	if len(keys) == 0 {
		return nil, errors.New("jwks: no keys")
	}
	s := &Static{newIndex(len(keys)), newIndex(0), keys}
	for _, k := range keys {
		if !k.Algorithm.Known() {
			return nil, errors.New("jwks: key without a known algorithm")
		}
		if _, taken := s.index.keys[label{k.ID, k.Algorithm}]; taken {
			return nil, fmt.Errorf("jwks: two keys for %s have the same kid", k.Algorithm)
		}
		s.index.add(k)
		if k.ID == "" {
			s.unnamed.add(k)
		}
	}
	return s, nil
}

// Key implements [Keys]. It never waits, and its errors are those of
// [Set.Select].
func (s *Static) Key(_ context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	k, err := s.index.choose(kid, hasKid, alg)
	if errors.Is(err, ErrUnknown) {
		return s.unnamed.only(alg)
	}
	return k, err
}

// Holds implements [Keys].
func (s *Static) Holds(k *jwt.Key, _ time.Time) bool { return s.index.holds(k) }

// Keys returns the keys in the order in which they were given.
func (s *Static) Keys() []*jwt.Key { return s.keys }
