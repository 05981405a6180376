package authority

import (
	"errors"
	"net/netip"

	"github.com/edgeward/edgeward"
)

// allow refuses a client that guessed too often, before its credential is
// looked at.
func (a *Authority) allow(client netip.Addr) error {
	if a.Limits == nil {
		return nil
	}
	return a.Limits.Check(client)
}

// settle takes note of what became of a credential, and returns what to answer:
// err, or that the client guessed too often meanwhile.
func (a *Authority) settle(client netip.Addr, err error) error {
	if a.Limits == nil {
		return err
	}
	return a.Limits.Outcome(client, err)
}

// ignored is settle where a wrong credential is nothing to refuse.
func (a *Authority) ignored(client netip.Addr, err error) error {
	if err = a.settle(client, err); errors.Is(err, edgeward.TooManyFailures) {
		return err
	}
	return nil
}
