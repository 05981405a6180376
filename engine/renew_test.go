package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// renewer answers as it is told, and counts how often it was asked.
type renewer struct {
	subject string
	err     error
	asked   int
}

func (n *renewer) Renew(context.Context, *edgeward.Request) (edgeward.Renewed, error) {
	n.asked++
	if n.err != nil || n.subject == "" {
		return edgeward.Renewed{}, n.err
	}
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: n.subject, Method: "cookie", Permissions: []string{"orders:read"}})
	return edgeward.Renewed{
		Identity: id, Cookies: []string{"access=fresh", "refresh=next"},
		Credential: edgeward.Credential{Value: edgeward.NewSecret("fresh"), Header: "Cookie", Cookie: "access"},
	}, err
}

// renewing returns an engine whose first strategy is renewed by n.
func renewing(t *testing.T, n *renewer, m *memory) *engine.Engine {
	t.Helper()
	tree, err := policy.Build([]policy.File{
		{Path: "one/_middleware", Statement: policy.Require(one...).CORS(policy.CORS{Origins: []string{"https://app.example"}})},
		{Path: "one/admin", Statement: policy.Statement{}.Permissions("admin")},
		{Path: "both/_middleware", Statement: policy.Require(both...)},
		{Path: "public/_middleware", Statement: policy.Public()},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := scripted("First").strategy()
	first.Renew = n
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Revocations: m, Strategies: []engine.Strategy{first, scripted("Second").strategy()}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRenewal(t *testing.T) {
	down := &edgeward.UnavailableError{What: "store", Err: errors.New("down")}
	for rule, row := range map[string]struct {
		path    string
		fields  []string
		renewer renewer
		revoked error
		want    edgeward.Reason
		asked   int
		subject string // of whom is let in
		cookies bool
	}{
		"what is gone is renewed":                      {"/one/x", nil, renewer{subject: "ada"}, nil, edgeward.Authenticated, 1, "ada", true},
		"what has expired is renewed":                  {"/one/x", []string{"First", "expired"}, renewer{subject: "ada"}, nil, edgeward.Authenticated, 1, "ada", true},
		"what is good is left alone":                   {"/one/x", []string{"First", "alice"}, renewer{subject: "ada"}, nil, edgeward.Authenticated, 0, "alice", false},
		"what is forged is not made good":              {"/one/x", []string{"First", "forged"}, renewer{subject: "ada"}, nil, edgeward.TokenSignature, 0, "", false},
		"nor what has two readings":                    {"/one/x", []string{"First", "twice"}, renewer{subject: "ada"}, nil, edgeward.AmbiguousCredential, 0, "", false},
		"nor what nobody could check":                  {"/one/x", []string{"First", "down"}, renewer{subject: "ada"}, nil, edgeward.Unavailable, 0, "", false},
		"nothing is renewed where nobody is asked":     {"/public/x", nil, renewer{subject: "ada"}, nil, edgeward.Public, 0, "", false},
		"without anything to renew by it stays absent": {"/one/x", nil, renewer{err: edgeward.CredentialMissing}, nil, edgeward.CredentialMissing, 1, "", false},
		"what it renews by has two readings":           {"/both/x", []string{"Second", "bob"}, renewer{err: edgeward.AmbiguousCredential}, nil, edgeward.AmbiguousCredential, 1, "", false},
		"a refusal is absence":                         {"/one/x", nil, renewer{err: edgeward.RefreshReused}, nil, edgeward.CredentialMissing, 1, "", false},
		"and the next strategy looks":                  {"/both/x", []string{"First", "expired", "Second", "bob"}, renewer{err: edgeward.RefreshExpired}, nil, edgeward.Authenticated, 1, "bob", false},
		"what could not be told is 503":                {"/one/x", nil, renewer{err: down}, nil, edgeward.Unavailable, 1, "", false},
		"who guesses waits":                            {"/one/x", nil, renewer{err: &edgeward.BlockedError{RetryAfter: time.Minute}}, nil, edgeward.TooManyFailures, 1, "", false},
		"nobody is nobody":                             {"/one/x", nil, renewer{}, nil, edgeward.Unavailable, 1, "", false},
		"revoked all the same, and given its cookies":  {"/one/x", nil, renewer{subject: "ada"}, edgeward.CredentialRevoked, edgeward.CredentialRevoked, 1, "", true},
		"it may no more than before":                   {"/one/admin", nil, renewer{subject: "ada"}, nil, edgeward.InsufficientScope, 1, "", true},
	} {
		t.Run(rule, func(t *testing.T) {
			r := request(row.path, append(row.fields, "Origin", "https://app.example")...)
			d := renewing(t, &row.renewer, &memory{known: row.revoked}).Decide(context.Background(), r)
			if d.Reason != row.want || d.Allow != (row.subject != "" || row.want == edgeward.Public) || row.subject != "" && d.Identity.Subject != row.subject {
				t.Errorf("allow %v, reason %v (%v), want %v", d.Allow, d.Reason, d.Err, row.want)
			}
			if row.renewer.asked != row.asked {
				t.Errorf("asked %d times, want %d", row.renewer.asked, row.asked)
			}
			if got := slices.Equal(d.Response["Set-Cookie"], []string{"access=fresh", "refresh=next"}); got != row.cookies || !got && d.Response["Set-Cookie"] != nil {
				t.Errorf("Set-Cookie %q", d.Response["Set-Cookie"])
			}
			if d.Allow && row.cookies && (d.Credential.Cookie != "access" || d.Response.First("Access-Control-Allow-Origin") == "") {
				t.Errorf("credential in %q, %v", d.Credential.Cookie, d.Response)
			}
		})
	}
}

// The fields of a route are shared by all of its answers.
func TestTheCookiesOfOneAreNotGivenToAnother(t *testing.T) {
	e := renewing(t, &renewer{subject: "ada"}, &memory{})
	r := request("/one/x", "Origin", "https://app.example")
	e.Decide(context.Background(), r)
	if d := e.Decide(context.Background(), request("/one/x", "First", "bob", "Origin", "https://app.example")); d.Response["Set-Cookie"] != nil {
		t.Errorf("bob was given %q", d.Response["Set-Cookie"])
	}
}
