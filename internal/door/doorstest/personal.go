package doorstest

import (
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance/personal"
	"github.com/edgeward/edgeward/revocation"
)

// accountOf is what is known of the users of personal tokens: carol has not signed in
// for long, no one knows dave, and of erin it cannot be told.
func accountOf(_ context.Context, of, subject string) (personal.Account, error) {
	known := personal.Account{
		Permissions: []string{"orders:read", "orders:write"}, Changed: 1, Confirmed: time.Now(),
		Profile: &edgeward.Profile{Username: "al", Groups: []string{"staff"}, ACR: "mfa", AuthTime: time.Now()},
	}
	switch {
	case of != issuer || subject == "dave":
		return personal.Account{}, personal.ErrNoAccount
	case subject == "carol":
		known.Confirmed = time.Now().Add(-91 * 24 * time.Hour)
	case subject == "erin":
		return personal.Account{}, errors.New("planted")
	}
	return known, nil
}

// issuePersonal issues a token for each of some users, and ends frank's, and
// everything of grace.
func (m *memory) issuePersonal(t testing.TB) {
	t.Helper()
	var err error
	m.personal, err = personal.New(personal.Config{Keys: m.keys, Account: accountOf, ConfirmWithin: 90 * 24 * time.Hour})
	must(t, err)
	m.tokens = map[string]string{}
	for _, subject := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace"} {
		secret, k, err := m.keys.CreatePersonal(t.Context(), apikey.Grant{
			Issuer: issuer, Subject: subject, Name: "x", Permissions: []string{"orders:read", "orders:delete"}, Expires: time.Now().Add(time.Hour),
		}, 1)
		must(t, err)
		m.tokens[subject] = secret.Reveal()
		if subject == "frank" {
			m.revoke(t, revocation.Entry{Scope: revocation.APIKey, Value: k.ID})
		}
	}
	m.revoke(t, revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "grace"})
}

