package issuance

import (
	"errors"
	"net/netip"

	"github.com/edgeward/edgeward"
)

// Allow refuses, wrapping [edgeward.TooManyFailures], a client that guessed too
// often, before its credential is looked at.
func (a *Authority) Allow(client netip.Addr) error {
	if a.Limits == nil {
		return nil
	}
	return a.Limits.Check(client)
}

// Settle takes note of what became of a credential, and returns what to answer:
// err, or that the client guessed too often meanwhile.
func (a *Authority) Settle(client netip.Addr, err error) error {
	if a.Limits == nil {
		return err
	}
	return a.Limits.Outcome(client, err)
}

// ignored is Settle where a wrong credential is nothing to refuse.
func (a *Authority) ignored(client netip.Addr, err error) error {
	if err = a.Settle(client, err); errors.Is(err, edgeward.TooManyFailures) {
		return err
	}
	return nil
}
