package refresh

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
)

const (
	rowVersion = 1
	// accountVersion is that of a family whose user has an account: a program that does
	// not know of those must not believe the row alone.
	accountVersion = 2
)

// row returns the family as it is kept. The id is in the key.
func (f *Family) row() []byte {
	version := int64(rowVersion)
	if f.Account != (Account{}) {
		version = accountVersion
	}
	w := record.New(version)
	w.String("issuer", f.Issuer)
	w.String("subject", f.Subject)
	w.Strings("permissions", f.Permissions)
	w.String("client_id", f.ClientID)
	w.String("generation", strconv.FormatUint(f.Generation, 10)) // 64 bits, more than a JSON number is sure to hold
	w.Time("created", f.Created)
	w.Time("rotated_at", f.Rotated)
	w.Time("expires", f.Expires)
	w.Time("revoked_at", f.RevokedAt)
	w.String("revoked_because", f.RevocationReason)
	w.String("client_ip", f.Client.IP.String())
	w.String("user_agent", f.Client.UserAgent)
	if len(f.Hosts) > 0 {
		w.Strings("hosts", f.Hosts)
	}
	if version == accountVersion {
		w.String("account_issuer", f.Account.Issuer)
		w.String("account_subject", f.Account.Subject)
	}
	w.Optional("acr", f.ACR)
	w.Time("auth_time", f.AuthTime)
	return w.End()
}

// parseRow reads a row. Its errors mean "could not tell": a row that cannot be
// read is never one that does not exist.
func parseRow(id familyID, data []byte) (Family, error) {
	r, err := record.ReadAny(data, rowVersion, accountVersion)
	if err != nil {
		return Family{}, fmt.Errorf("refresh: %w", err)
	}
	f := Family{
		ID:               id.String(),
		Grant:            Grant{Issuer: r.String("issuer"), Subject: r.String("subject"), Permissions: r.Strings("permissions"), ClientID: r.String("client_id"), AuthTime: r.Time("auth_time")},
		Created:          r.Time("created"),
		Rotated:          r.Time("rotated_at"),
		Expires:          r.Time("expires"),
		RevokedAt:        r.Time("revoked_at"),
		RevocationReason: r.String("revoked_because"),
		Client:           edgeward.Client{UserAgent: r.String("user_agent")},
	}
	if r.Has("acr") {
		f.ACR = r.String("acr")
	}
	if r.Has("hosts") {
		f.Hosts = r.Strings("hosts")
	}
	if r.Version() == accountVersion {
		f.Account = Account{r.String("account_issuer"), r.String("account_subject")}
		r.Require("account_issuer", f.Account.Issuer != "" && f.Account.Subject != "")
	}
	f.Generation, err = strconv.ParseUint(r.String("generation"), 10, 64)
	r.Require("generation", err == nil && f.Generation > 0)
	f.Client.IP, err = parseAddr(r.String("client_ip"))
	r.Require("client_ip", err == nil)
	r.Require("issuer", f.Issuer != "")
	r.Require("subject", f.Subject != "")
	r.Require("created", !f.Created.IsZero())
	r.Require("rotated_at", !f.Rotated.IsZero())
	r.Require("expires", !f.Expires.IsZero())
	r.Require("revoked_because", f.isRevoked() == !f.RevokedAt.IsZero()) // no half revocation
	if err := r.Err(); err != nil {
		return Family{}, fmt.Errorf("refresh: %w", err)
	}
	return f, nil
}

// parseAddr reads what netip.Addr.String writes, the zero Addr included.
func parseAddr(s string) (netip.Addr, error) {
	if s == (netip.Addr{}).String() {
		return netip.Addr{}, nil
	}
	return netip.ParseAddr(s)
}