func basic(pair string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

// personalTokens: what one proves, in each of its places, and that it is nothing else.
func (s *System) personalTokens() []row {
	own := s.tokens["alice"]
	bearing, key, password := "Authorization: Bearer "+own, "X-API-Key: "+own, basic("alice:"+own)
	user := map[string]string{"X-Auth-Subject": "alice", "X-Auth-Issuer": issuer, "X-Auth-Method": "personal_token", "X-Auth-Permissions": "orders:read", "X-Auth-Session": ""}
	gone := map[string]string{"Authorization": "", "X-Api-Key": ""}
	const bearerChallenge, basicChallenge = `Bearer realm="edgeward"`, `Basic realm="edgeward", charset="UTF-8"`
	both := map[string]string{"Www-Authenticate": bearerChallenge + ", " + basicChallenge}
	alone := map[string]string{"Www-Authenticate": bearerChallenge}
	rows := []row{
		{rule: "its limits and its user's permissions, both", request: get("/own/deleted", bearing), want: edgeward.InsufficientScope},
		{rule: "what its user may, but not it", request: get("/own/admin", bearing), want: edgeward.InsufficientScope},
		{rule: "a user's name at the provider", request: get("/own/x", basic("al:"+own)), want: edgeward.Authenticated, seen: user},
		{rule: "no user name", request: get("/own/x", basic(":"+own)), want: edgeward.Authenticated, seen: user},
		{rule: "another user's token with one's own name", request: get("/own/x", basic("alice:"+s.tokens["bob"])), want: edgeward.PersonalUsername},
		{rule: "one's own token with another's name", request: get("/own/x", basic("bob:"+own)), want: edgeward.PersonalUsername},
		{rule: "a user who has not signed in for long", request: get("/own/x", "X-API-Key: "+s.tokens["carol"]), want: edgeward.PersonalUnconfirmed},
		{rule: "a user who is gone", request: get("/own/x", "X-API-Key: "+s.tokens["dave"]), want: edgeward.PersonalUnconfirmed},
		{rule: "an account that cannot be read", request: get("/own/x", "X-API-Key: "+s.tokens["erin"]), want: edgeward.Unavailable},
		{rule: "a session does not make up for it", request: get("/own/x", "X-API-Key: "+s.tokens["carol"], cookieOf(s.cookie)), want: edgeward.PersonalUnconfirmed},
		{rule: "one that was ended", request: get("/own/x", "X-API-Key: "+s.tokens["frank"]), want: edgeward.CredentialRevoked},
		{rule: "one of a user who was revoked", request: get("/own/x", basic("grace:"+s.tokens["grace"])), want: edgeward.CredentialRevoked},
		{rule: "an operator's key beside, where both are taken", request: get("/own/x", "X-API-Key: "+s.apiKey), want: edgeward.Authenticated, seen: map[string]string{"X-Auth-Method": "api_key"}},
		{rule: "an operator's key where users' alone are taken", request: get("/scripts/x", "X-API-Key: "+s.apiKey), want: edgeward.CredentialMissing},
		{rule: "an operator's key as password", request: get("/scripts/x", basic("robot:"+s.apiKey)), want: edgeward.CredentialMissing},
		{rule: "a guess", request: get("/scripts/x", "X-API-Key: ew_live_0"+own[len("ew_live_0"):len(own)-1]+"x").from(guesser(4)), want: edgeward.APIKeyInvalid},
		{rule: "one in the URL is none", request: get("/scripts/x?api_key=" + own), want: edgeward.CredentialMissing},
		{rule: "two of them", request: get("/own/x", bearing, key), want: edgeward.AmbiguousCredential},
		{rule: "HTTP Basic that cannot be read", request: get("/scripts/x", "Authorization: Basic !"), want: edgeward.CredentialMalformed},
		{rule: "the application's password proves nothing here", request: get("/scripts/x", basic("alice:secret")), want: edgeward.CredentialMissing, answer: both},

		{rule: "a route without them: as bearer token", request: get("/chain/x", bearing), want: edgeward.CredentialMissing},
		{rule: "a route without them: as API key", request: get("/chain/x", key), want: edgeward.CredentialMissing},
		{rule: "a route without them: as password", request: get("/chain/x", password), want: edgeward.CredentialMissing, answer: alone},
		{rule: "a route without them: beside a session it stays here", request: get("/chain/x", password, cookieOf(s.cookie)), want: edgeward.Authenticated, carried: gone},
		{rule: "a public route: it stays here", request: get("/public/x", password), want: edgeward.Public, carried: gone},
		{rule: "a public route that forwards: it stays here, too", request: get("/public/kept", password, key), want: edgeward.Public, carried: gone},
		{rule: "a public route: the application's password travels", request: get("/public/x", basic("alice:secret")), want: edgeward.Public, carried: map[string]string{"Authorization": basic("alice:secret")[len("Authorization: "):]}},
		{rule: "a route that forwards what it was given", request: get("/own/kept", bearing), want: edgeward.Authenticated, carried: map[string]string{"Authorization": bearing[len("Authorization: "):]}},

		{rule: "a program is asked for HTTP Basic", request: get("/own/x"), want: edgeward.CredentialMissing, answer: both},
		{rule: "a script of a page is not: a browser would ask its user", request: get("/own/x", "Sec-Fetch-Mode: cors"), want: edgeward.CredentialMissing, answer: alone},
		{rule: "nor one of an old browser", request: get("/own/x", "X-Requested-With: XMLHttpRequest"), want: edgeward.CredentialMissing, answer: alone},
		{rule: "a user's browser is where there is no sign-in", request: get("/scripts/x", "Sec-Fetch-Mode: navigate"), want: edgeward.CredentialMissing, answer: both},
		{rule: "and is sent to the sign-in where there is one", request: get("/own/x", "Sec-Fetch-Mode: navigate"), want: edgeward.CredentialMissing, location: signIn + "?return_to=%2Fown%2Fx"},
	}
	for place, field := range map[string]string{"as bearer token": bearing, "as API key": key, "as password": password} {
		rows = append(rows, row{rule: "a personal token " + place, request: get("/own/x", field), want: edgeward.Authenticated, seen: user, carried: gone})
	}
	return rows
}
