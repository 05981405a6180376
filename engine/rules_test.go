package engine_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
)

// members is a strategy whose identities are in the group that is named like the
// subject, and have a user name.
type members struct{ scripted }

func (s members) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	id, err := s.scripted.Verify(ctx, r, c)
	if err != nil {
		return nil, err
	}
	return edgeward.NewIdentity(edgeward.Identity{Issuer: id.Issuer, Subject: id.Subject, Permissions: id.Permissions, Profile: &edgeward.Profile{
		Groups: []string{id.Subject + "s"}, Username: id.Subject, ACR: "silver", AuthTime: time.Unix(1_800_000_000, 0),
	}})
}

func ruled(t *testing.T) *engine.Engine {
	t.Helper()
	known := policy.Require("first", "cookie")
	type A = allow.Alternative
	tree, err := policy.Build([]policy.File{
		{Path: "groups/_middleware", Statement: known.Allow(A{Groups: []string{"admins"}}, A{Groups: []string{"alices"}, Networks: []string{"192.0.2.0/24"}})},
		{Path: "groups/any", Statement: policy.Statement{}.Allow()},
		{Path: "groups/scoped", Statement: policy.Statement{}.Permissions("orders:write")},
		{Path: "stepped/_middleware", Statement: known.MaxAge(time.Hour).Allow(A{Groups: []string{"admins"}}, A{Groups: []string{"alices"}, ACR: []string{"gold"}})},
		{Path: "inside/_middleware", Statement: known.Networks("192.0.2.0/24", "2001:db8::/32")},
		{Path: "inside/public", Statement: policy.Public()},
		{Path: "inside/anywhere", Statement: policy.Public().Networks()},
		{Path: "open/_middleware", Statement: known.PublicNetworks("192.0.2.0/24").Permissions("orders:write").ForwardCredential(true).Upstream("http://127.0.0.1:9")},
		{Path: "open/friends", Statement: policy.Statement{}.CORS(policy.CORS{Origins: []string{"https://friend.example"}, Methods: []string{"PUT"}})},
		{Path: "open/own", Statement: policy.Statement{}.SameOrigin(true)},
		{Path: "open/again", Statement: known.PublicNetworks("192.0.2.0/24").Permissions("orders:read")},
		{Path: "open/admins", Statement: policy.Statement{}.Networks("192.0.2.7/32")},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := scripted("First").strategy()
	first.Verifier = members{"First"}
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Now: func() time.Time { return time.Unix(1_800_000_060, 0) }, Strategies: []engine.Strategy{
		first, {Name: "cookie", Source: credential.Cookie("s"), Verifier: members{"Cookie"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// from says where a request comes from, and what else is not the rule.
func from(client string, r *edgeward.Request) *edgeward.Request {
	if client != "" {
		r.ClientIP = netip.MustParseAddr(client)
	}
	r.Scheme, r.Host = "https", "app.example"
	return r
}

func putting(r *edgeward.Request) *edgeward.Request { r.Method = "PUT"; return r }

func TestRulesAboutWhoMay(t *testing.T) {
	const office, elsewhere = "192.0.2.7", "198.51.100.7"
	e := ruled(t)
	for rule, row := range map[string]struct {
		request *edgeward.Request
		reason  edgeward.Reason
		subject string
		says    string
	}{
		"an alternative":                        {from(elsewhere, request("/groups/x", "First", "admin")), edgeward.Authenticated, "admin", ""},
		"another alternative":                   {from(office, request("/groups/x", "First", "alice")), edgeward.Authenticated, "alice", ""},
		"of which a part is missing":            {from(elsewhere, request("/groups/x", "First", "alice")), edgeward.NotAllowed, "", "number 1, where this is missing: groups: [admins]"},
		"none":                                  {from(office, request("/groups/x", "First", "bob")), edgeward.NotAllowed, "", "groups: [admins]"},
		"no one":                                {from(office, request("/groups/x")), edgeward.CredentialMissing, "", ""},
		"an empty list asks nothing":            {from(elsewhere, request("/groups/any", "First", "bob")), edgeward.Authenticated, "bob", ""},
		"permissions have to hold as well":      {from(office, request("/groups/scoped", "First", "admin")), edgeward.InsufficientScope, "", ""},
		"what an authentication cures":          {from(office, request("/stepped/x", "First", "alice")), edgeward.StepUpRequired, "", "gold and an authentication of the last 1h"},
		"what it does not":                      {from(office, request("/stepped/x", "First", "bob")), edgeward.NotAllowed, "", ""},
		"a network":                             {from(office, request("/inside/x", "First", "bob")), edgeward.Authenticated, "bob", ""},
		"a network of IPv6":                     {from("2001:db8::1", request("/inside/x", "First", "bob")), edgeward.Authenticated, "bob", ""},
		"another one, before a credential":      {from(elsewhere, request("/inside/x", "First", "forged")), edgeward.NetworkDenied, "", "198.51.100.7 is in none"},
		"another one, without a credential":     {from(elsewhere, request("/inside/x")), edgeward.NetworkDenied, "", ""},
		"an unknown one":                        {from("", request("/inside/x", "First", "bob")), edgeward.NetworkDenied, "", "the client's address is unknown"},
		"a public route in a network":           {from(office, request("/inside/public")), edgeward.Public, "", ""},
		"and from elsewhere":                    {from(elsewhere, request("/inside/public")), edgeward.NetworkDenied, "", ""},
		"and unknown":                           {from("", request("/inside/public")), edgeward.NetworkDenied, "", ""},
		"an empty list of networks":             {from(elsewhere, request("/inside/anywhere")), edgeward.Public, "", ""},
		"an open network":                       {from(office, request("/open/x")), edgeward.Public, "", ""},
		"elsewhere it is not open":              {from(elsewhere, request("/open/x")), edgeward.CredentialMissing, "", ""},
		"nor for an unknown client":             {from("", request("/open/x")), edgeward.CredentialMissing, "", ""},
		"a credential that proves who may":      {from(office, request("/open/again", "First", "alice")), edgeward.Authenticated, "alice", ""},
		"one that is not enough":                {from(office, request("/open/x", "First", "alice")), edgeward.Public, "", ""},
		"one that is wrong":                     {from(office, request("/open/x", "First", "forged")), edgeward.Public, "", ""},
		"one that has expired":                  {from(office, request("/open/x", "First", "expired")), edgeward.Public, "", ""},
		"one of which nothing can be said":      {from(office, request("/open/x", "First", "down")), edgeward.Public, "", ""},
		"two readings":                          {from(office, request("/open/x", "First", "twice")), edgeward.AmbiguousCredential, "", ""},
		"networks come before an open one":      {from("192.0.2.8", request("/open/admins")), edgeward.NetworkDenied, "", ""},
		"a change by a program":                 {from(office, putting(request("/open/x"))), edgeward.Public, "", ""},
		"a change by our page":                  {from(office, putting(request("/open/x", "Sec-Fetch-Site", "same-origin"))), edgeward.Public, "", ""},
		"a change by another page":              {from(office, putting(request("/open/x", "Sec-Fetch-Site", "cross-site"))), edgeward.CrossOrigin, "", ""},
		"a change by another origin":            {from(office, putting(request("/open/x", "Origin", "https://evil.example"))), edgeward.CrossOrigin, "", ""},
		"a change by a friend":                  {from(office, putting(request("/open/friends", "Origin", "https://friend.example"))), edgeward.Public, "", ""},
		"a change by a friend and another":      {from(office, putting(request("/open/friends", "Origin", "https://friend.example", "Origin", "https://evil.example"))), edgeward.CrossOrigin, "", ""},
		"reading by another page":               {from(office, request("/open/x", "Sec-Fetch-Site", "cross-site")), edgeward.Public, "", ""},
		"the same origin is asked of all":       {from(office, putting(request("/open/own"))), edgeward.CrossOrigin, "", ""},
		"a WebSocket of a program":              {from(office, request("/open/x", "Connection", "Upgrade", "Upgrade", "websocket")), edgeward.Public, "", ""},
		"a WebSocket of our page":               {from(office, request("/open/x", "Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://app.example")), edgeward.Public, "", ""},
		"a WebSocket of another page":           {from(office, request("/open/x", "Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://evil.example")), edgeward.CrossOrigin, "", ""},
		"a WebSocket of a friend":               {from(office, request("/open/friends", "Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://friend.example")), edgeward.Public, "", ""},
		"another page's WebSocket, by a cookie": {from(office, request("/open/x", "Cookie", "s=alice", "Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://evil.example")), edgeward.CrossOrigin, "", ""},
	} {
		t.Run(rule, func(t *testing.T) {
			d := e.Decide(context.Background(), row.request)
			subject := ""
			if d.Identity != nil {
				subject = d.Identity.Subject
			}
			if d.Reason != row.reason || subject != row.subject || d.Allow != (row.reason.Status() == 200) {
				t.Fatalf("%v %q %t (%v), want %v %q", d.Reason, subject, d.Allow, d.Err, row.reason, row.subject)
			}
			if row.says != "" && (d.Err == nil || !strings.Contains(d.Err.Error(), row.says)) {
				t.Errorf("says %v, want %s", d.Err, row.says)
			}
			if d.Reason == edgeward.Public && strings.HasPrefix(row.request.Path, "/open") &&
				(d.KeepCredential || d.Upstream != nil || d.Login != "" || d.Response["Www-Authenticate"] != nil || d.Target != "http://127.0.0.1:9") {
				t.Errorf("%+v", d)
			}
			if status := d.Reason.Status(); status == 403 && d.Reason != edgeward.InsufficientScope && d.Response["Www-Authenticate"] != nil {
				t.Errorf("a challenge: %v", d.Response)
			}
		})
	}
}

// A page that asks whether it may call from elsewhere is answered as everywhere, but a
// proxy in front passes OPTIONS on to the application for those alone who may send it.
func TestAPreflightIsNotForwardableFromElsewhere(t *testing.T) {
	tree, err := policy.Build([]policy.File{{Path: "x", Statement: policy.Public().Networks("192.0.2.0/24").CORS(policy.CORS{Origins: []string{"https://app.example"}})}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree)})
	if err != nil {
		t.Fatal(err)
	}
	for client, want := range map[string]bool{"192.0.2.1": true, "198.51.100.1": false, "": false} {
		r := from(client, request("/x", "Origin", "https://app.example", "Access-Control-Request-Method", "GET"))
		r.Method = "OPTIONS"
		if d := e.Decide(context.Background(), r); d.Reason != edgeward.Preflight || d.Forwardable != want {
			t.Errorf("%q: %+v", client, d)
		}
	}
}

// What was renewed on the way reaches the browser, although the identity may not use
// the route.
func TestWhatWasRenewedReachesTheBrowserOfAnOpenNetwork(t *testing.T) {
	tree, err := policy.Build([]policy.File{{Path: "x", Statement: policy.Require("first").Permissions("none").PublicNetworks("192.0.2.0/24")}})
	if err != nil {
		t.Fatal(err)
	}
	s := scripted("First").strategy()
	s.Renew = anew{}
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{s}})
	if err != nil {
		t.Fatal(err)
	}
	d := e.Decide(context.Background(), from("192.0.2.1", request("/x")))
	if d.Reason != edgeward.Public || len(d.Response["Set-Cookie"]) != 1 || d.Identity != nil {
		t.Errorf("%+v", d)
	}
}

type anew struct{}

func (anew) Renew(context.Context, *edgeward.Request) (edgeward.Renewed, error) {
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice"})
	return edgeward.Renewed{Identity: id, Cookies: []string{"s=fresh"}}, err
}
