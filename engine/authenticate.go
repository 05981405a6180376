package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy"
)

// A Strategy is one way to prove an identity, under the name that routes use.
type Strategy struct {
	Name        string
	Source      edgeward.Source
	Verifier    edgeward.Verifier
	Interactive bool             // a person gets such a credential by signing in
	Basic       bool             // HTTP Basic can carry it
	Renew       edgeward.Renewer // nil: what has expired has expired
}

// check refuses a strategy that could not prove anything.
func (s *Strategy) check() error {
	switch {
	case s.Name == "":
		return errors.New("engine: a strategy has no name")
	case s.Source == nil:
		return fmt.Errorf("engine: strategy %q has no source to find its credential", s.Name)
	case s.Verifier == nil:
		return fmt.Errorf("engine: strategy %q has no verifier", s.Name)
	}
	return nil
}

// strategy finds a strategy by name. There are three or four: a scan beats a map.
func (e *Engine) strategy(name string) *Strategy {
	for i := range e.strategies {
		if e.strategies[i].Name == name {
			return &e.strategies[i]
		}
	}
	return nil
}

// authenticate lets the route's strategies look in their order. The first
// credential that is present decides; what happens after it failed is the
// route's fallback. An absent credential is not a failure.
//
// What it reports is the first failure: when the token could not be checked and
// there is no session either, the answer is "could not tell", not "log in".
func (e *Engine) authenticate(ctx context.Context, r *edgeward.Request, route *policy.Route) (proof, error) {
	var first error
	for _, name := range route.Authenticate {
		proven, err := e.prove(ctx, r, e.strategy(name))
		if err == nil {
			return proven, nil
		}
		reason := edgeward.ReasonOf(err)
		if reason == edgeward.CredentialMissing {
			continue
		}
		if first == nil {
			first = err
		}
		if !mayFallBack(route.Fallback, reason) {
			break
		}
	}
	if first == nil {
		first = edgeward.CredentialMissing
	}
	return proof{}, first
}

// A proof is an identity and the credential that proved it.
type proof struct {
	identity   *edgeward.Identity
	credential edgeward.Credential
	cookies    []string // Set-Cookie values of what was renewed on the way
}

// prove has one strategy find its credential and say whose it is. One that has
// expired, or that the browser has dropped for that reason, may be renewed.
func (e *Engine) prove(ctx context.Context, r *edgeward.Request, s *Strategy) (proven proof, err error) {
	if proven.credential, err = s.Source(r); err == nil {
		proven.identity, err = e.verify(ctx, r, s, proven.credential)
	}
	if err != nil && s.Renew != nil {
		return s.renewed(ctx, r, err)
	}
	return proven, err
}

// verify has the strategy say whose a credential is, unless the client has
// guessed too often. Only who presents something can guess.
func (e *Engine) verify(ctx context.Context, r *edgeward.Request, s *Strategy, c edgeward.Credential) (*edgeward.Identity, error) {
	if e.limits == nil {
		return s.verified(ctx, r, c)
	}
	if err := e.limits.Check(r.ClientIP); err != nil {
		return nil, err
	}
	identity, err := s.verified(ctx, r, c)
	if err = e.limits.Record(r.ClientIP, err); err != nil {
		return nil, err
	}
	return identity, nil
}

// verified asks the Verifier, and refuses an identity that
// [edgeward.NewIdentity] did not make: it would pass without a name for the
// upstream, and no revocation would find it.
func (s *Strategy) verified(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	identity, err := s.Verifier.Verify(ctx, r, c)
	if err == nil && !identity.Sealed() {
		return nil, errUnsealed
	}
	return identity, err
}

// errUnsealed wraps no Reason: the credential may be good, the Verifier is not.
var errUnsealed = errors.New("engine: a strategy returned an identity that edgeward.NewIdentity did not make")

// mayFallBack reports whether the next strategy may look after one failed. A
// request that could be read in two ways (400) never gets a second chance.
func mayFallBack(fallback policy.Fallback, reason edgeward.Reason) bool {
	switch fallback {
	case policy.FallbackAny:
		return reason.Status() == 401 || reason == edgeward.Unavailable
	case policy.FallbackUnavailable:
		return reason == edgeward.Unavailable
	default:
		return false
	}
}
