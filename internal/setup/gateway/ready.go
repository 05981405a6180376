package gateway

import (
	"errors"
	"fmt"
	"slices"
)

// Ready returns nil when this node can serve: the store answers and has told what
// is revoked, every key set was asked for once, and somebody can prove who they
// are: by one of the key sets that can verify (its last good copy is within the hard
// cap), or by a credential of our own. An issuer whose keys cannot be had makes its
// own routes 503 and not the node; see [System.Degraded]. With
// admin.strict_readiness every key set has to verify. The error says what cannot,
// and why.
func (s *System) Ready() error {
	var all []error
	if s.state != nil {
		all = append(all, s.state.Ready())
	}
	sets := s.KeySets()
	able := s.Config.Sessions != nil || s.Config.APIKeys != nil || s.Config.Tokens.Keys != "" ||
		slices.ContainsFunc(sets, func(k KeySet) bool { return k.Usable })
	for i := range sets {
		k := &sets[i]
		begins := k.Remote && k.Fetches == 0 // traffic that comes now would find no keys that it may find in a second
		if !k.Usable && (s.Config.Admin.StrictReadiness || !able || begins) {
			all = append(all, k.trouble())
		}
	}
	return errors.Join(all...)
}

// Degraded returns the error of every key set that cannot verify, in the order of
// [System.KeySets]: what is asked of those issuers is answered with 503.
func (s *System) Degraded() (all []error) {
	sets := s.KeySets()
	for i := range sets {
		if !sets[i].Usable {
			all = append(all, sets[i].trouble())
		}
	}
	return all
}

func (k *KeySet) trouble() error {
	if k.Err == nil {
		return fmt.Errorf("key set of %s: it was not fetched yet", k.Issuer)
	}
	return fmt.Errorf("key set of %s: %w", k.Issuer, k.Err)
}
