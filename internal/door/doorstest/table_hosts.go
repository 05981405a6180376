package doorstest

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/policy"
)

// trees are those of the table: one for each host that doors answer for, but for
// one host that has none.
func trees() []policy.Host {
	ours := []policy.Host{
		{Name: openHost, Files: []policy.File{{Path: "_middleware", Statement: policy.Public()}}},
		{Name: "*.closed.apps.example.com", Files: []policy.File{{Path: "_middleware", Statement: policy.Require(bearer.Method).Permissions("orders:write")}}},
	}
	for _, name := range []string{"api.example.com", "other.example.com", "*.apps.example.com", "127.0.0.1", "[::1]", "[2001:db8::]"} {
		ours = append(ours, policy.Host{Name: name, Files: files()})
	}
	return ours
}

const (
	openHost    = "open.apps.example.com"
	closedHost  = "a.b.closed.apps.example.com"
	withoutTree = "treeless.example.org" // which doors answer for
)

// hosts: row 37, for the host that chooses the rules.
func (s *System) hosts() []row {
	token := "Authorization: Bearer " + s.Token
	var rows []row
	for _, raw := range []string{openHost, "OPEN.apps.example.com", openHost + ".", openHost + ":80", openHost + ":8443", "Open.Apps.Example.Com.:8443"} {
		rows = append(rows, row{rule: "37: the rules are those of " + raw, request: get("/api/orders").host(raw), want: edgeward.Public})
	}
	for _, raw := range []string{closedHost, "A.b.CLOSED.apps.example.com.", "x.closed.apps.example.com:8443"} {
		rows = append(rows,
			row{rule: "37: the rules are those above " + raw, request: get("/public/x").host(raw), want: edgeward.CredentialMissing},
			row{rule: "37: and so are the permissions of " + raw, request: get("/api/orders", token).host(raw), want: edgeward.InsufficientScope})
	}
	for _, raw := range []string{withoutTree, "TREELESS.example.org.:8443"} {
		rows = append(rows,
			row{rule: "37: " + raw + " has no rules", request: get("/public/x").host(raw), want: edgeward.UnknownHost},
			row{rule: "37: " + raw + " has no rules for a user", request: get("/public/x", "Sec-Fetch-Mode: navigate", "Accept: text/html").host(raw), want: edgeward.UnknownHost, page: "<!DOCTYPE html>"},
			row{rule: "37: " + raw + " has no rules for a preflight", want: edgeward.UnknownHost,
				request: get("/api/orders", "Origin: https://app.example", "Access-Control-Request-Method: PUT").method("OPTIONS").host(raw)},
			row{rule: "37: " + raw + " has no rules for a token", request: get("/api/orders", token).host(raw), want: edgeward.UnknownHost})
	}
	return append(rows,
		row{rule: "37: a name above a suffix has other rules", request: get("/public/x").host("closed.apps.example.com"), want: edgeward.Public},
		row{rule: "37: a path of another host's rules is none of ours", request: get("/nowhere").host("z.apps.example.com"), want: edgeward.NoRoute},
		row{rule: "37: X-Forwarded-Host of a stranger chooses no rules", request: get("/api/orders", "X-Forwarded-Host: "+openHost), want: edgeward.CredentialMissing},
		row{rule: "37: a preflight is answered by the rules of its host", want: edgeward.Public,
			request: get("/api/orders", "Origin: https://app.example", "Access-Control-Request-Method: PUT").method("OPTIONS").host(openHost)},
		row{rule: "37: absolute-form names the host whose rules hold", request: get("http://" + openHost + "/api/orders").host(openHost), want: edgeward.Public},
	)
}
