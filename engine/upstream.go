package engine

import (
	"context"
	"fmt"
	"maps"
	"math/bits"
	"sync/atomic"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/fields"
)

// identityHeader returns the fields that name the identity to the upstream, and what
// they leave out. Those that are made for this request alone are put in a copy.
func (e *Engine) identityHeader(ctx context.Context, r *edgeward.Request, route *policy.Route, id *edgeward.Identity) (h edgeward.Header, omitted []string, err error) {
	h = id.Header()
	if set := route.Headers.Source(); set != nil {
		h, omitted = e.made.of(id, set)
	}
	if !route.Assertion && !route.Authorization.Replaces() {
		return h, omitted, nil
	}
	named := make(edgeward.Header, len(h)+2)
	maps.Copy(named, h)
	if route.Assertion {
		assertion, err := e.asserter.Assert(ctx, r, id)
		if err != nil {
			return nil, nil, fmt.Errorf("engine: assertion: %w", err)
		}
		named.Set(edgeward.HeaderAssertion, assertion)
	}
	authorization, left, err := e.authorization(ctx, route, id)
	if err != nil {
		return nil, nil, err
	}
	if authorization != "" {
		named.Set("Authorization", authorization)
	}
	if left != "" {
		omitted = append(omitted[:len(omitted):len(omitted)], left)
	}
	return named, omitted, nil
}

// authorization returns what the upstream gets in Authorization, "" for nothing.
func (e *Engine) authorization(ctx context.Context, route *policy.Route, id *edgeward.Identity) (field, omitted string, err error) {
	if !route.Authorization.WantsAccessToken() {
		field, omitted = route.Authorization.BasicOf(id)
		return field, omitted, nil
	}
	token, err := e.tokens.AccessToken(ctx, id)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("engine: the provider's access token: %w", err)
	case token == "":
		return "", "", nil
	case !credential.IsToken68(token):
		return "", "Authorization: the provider's access token is none of RFC 6750", nil
	}
	return "Bearer " + token, "", nil
}

// made remembers the fields that sets made of identities: what was made last in each
// of its places, so that its memory is bounded, whatever the caches of identities
// hold: by 16 MB, where all users have 7,700 bytes of groups. It is safe for concurrent
// use.
type made [1 << 11]atomic.Pointer[madeFields]

// madeFields are of one identity, which is known by its address: a copy that was edited
// is another one.
type madeFields struct {
	id      *edgeward.Identity
	set     *fields.Set
	header  edgeward.Header
	omitted []string
}

func (m *made) of(id *edgeward.Identity, set *fields.Set) (edgeward.Header, []string) {
	place := &m[placeOf(id, set)%uint64(len(m))]
	if made := place.Load(); made != nil && made.id == id && made.set == set {
		return made.header, made.omitted
	}
	fresh := &madeFields{id: id, set: set}
	fresh.header, fresh.omitted = set.HeaderOf(id)
	place.Store(fresh)
	return fresh.header, fresh.omitted
}

// placeOf mixes what tells identities apart, which is keyed by chance, with what tells
// sets apart.
func placeOf(id *edgeward.Identity, set *fields.Set) uint64 {
	n, handles := uint64(0), id.Handles()
	for i := range handles {
		n = bits.RotateLeft64(n, 7) ^ handles[i][0]
	}
	return n + set.Number
}
