package issuance_test

import (
	"net/netip"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
)

// A handle of a family gives access tokens at its host, where that is listed, until
// the family ends; then it is refused, and no failed attempt.
func TestAHandleOfAFamily(t *testing.T) {
	n := issuancetest.New(t)
	client := netip.MustParseAddr("192.0.2.1")
	r := &edgeward.Request{Host: "notes.example.net", ClientIP: client}
	pair, err := n.MintPair(t.Context(), issuance.By{}, issuance.Grant{Subject: "alice"}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	handle, ok := n.Families.Handle(pair.Family, r.Host)
	if !ok {
		t.Fatal("no handle")
	}
	mint := func() error {
		given, err := n.MintAccess(t.Context(), issuance.By{}, r, handle)
		if (err == nil) == given.AccessToken.IsZero() {
			t.Errorf("%+v beside %v", given, err)
		}
		return err
	}
	if err := mint(); edgeward.ReasonOf(err) != edgeward.SessionUnknown {
		t.Errorf("at a host that is not listed: %v", err)
	}
	n.Authority.Listed = func(host string) bool { return host == r.Host }
	if err := mint(); err != nil {
		t.Error(err)
	}
	if err := n.RevokeFamily(t.Context(), issuance.By{}, pair.Family, "logout"); err != nil {
		t.Fatal(err)
	}
	if err := mint(); edgeward.ReasonOf(err) != edgeward.RefreshRevoked {
		t.Errorf("of a family that has ended: %v", err)
	}
	if told := n.Limits.Told(client); len(told) > 0 {
		t.Errorf("failed attempts: %v", told)
	}
}
