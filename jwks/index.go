package jwks

import "github.com/edgeward/edgeward/jwt"

// An index finds a key in constant time whatever a token names.
type index struct {
	keys   map[label]*jwt.Key // nil where different keys claim one label
	kids   map[string]bool
	sole   map[jwt.Algorithm]*jwt.Key // nil when several keys do the algorithm
	member map[*jwt.Key]bool
}

// A label is what a token names a key by. One kid may stand for several keys,
// each with its own algorithm (RFC 7517 §4.5).
type label struct {
	kid string
	alg jwt.Algorithm
}

func newIndex(size int) index {
	return index{
		keys:   make(map[label]*jwt.Key, size),
		kids:   make(map[string]bool, size),
		sole:   make(map[jwt.Algorithm]*jwt.Key),
		member: make(map[*jwt.Key]bool, size),
	}
}

func indexOf(entries []entry, contested []label) index {
	x := newIndex(len(entries))
	for _, e := range entries {
		x.add(e.key)
	}
	for _, l := range contested {
		x.keys[l], x.kids[l.kid], x.sole[l.alg] = nil, true, nil
	}
	return x
}

func (x *index) add(k *jwt.Key) {
	x.member[k] = true
	if _, taken := x.sole[k.Algorithm]; taken {
		x.sole[k.Algorithm] = nil
	} else {
		x.sole[k.Algorithm] = k
	}
	if k.ID != "" {
		x.keys[label{k.ID, k.Algorithm}] = k
		x.kids[k.ID] = true
	}
}

func (x *index) choose(kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error) {
	if !hasKid || kid == "" {
		return x.only(alg)
	}
	switch k, found := x.keys[label{kid, alg}]; {
	case k != nil:
		return k, nil
	case found:
		return nil, ErrContested
	case x.kids[kid]:
		return nil, ErrAlgorithm
	}
	return nil, ErrUnknown
}

// only returns the sole key that does alg.
func (x *index) only(alg jwt.Algorithm) (*jwt.Key, error) {
	k, found := x.sole[alg]
	switch {
	case !found:
		return nil, ErrUnknown
	case k == nil:
		return nil, ErrAmbiguous
	}
	return k, nil
}

func (x *index) holds(k *jwt.Key) bool { return k != nil && x.member[k] }
