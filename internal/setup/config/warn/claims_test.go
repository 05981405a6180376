package warn_test

import (
	"strings"
	"testing"
)

// What will bite of what is read of users.
func TestWhatIsReadOfUsers(t *testing.T) {
	t.Setenv("EDGEWARD_TEST_LONG", strings.Repeat("0123456789abcdef", 2))
	issuer := func(name, more string) string {
		return "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nissuers: [{issuer: " + name + ", audiences: [api]" + more + "}]\nroutes: {_middleware: {authenticate: [bearer]}}\n"
	}
	users := func(provider, issuers, route string) string {
		return "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\ntrusted_proxies: [10.0.0.1/32]\nstore: {memory: true}\ntokens: {secret: env:EDGEWARD_TEST_LONG}\nsessions: {}\n" +
			"login: {origin: https://app.example.com, providers: [{name: p, client_id: e" + provider + "}]}\n" + issuers + "routes: {_middleware: {authenticate: [session]" + route + "}}\n"
	}
	const any, entra = ", issuer: https://id.example.org", ", issuer: https://login.microsoftonline.com/0b3b7a52-5c4e-4d3a-9d55-000000000000/v2.0"
	warns(t, map[string]row{
		"Auth0 as it is":                    {issuer("https://acme.eu.auth0.com/", ""), "either alone", "permission_claims: [permissions] or [scope]"},
		"Auth0 with a choice":               {issuer("https://acme.eu.auth0.com/", ", permission_claims: [scope]"), "either alone", ""},
		"Auth0 with a map":                  {issuer("https://acme.eu.auth0.com/", `, permissions: {claim: permissions, prefix: "p:"}`), "either alone", ""},
		"another issuer as it is":           {issuer("https://id.example.com/", ""), "either alone", ""},
		"another issuer by both":            {issuer("https://id.example.com/", ", permission_claims: [scp, permissions]"), "either alone", "id.example.com"},
		"a name like it":                    {issuer("https://auth0.com.example/", ""), "either alone", ""},
		"a subject that is given away":      {issuer("https://id.example.com/", ", subject: preferred_username"), "given to another", "preferred_username"},
		"one in an object":                  {issuer("https://id.example.com/", ", subject: profile.email"), "given to another", "profile.email"},
		"one that stays":                    {issuer("https://id.example.com/", ", subject: oid"), "subject", ""},
		"a client's":                        {issuer("https://id.example.com/", ", subject: client_id"), "all users of a client are one", "client_id"},
		"at sign-in":                        {users(any+", subject: upn", "", ""), "given to another", `login provider "p"`},
		"one user as two":                   {users(any+", subject: oid", "issuers: [{issuer: https://id.example.org, audiences: [api]}]\n", ""), "two users", `"p"`},
		"one user as one":                   {users(any+", subject: oid", "issuers: [{issuer: https://id.example.org, audiences: [api], subject: oid}]\n", ""), "two users", ""},
		"two entries of one issuer":         {issuer("https://id.example.com/", ", subject: oid}, {issuer: https://id.example.com/, audiences: [api], algorithms: [ES256]"), "one entry", `"oid" and another from "sub"`},
		"two that agree":                    {issuer("https://id.example.com/", ", subject: sub}, {issuer: https://id.example.com/, audiences: [api], algorithms: [ES256]"), "one entry", ""},
		"a subject that is written out":     {users(any+", subject: sub", "issuers: [{issuer: https://id.example.org, audiences: [api]}]\n", ""), "two users", ""},
		"groups that nothing reads":         {users(any, "", ", allow: [{groups: [staff]}]"), "never there", "add groups: groups"},
		"groups that are read":              {users(any+", groups: groups", "", ", allow: [{groups: [staff]}]"), "never there", ""},
		"groups for those who want some":    {users(any+", scopes: [email]", "", ", headers: remote-user"), "never there", ""},
		"a claim that nothing keeps":        {users(any, "", ", headers: {X-Dep: claims.department}"), "never there", "claims: {department: department}"},
		"a claim that is kept":              {users(any+", claims: {department: dep}", "", ", headers: {X-Dep: claims.department}"), "never there", ""},
		"what a sign-in reads by itself":    {users(any, "", ", headers: {X-User: username, X-Name: name}"), "never there", ""},
		"what an issuer does not":           {issuer("https://id.example.com/", "") + "hosts: {a.example: {authenticate: [bearer], headers: {X-User: username}}}\n", "never there", "username: preferred_username"},
		"an address without its scope":      {users(any, "", ", headers: {X-Mail: email}"), "scope email", "add it to scopes"},
		"with its scope":                    {users(any+", scopes: [openid, email]", "", ", headers: {X-Mail: email}"), "scope email", ""},
		"no address is asked for":           {users(any, "", ""), "scope email", ""},
		"Entra's address":                   {users(entra+", scopes: [email]", "", ", allow: [{email: ['*@corp.example']}]"), "email_verified", "assumed"},
		"Entra's address, which is assumed": {users(entra+", scopes: [email], email_verified: assumed", "", ", allow: [{email: ['*@corp.example']}]"), "email_verified", ""},
	})
}
