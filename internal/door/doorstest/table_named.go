package doorstest

import (
	"context"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/fields"
)

// naming is the strategy by which an identity has a profile.
const naming = "naming"

// A namer says more of the subject that a verifier has proved.
type namer struct{ edgeward.Verifier }

func (n namer) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	proven, err := n.Verifier.Verify(ctx, r, c)
	if err != nil {
		return nil, err
	}
	return edgeward.NewIdentity(edgeward.Identity{
		Issuer: proven.Issuer, Subject: proven.Subject, Method: naming, Permissions: proven.Permissions, TokenID: proven.TokenID,
		IssuedAt: proven.IssuedAt, Expires: proven.Expires,
		Profile: &edgeward.Profile{Username: "zoe", Email: "zoe@example.com", Name: "Zoë Ünal", Groups: []string{"admins", "dev,ops", "größe"}},
	})
}

// namedFiles are routes that name the user by fields of their own.
func namedFiles() []policy.File {
	named := policy.Require(naming)
	return []policy.File{
		{Path: "named/_middleware", Statement: named.Headers(append(fields.Preset("remote-user"), fields.Preset("x-forwarded")...)...)},
		{Path: "named/grafana", Statement: policy.Statement{}.Headers(append(fields.Preset("grafana"), fields.Field{Name: "X-Spelled", From: fields.Name, Encoding: fields.QuotedPrintable})...)},
		{Path: "named/none", Statement: policy.Statement{}.Headers()},
		{Path: "named/basic", Statement: policy.Statement{}.Authorization(fields.Basic(fields.Username, edgeward.NewSecret("the application's")))},
		{Path: "named/token", Statement: policy.Statement{}.Authorization(fields.AccessToken())},
		{Path: "named/nameless", Statement: policy.Statement{}.Authorization(fields.Basic(fields.Session, edgeward.NewSecret("x")))},
		{Path: "public/basic", Statement: policy.Statement{}.Authorization(fields.Basic(fields.Username, edgeward.NewSecret("x")))},
		{Path: "named/edited/_middleware", Statement: policy.Statement{}.
			RequestHeaders(map[string]string{"X-Tenant": "red", "Accept-Language": "de"}, "Referer").
			ResponseHeaders(map[string]string{"Strict-Transport-Security": "max-age=600", "Cache-Control": "public, max-age=1"}, "X-Powered-By")},
		{Path: "renewed/cached/_middleware", Statement: policy.Statement{}.ResponseHeaders(map[string]string{"Cache-Control": "public", "Cdn-Cache-Control": "max-age=60"})},
		{Path: "renewed/cached/admin", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "named/proxied", Statement: policy.Statement{}.Headers(fields.Field{Name: "X-Auth-Request-User", From: fields.Subject})},
	}
}

// providers give one access token for everybody.
type providers struct{}

func (providers) AccessToken(_ context.Context, id *edgeward.Identity) (string, error) {
	if id.Subject != "alice" {
		return "", nil
	}
	return "of-the-provider", nil
}

// edited are rows about what routes set and remove, and what stands in Authorization.
func edited(token string) []row {
	const basic = "Authorization: Basic eA=="
	return []row{
		{rule: "10: fields are set and removed", request: get("/named/edited/x", token, "X-Tenant: "+Evil, "Accept-Language: fr", "Referer: https://a.example/", "X-Other: kept"), want: edgeward.Authenticated,
			seen:   map[string]string{"X-Tenant": "red", "Accept-Language": "de", "Referer": "", "X-Other": "kept", "Remote-User": "zoe"},
			edited: map[string]string{"Strict-Transport-Security": "max-age=600", "Cache-Control": "public, max-age=1", "X-Powered-By": ""}},
		{rule: "10: also where the client sends none", request: get("/named/edited/x", token), want: edgeward.Authenticated, seen: map[string]string{"X-Tenant": "red", "Accept-Language": "de"}},
		{rule: "10: what is set on answers is on refusals, too", request: get("/named/edited/x"), want: edgeward.CredentialMissing,
			edited: map[string]string{"Strict-Transport-Security": "max-age=600", "Cache-Control": "no-store"}},
		{rule: "10: what one route sets no client can send to another", request: get("/api/orders", token, "X-Tenant: "+Evil), want: edgeward.Authenticated, seen: map[string]string{"X-Tenant": ""},
			edited: map[string]string{"X-Powered-By": "the application", "Strict-Transport-Security": ""}},
		{rule: "10: not by a look-alike either", request: get("/api/orders", token, "X_Tenant: "+Evil), want: edgeward.Authenticated, beside: edgeward.MalformedRequest, late: true, seen: map[string]string{"X-Tenant": "", "X_Tenant": ""}},
		{rule: "10: what is standard travels where no route edits it", request: get("/api/orders", token, "Accept-Language: fr", "Referer: https://a.example/"), want: edgeward.Authenticated,
			seen: map[string]string{"Accept-Language": "fr", "Referer": "https://a.example/"}},
		{rule: "10: a password of the application's", request: get("/named/basic", token), want: edgeward.Authenticated, seen: map[string]string{"Authorization": "Basic em9lOnRoZSBhcHBsaWNhdGlvbidz", "Remote-User": "zoe"}},
		{rule: "10: the provider's access token", request: get("/named/token", token), want: edgeward.Authenticated, seen: map[string]string{"Authorization": "Bearer of-the-provider"}},
		{rule: "10: who has no name has no password", request: get("/named/nameless", token), want: edgeward.Authenticated, seen: map[string]string{"Authorization": ""}},
		{rule: "10: in place of the client's", request: get("/public/basic", basic), want: edgeward.Public, seen: map[string]string{"Authorization": ""}},
		{rule: "10: elsewhere an application's own travels", request: get("/public/x", basic), want: edgeward.Public, seen: map[string]string{"Authorization": "Basic eA=="}},
	}
}

