package issuance

import (
	"errors"
	"net/netip"

	"github.com/edgeward/edgeward"
)

// CheckLimit refuses, wrapping [edgeward.TooManyFailures], a client that guessed too
// often, before its credential is looked at.
func (a *Authority) CheckLimit(client netip.Addr) error {
	if a.Limits == nil {
		return nil
	}
	return a.Limits.Check(client)
}

// RecordAttempt takes note of what became of a credential, and returns what to answer:
// err, or that the client guessed too often meanwhile.
func (a *Authority) RecordAttempt(client netip.Addr, err error) error {
	if a.Limits == nil {
		return err
	}
	return a.Limits.Record(client, err)
}

// ignored is Settle where a wrong credential is nothing to refuse.
func (a *Authority) ignored(client netip.Addr, err error) error {
	if err = a.RecordAttempt(client, err); errors.Is(err, edgeward.TooManyFailures) {
		return err
	}
	return nil
}
