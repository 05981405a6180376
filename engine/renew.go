package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/edgeward/edgeward"
)

// renewed asks s for a fresh credential where the one of r is absent or has
// expired. What cannot be renewed is absent: the next strategy may look, and the
// person signs in.
func (s *Strategy) renewed(ctx context.Context, r *edgeward.Request, err error) (proof, error) {
	if reason := edgeward.ReasonOf(err); reason != edgeward.CredentialMissing && reason != edgeward.TokenExpired {
		return proof{}, err
	}
	fresh, err := s.Renew.Renew(ctx, r)
	switch {
	case err == nil && fresh.Identity.Sealed():
		return proof{fresh.Identity, fresh.Credential, fresh.Cookies}, nil
	case err == nil:
		return proof{}, errNobody
	}
	switch edgeward.ReasonOf(err) {
	case edgeward.Unavailable, edgeward.Undecided,
		edgeward.TooManyFailures,                                // who guesses waits
		edgeward.AmbiguousCredential, edgeward.MalformedRequest: // two readings get no second chance
		return proof{}, err
	}
	return proof{}, edgeward.CredentialMissing
}

var errNobody = errors.New("engine: a renewal returned an identity that edgeward.NewIdentity did not make")

// renew lets d give the client what was renewed, also when d refuses: the next
// request need not renew again. The fields of d are shared, so they are copied.
func (p *proof) renew(d edgeward.Decision) edgeward.Decision {
	if len(p.cookies) == 0 {
		return d
	}
	response := maps.Clone(d.Response)
	if response == nil {
		response = edgeward.Header{}
	}
	response["Set-Cookie"] = slices.Concat(response["Set-Cookie"], p.cookies)
	d.Response = response
	return d
}
