package doorstest

import (
	"context"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// renewing is a strategy whose credential, a cookie, can be renewed by another.
const renewing = "cookie"

// freshToken is what it is renewed to.
const freshToken = "e30.e30.fresh"

// A renewer renews for whoever has a refresh cookie.
type renewer struct{}

func (renewer) Renew(_ context.Context, r *edgeward.Request) (edgeward.Renewed, error) {
	if _, err := credential.Cookie(cookie.Refresh)(r); err != nil {
		return edgeward.Renewed{}, err
	}
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: issuer, Subject: "alice", Method: renewing})
	return edgeward.Renewed{
		Identity:   id,
		Credential: edgeward.Credential{Value: edgeward.NewSecret(freshToken), Header: "Cookie", Cookie: cookie.Access},
		Cookies:    []string{cookie.Access + "=" + freshToken, cookie.Refresh + "=ewr_next"},
	}, err
}

// renewals: what has expired is renewed on the way.
func (s *System) renewals(t testing.TB) []row {
	refresh := "Cookie: a=1; " + cookie.Refresh + "=ewr_old"
	expired := refresh + "; " + cookie.Access + "="
	given := map[string]string{
		"Set-Cookie":    cookie.Access + "=" + freshToken + ", " + cookie.Refresh + "=ewr_next",
		"Cache-Control": "no-store", "Cdn-Cache-Control": "", "Vary": "Origin",
	}
	return []row{
		{rule: "what is gone is renewed", request: get("/renewed/x", refresh), want: edgeward.Authenticated,
			answer: given, seen: map[string]string{"X-Auth-Subject": "alice"}, carried: map[string]string{"Cookie": "a=1"}},
		{rule: "what has expired is renewed", request: get("/renewed/x", expired+s.expired(t)), want: edgeward.Authenticated,
			answer: given, carried: map[string]string{"Cookie": "a=1"}},
		{rule: "an application that is given the credential is given the fresh one", request: get("/renewed/kept", "Cookie: a=1; "+cookie.Access+"="+s.expired(t)+"; "+cookie.Refresh+"=ewr_old"),
			want:    edgeward.Authenticated,
			carried: map[string]string{"Cookie": "a=1; " + cookie.Access + "=" + freshToken}},
		{rule: "10: no cache keeps it, whatever the route sets", request: get("/renewed/cached/x", refresh), want: edgeward.Authenticated, answer: given},
		{rule: "10: nor a refusal that brings it", request: get("/renewed/cached/admin", refresh), want: edgeward.InsufficientScope, answer: given},
		{rule: "a refusal brings it, too", request: get("/renewed/admin", refresh), want: edgeward.InsufficientScope, answer: given},
		{rule: "nothing is renewed without anything to renew by", request: get("/renewed/x", "Cookie: a=1"), want: edgeward.CredentialMissing, answer: map[string]string{"Set-Cookie": ""}},
		{rule: "22: a refresh cookie that came twice renews nothing, and goes", request: get("/renewed/x", refresh+"; "+cookie.Refresh+"=x"), want: edgeward.AmbiguousCredential,
			answer: map[string]string{"Set-Cookie": cookie.Clear(cookie.Refresh) + ", " + cookie.ClearPlanted(cookie.Refresh)}},
		{rule: "what is good is left alone", request: get("/renewed/x", refresh+"; "+cookie.Access+"="+s.Token), want: edgeward.Authenticated,
			answer: map[string]string{"Set-Cookie": ""}},
		{rule: "what is forged is not made good", request: get("/renewed/x", expired+s.Token[:len(s.Token)-2]+"AA").from(guesser(5)), want: edgeward.TokenSignature,
			answer: map[string]string{"Set-Cookie": ""}},
	}
}
