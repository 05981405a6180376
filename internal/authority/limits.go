package authority

import (
	"errors"
	"net/netip"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/ratelimit"
)

// allow refuses a client that guessed too often, before its credential is
// looked at.
func (a *Authority) allow(client netip.Addr) error {
	if a.Limits == nil {
		return nil
	}
	return a.Limits.Allow(ratelimit.Attempt{Client: client})
}

// settle takes note of what became of a credential, and returns what to answer:
// err, or that the client guessed too often meanwhile. id is who it proved.
func (a *Authority) settle(client netip.Addr, id *edgeward.Identity, err error) error {
	if a.Limits == nil {
		return err
	}
	attempt := ratelimit.Attempt{Client: client}
	if err == nil {
		attempt.Account = ratelimit.AccountOf(id)
	}
	return a.Limits.Settle(attempt, err)
}

// ignored is settle where a wrong credential is nothing to refuse.
func (a *Authority) ignored(client netip.Addr, err error) error {
	if err = a.settle(client, nil, err); errors.Is(err, edgeward.TooManyFailures) {
		return err
	}
	return nil
}