// FieldNames returns the names that the routes of the table use: what a front is
// configured to copy.
func FieldNames(t testing.TB) edgeward.FieldNames {
	t.Helper()
	h, err := policy.BuildHosts(trees())
	must(t, err)
	names, err := h.FieldNames()
	must(t, err)
	return names
}

// named: the fields by which routes name the user, and which no client can send, to
// whichever route.
func named(token string) []row {
	rows := []row{
		{rule: "10: the user is named by the fields of the route", request: get("/named/x", token), want: edgeward.Authenticated, seen: map[string]string{
			"X-Auth-Subject": "alice", "Remote-User": "zoe", "Remote-Email": "zoe@example.com", "Remote-Name": "Zoë Ünal", "Remote-Groups": "admins,größe",
			"X-Forwarded-User": "alice", "X-Forwarded-Preferred-Username": "zoe", "X-Forwarded-Groups": "admins,größe", "X-Webauth-User": "",
		}},
		{rule: "10: another route's are other fields", request: get("/named/grafana", token), want: edgeward.Authenticated, seen: map[string]string{
			"X-Webauth-User": "zoe", "X-Webauth-Name": "Zoë Ünal", "X-Spelled": "Zo=C3=AB =C3=9Cnal", "Remote-User": "", "X-Forwarded-User": "",
		}},
		{rule: "10: [] switches them off", request: get("/named/none", token), want: edgeward.Authenticated, seen: map[string]string{"X-Auth-Subject": "alice", "Remote-User": "", "X-Webauth-User": ""}},
		{rule: "10: Connection cannot remove them", request: get("/named/x", token, "Connection: Remote-User, X-Forwarded-User"), want: edgeward.Authenticated,
			seen: map[string]string{"Remote-User": "zoe", "X-Forwarded-User": "alice"}},
	}
	for _, name := range []string{"Remote-User", "REMOTE-GROUPS", "X-Forwarded-User", "x-forwarded-preferred-username", "X-WEBAUTH-USER", "X-Spelled", "X-Auth-Request-User"} {
		for _, target := range []string{"/public/x", "/api/orders", "/named/none", "/named/x", "/named/proxied"} {
			r := row{rule: "10: " + name + " of a client's reaches no application by " + target, request: get(target, token, name+": "+Evil, name+": "+Evil), want: edgeward.Authenticated}
			if target == "/public/x" {
				r.want = edgeward.Public
			}
			if target != "/named/x" && target != "/named/proxied" {
				r.seen = map[string]string{name: ""}
			}
			rows = append(rows, r)
		}
		for _, sign := range []string{"_", ".", "~", "!", "'", "|"} {
			spelled := strings.Replace(name, "-", sign, 1)
			for _, target := range []string{"/public/x", "/api/orders", "/named/x"} {
				r := row{rule: "10: " + spelled + " reaches no application by " + target, request: get(target, token, spelled+": "+Evil), want: edgeward.Authenticated, beside: edgeward.MalformedRequest, late: true,
					seen: map[string]string{spelled: ""}}
				if target == "/public/x" {
					r.want = edgeward.Public
				}
				rows = append(rows, r)
			}
		}
	}
	return append(rows, edited(token)...)
}
