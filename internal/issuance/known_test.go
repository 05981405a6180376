package issuance_test

import (
	"errors"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// A revocation of what nobody knows would be a success that ended nothing.
func TestWhatIsKnownToBeRevoked(t *testing.T) {
	n := withProvider(t)
	_, s := signIn(t, n)
	pair := mint(t, n)
	_, key := createKey(t, n)
	if _, _, err := n.CreateSession(t.Context(), operator, session.Grant{Issuer: "https://removed.example", Subject: "alice"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Revoke(t.Context(), operator, revocation.Entry{Scope: revocation.APIKey, Value: "before"}); err != nil {
		t.Fatal(err)
	}
	kid := n.Minter.Ring.Keys()[0].ID
	secret, err := jwt.HMACKey("", jwt.HS256, edgeward.NewSecret("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	unnamed, err := jwks.NewStatic(secret)
	if err != nil {
		t.Fatal(err)
	}
	n.Accepts = append(n.Accepts, issuance.Accepted{Issuer: "https://unnamed.example", Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: unnamed})
	for rule, row := range map[string]struct {
		scope         revocation.Scope
		issuer, value string
		want          error
	}{
		"a session":                         {revocation.Session, "", s.ID, nil},
		"a session that is none":            {revocation.Session, "", "x", issuance.ErrUnknown},
		"a family by the scope of sessions": {revocation.Session, "", pair.Family, issuance.ErrUnknown},
		"a sign-in at the console":          {revocation.Session, "", "console/x", issuance.ErrUnknown},
		"a family":                          {revocation.Family, "", pair.Family, nil},
		"a family that is none":             {revocation.Family, "", s.ID, issuance.ErrUnknown},
		"an API key":                        {revocation.APIKey, "", key.ID, nil},
		"an API key that is none":           {revocation.APIKey, "", "x", issuance.ErrUnknown},
		"what was revoked before":           {revocation.APIKey, "", "before", nil},
		"our issuer":                        {revocation.Issuer, "", issuancetest.Issuer, nil},
		"an issuer of bearer tokens":        {revocation.Issuer, "", issuancetest.Foreign, nil},
		"a provider":                        {revocation.Issuer, "", provider, nil},
		"a provider that was removed":       {revocation.Issuer, "", "https://removed.example", nil},
		"an issuer with a slash too many":   {revocation.Issuer, "", issuancetest.Foreign + "/", issuance.ErrIssuer},
		"a token of a known issuer":         {revocation.Token, issuancetest.Foreign, "jti", nil},
		"a token of nobody":                 {revocation.Token, "https://other.example", "jti", issuance.ErrIssuer},
		"a token of a provider":             {revocation.Token, provider, "jti", issuance.ErrIssuer}, // its ID tokens open nothing
		"our key":                           {revocation.Key, issuancetest.Issuer, kid, nil},
		"a key that we never had":           {revocation.Key, issuancetest.Issuer, "x", issuance.ErrUnknown},
		"another issuer's key":              {revocation.Key, issuancetest.Foreign, issuancetest.ForeignKey, nil},
		"a key that it never had":           {revocation.Key, issuancetest.Foreign, kid, issuance.ErrUnknown},
		"a key of nobody":                   {revocation.Key, "https://other.example", "k1", issuance.ErrIssuer},
		"a kid where the key has none":      {revocation.Key, "https://unnamed.example", "k1", issuance.ErrUnknown},
		"a subject of a known issuer":       {revocation.Subject, issuancetest.Foreign, "alicia", nil},
		"a logout of nobody's subject":      {revocation.Logout, "https://other.example", "alice", issuance.ErrIssuer},
		"what no entry can say":             {revocation.Session, "https://other.example", s.ID, issuance.ErrGrant},
	} {
		err := n.MustKnow(t.Context(), revocation.Entry{Scope: row.scope, Issuer: row.issuer, Value: row.value})
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	n.Store.Follow(func(storetest.Operation) storetest.Fault { return storetest.Fault{Before: storetest.ErrInjected} })
	for _, e := range []revocation.Entry{
		{Scope: revocation.Session, Value: s.ID}, {Scope: revocation.Family, Value: pair.Family}, {Scope: revocation.APIKey, Value: key.ID},
	} {
		if err := n.MustKnow(t.Context(), e); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable || errors.Is(err, issuance.ErrUnknown) {
			t.Errorf("%s, with a store that does not answer: %v", e.Scope, err)
		}
	}
}
