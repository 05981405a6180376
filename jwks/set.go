package jwks

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward/internal/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// MaxSize bounds a key set in bytes. Whoever reads one stops there.
	MaxSize = 1 << 20
	// maxKeys bounds the keys of one set.
	maxKeys = 100
)

// A Set is the usable keys of one issuer at one time. It is immutable and safe
// for concurrent use. The zero Set knows no key.
type Set struct {
	entries []entry
	index   index
}

// An entry is one key with what makes it the same key in the next set.
type entry struct {
	print fingerprint
	key   *jwt.Key
}

type fingerprint struct {
	thumbprint [sha256.Size]byte
	kid        string
	alg        jwt.Algorithm
}

// Ignored is a key of a set that is not used. ErrPrivate in Err deserves an
// alarm; ErrPurpose and ErrUnsupported are daily life.
type Ignored struct {
	Index int    // place in the set, from 0
	KeyID string // "" when it has none
	Err   error
}

// Parse reads a JWK set (RFC 7517 §5). A key that is weak, of no use or
// private is ignored and reported. The whole set is refused, with what was
// ignored until then, when it is not strict JSON, exceeds [MaxSize] or 100
// keys, names a kid twice, holds a symmetric key, or has no usable key at all:
// such a set was not meant, and an older one that was is better.
//
// A key that names no alg becomes one [jwt.Key] for each algorithm of its
// family, so that a jwt.Key always has exactly one.
func Parse(data []byte, imp Importer) (*Set, []Ignored, error) {
	elements, err := keysMember(data)
	if err != nil {
		return nil, nil, err
	}
	var (
		s       Set
		ignored []Ignored
		seen    = make(map[string]bool, len(elements))
	)
	for i, e := range elements {
		m, _ := e.Object() // no object has no kty either
		k, err := parseJWK(m)
		if errors.Is(err, errSymmetric) {
			return nil, ignored, err
		}
		if k.KeyID != "" && seen[k.KeyID] {
			return nil, ignored, errors.New("jwks: the set names a kid twice")
		}
		seen[k.KeyID] = true
		if err == nil {
			err = s.add(k, imp)
		}
		if err != nil {
			ignored = append(ignored, Ignored{i, k.KeyID, err})
		}
	}
	if len(s.entries) == 0 {
		return nil, ignored, errors.New("jwks: the set has no usable key")
	}
	s.index = indexOf(s.entries)
	return &s, ignored, nil
}

func keysMember(data []byte) ([]strictjson.Value, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("jwks: the set is larger than %d bytes", MaxSize)
	}
	m, err := strictjson.Object(data)
	if err != nil {
		return nil, fmt.Errorf("jwks: the set: %w", err)
	}
	v, _ := m.Lookup("keys")
	elements, ok := v.Array()
	if !ok {
		return nil, errors.New(`jwks: the set has no "keys" array`)
	}
	if len(elements) > maxKeys {
		return nil, fmt.Errorf("jwks: the set has more than %d keys", maxKeys)
	}
	return elements, nil
}

// ParseKey reads one JWK that stands alone, with the checks of [Parse].
func ParseKey(data []byte) (*JWK, error) {
	m, err := strictjson.Object(data)
	if err != nil {
		return nil, fmt.Errorf("jwks: the key: %w", err)
	}
	k, err := parseJWK(m)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// NewSet makes a set of keys that its caller vouches for. Unlike [Parse] it
// refuses the whole when one of them is bad.
func NewSet(imp Importer, keys ...*JWK) (*Set, error) {
	var s Set
	seen := make(map[string]bool, len(keys))
	for i, k := range keys {
		if k.KeyID != "" && seen[k.KeyID] {
			return nil, errors.New("jwks: two keys have the same kid")
		}
		seen[k.KeyID] = true
		err := k.Check()
		if err == nil {
			err = s.add(k, imp)
		}
		if err != nil {
			return nil, fmt.Errorf("jwks: key %d: %w", i+1, err)
		}
	}
	s.index = indexOf(s.entries)
	return &s, nil
}

// add imports k once and makes a jwt.Key for each of its algorithms.
func (s *Set) add(k *JWK, imp Importer) error {
	public, err := imp(k)
	if err != nil {
		return err
	}
	thumbprint := k.thumbprint()
	for _, alg := range k.Algorithms() {
		key := &jwt.Key{ID: k.KeyID, Algorithm: alg, Public: public}
		s.entries = append(s.entries, entry{fingerprint{thumbprint, k.KeyID, alg}, key})
	}
	return nil
}

// Adopt returns the set in which each key that prev holds too, with the same
// RFC 7638 thumbprint, kid and alg, is prev's own *jwt.Key. Thus a key keeps
// its identity from refresh to refresh, and what a cache verified with it
// stays verified. A nil prev is empty.
func (s *Set) Adopt(prev *Set) *Set {
	if prev == nil {
		return s
	}
	known := make(map[fingerprint]*jwt.Key, len(prev.entries))
	for _, e := range prev.entries {
		known[e.print] = e.key
	}
	next := Set{entries: make([]entry, len(s.entries))}
	for i, e := range s.entries {
		if key, found := known[e.print]; found {
			e.key = key
		}
		next.entries[i] = e
	}
	next.index = indexOf(next.entries)
	return &next
}

// Select returns the one key for a token of kid and alg. Its errors are
// [ErrUnknown], [ErrAmbiguous] and [ErrAlgorithm]. A token with a kid is served
// by the key of that kid only, one without by the only key of its algorithm.
func (s *Set) Select(kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	return s.index.choose(kid, hasKid, alg)
}

// Holds reports whether k, by identity, is a key of the set.
func (s *Set) Holds(k *jwt.Key) bool { return s.index.holds(k) }

// Keys returns the keys in the order of the set.
func (s *Set) Keys() []*jwt.Key {
	keys := make([]*jwt.Key, len(s.entries))
	for i, e := range s.entries {
		keys[i] = e.key
	}
	return keys
}
