package jwks

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// MaxSize bounds a key set in bytes. Whoever reads one stops there.
	MaxSize = 1 << 20
	// maxKeys bounds the keys of one set.
	maxKeys = 100
)

// errEmpty is what an issuer gets that publishes no key, as some do that sign with
// a secret.
var errEmpty = errors.New(`jwks: the set has no "keys" array, or an empty one; an issuer that signs with HS256 publishes no key: give its "secret" instead`)

// A Set is the usable keys of one issuer at one time. It is immutable and safe
// for concurrent use. The zero Set knows no key.
type Set struct {
	entries   []entry
	contested []label // claimed by different keys, none of which is used
	index     index
}

// An entry is one key with what makes it the same key in the next set.
type entry struct {
	print fingerprint
	key   *jwt.Key
	at    int // place in the set that was read, from 0
}

type fingerprint struct {
	thumbprint thumbprint
	kid        string
	alg        jwt.Algorithm
}

type thumbprint = [sha256.Size]byte

// Ignored is a key of a set that is not used, or not for every algorithm that it
// could serve. ErrPrivate in Err deserves an alarm, ErrContested a word to the
// issuer; ErrPurpose and ErrUnsupported are daily life.
type Ignored struct {
	Index int    // place in the set, from 0
	KeyID string // "" when it has none
	Err   error
}

// Parse reads a JWK set (RFC 7517 §5). A key that is weak, of no use or
// private is ignored and reported, and so is the public half of a private one
// wherever it stands. Different keys may share a kid as long as no two of them
// are usable with one algorithm; of those that are, neither is, and tokens that
// name them get [ErrContested]. A key that is there twice is one. The whole set
// is refused, with what was ignored until then, when it is not strict JSON,
// exceeds [MaxSize] or 100 keys, holds a symmetric key, or has no usable key at
// all: such a set was not meant, and an older one that was is better.
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
		lost    = map[thumbprint]bool{} // keys whose private half is published
	)
	for i, e := range elements {
		m, _ := e.Object() // no object has no kty either
		k, err := parseJWK(m)
		switch {
		case errors.Is(err, errSymmetric):
			return nil, ignored, err
		case errors.Is(err, ErrPrivate):
			lost[k.thumbprint()] = true
		case err == nil:
			err = s.add(k, i, imp)
		}
		if err != nil {
			ignored = append(ignored, Ignored{i, k.KeyID, err})
		}
	}
	ignored = append(ignored, s.settle(lost)...)
	if len(s.entries) == 0 {
		return nil, ignored, errors.New("jwks: the set has no usable key")
	}
	return &s, ignored, nil
}

// settle drops lost keys, copies, and what is contested, and makes the index.
func (s *Set) settle(lost map[thumbprint]bool) (ignored []Ignored) {
	first := make(map[label]entry, len(s.entries))
	contested := map[label]bool{}
	for _, e := range s.entries {
		l := label{e.print.kid, e.print.alg}
		other, taken := first[l]
		if !taken && !lost[e.print.thumbprint] {
			first[l] = e
		} else if taken && other.print != e.print && l.kid != "" && !lost[e.print.thumbprint] {
			contested[l] = true
		}
	}
	kept, copies := s.entries[:0], make(map[fingerprint]bool, len(s.entries))
	for _, e := range s.entries {
		switch l := (label{e.print.kid, e.print.alg}); {
		case lost[e.print.thumbprint]:
			ignored = leaveOut(ignored, e, ErrPrivate)
		case contested[l]:
			ignored = leaveOut(ignored, e, ErrContested)
		case !copies[e.print]:
			copies[e.print] = true
			kept = append(kept, e)
		}
	}
	s.entries, s.contested = kept, slices.Collect(maps.Keys(contested))
	s.index = indexOf(s.entries, s.contested)
	return ignored
}

// leaveOut reports the key of e once, whatever the number of its algorithms.
func leaveOut(ignored []Ignored, e entry, why error) []Ignored {
	if n := len(ignored); n > 0 && ignored[n-1].Index == e.at {
		return ignored
	}
	return append(ignored, Ignored{e.at, e.print.kid, why})
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
		return nil, errEmpty
	}
	if len(elements) == 0 {
		return nil, errEmpty
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
// refuses the whole when one of them is bad, or contested.
func NewSet(imp Importer, keys ...*JWK) (*Set, error) {
	var s Set
	for i, k := range keys {
		err := k.Check()
		if err == nil {
			err = s.add(k, i, imp)
		}
		if err != nil {
			return nil, fmt.Errorf("jwks: key %d: %w", i+1, err)
		}
	}
	if bad := s.settle(nil); len(bad) > 0 {
		return nil, fmt.Errorf("jwks: key %d: %w", bad[0].Index+1, bad[0].Err)
	}
	return &s, nil
}

// add imports k, which is number at, once and makes a jwt.Key for each of its
// algorithms.
func (s *Set) add(k *JWK, at int, imp Importer) error {
	public, err := imp(k)
	if err != nil {
		return err
	}
	thumbprint := k.thumbprint()
	for _, alg := range k.Algorithms() {
		key := &jwt.Key{ID: k.KeyID, Algorithm: alg, Public: public}
		s.entries = append(s.entries, entry{fingerprint{thumbprint, k.KeyID, alg}, key, at})
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
	next := Set{entries: make([]entry, len(s.entries)), contested: s.contested}
	for i, e := range s.entries {
		if key, found := known[e.print]; found {
			e.key = key
		}
		next.entries[i] = e
	}
	next.index = indexOf(next.entries, next.contested)
	return &next
}

// Select returns the one key for a token of kid and alg. Its errors are
// [ErrUnknown], [ErrAmbiguous], [ErrAlgorithm] and [ErrContested]. A token with a
// kid is served by the key of that kid and its algorithm only, one without by the
// only key of its algorithm.
func (s *Set) Select(kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	return s.index.choose(kid, hasKid, alg)
}

// Missing reports whether err, of [Set.Select], says that the set has no key for
// the token and a newer one may: one of a new kid, of a kid that gets a key of
// another algorithm beside the old one, or of a kid that is contested no more.
func Missing(err error) bool {
	return errors.Is(err, ErrUnknown) || errors.Is(err, ErrAlgorithm) || errors.Is(err, ErrContested)
}

// Lacks reports whether what [Set.Select] answers to w is [Missing].
func (s *Set) Lacks(w Wanted) bool {
	_, err := s.index.choose(w.keyID, w.keyID != "", w.alg)
	return Missing(err)
}

// absent is what the set says that there is not, which lacks w: the kid for any
// algorithm, if it has no such kid at all.
func (s *Set) absent(w Wanted) Wanted {
	if w.keyID != "" && !s.index.kids[w.keyID] {
		w.alg = ""
	}
	return w
}

// Holds reports whether k, by identity, is a key of the set.
func (s *Set) Holds(k *jwt.Key) bool { return s.index.holds(k) }

// Len returns how many keys s holds, each counted once however many algorithms
// it serves.
func (s *Set) Len() int {
	n, last := 0, -1
	for _, e := range s.entries {
		if e.at != last {
			n, last = n+1, e.at
		}
	}
	return n
}

// Keys returns the keys in the order of the set.
func (s *Set) Keys() []*jwt.Key {
	keys := make([]*jwt.Key, len(s.entries))
	for i, e := range s.entries {
		keys[i] = e.key
	}
	return keys
}
