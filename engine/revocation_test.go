package engine_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// memory is what a test says of revocations.
type memory struct {
	known, authority error
	age              time.Duration
}

func (m *memory) Check(*edgeward.Identity) error                { return m.known }
func (m *memory) Ask(context.Context, *edgeward.Identity) error { return m.authority }
func (m *memory) Staleness(time.Time) time.Duration             { return m.age }

// tally is a limiter that writes down what it is told.
type tally struct {
	blocked error
	late    error // what an outcome is told, whatever it was
	refused []edgeward.Reason
	proved  int
}

func (l *tally) Check(netip.Addr) error { return l.blocked }
func (l *tally) Record(_ netip.Addr, err error) error {
	if err != nil {
		l.refused = append(l.refused, edgeward.ReasonOf(err))
	} else {
		l.proved++
	}
	if l.late != nil {
		return l.late
	}
	return err
}

func remembering(t *testing.T, m *memory, l *tally) *engine.Engine {
	t.Helper()
	tree, err := policy.Build([]policy.File{
		{Path: "plain/_middleware", Statement: policy.Require(one...)},
		{Path: "ask/_middleware", Statement: policy.Require(one...).MaxStaleness(time.Second)},
		{Path: "deny/_middleware", Statement: policy.Require(one...).MaxStaleness(time.Second).WhenStale(policy.Deny)},
		{Path: "any/_middleware", Statement: policy.Require(both...).Fallback(policy.FallbackAny)},
		{Path: "public/_middleware", Statement: policy.Public()},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := engine.Config{Hosts: policy.AllHosts(tree), Revocations: m, Strategies: []engine.Strategy{scripted("First").strategy(), scripted("Second").strategy()}}
	if l != nil {
		cfg.Limits = l
	}
	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRevocation(t *testing.T) {
	down := &edgeward.UnavailableError{What: "store", Err: errors.New("down")}
	for rule, row := range map[string]struct {
		path   string
		memory memory
		want   edgeward.Reason
	}{
		"nothing is revoked":                {"/plain/x", memory{}, edgeward.Authenticated},
		"revoked":                           {"/plain/x", memory{known: edgeward.CredentialRevoked}, edgeward.CredentialRevoked},
		"a node that knows nothing yet":     {"/plain/x", memory{known: down}, edgeward.Unavailable},
		"no bound, however stale":           {"/plain/x", memory{age: time.Hour, authority: edgeward.CredentialRevoked}, edgeward.Authenticated},
		"fresh enough asks nobody":          {"/ask/x", memory{age: time.Second, authority: edgeward.CredentialRevoked}, edgeward.Authenticated},
		"too stale asks the authority: no":  {"/ask/x", memory{age: 2 * time.Second, authority: edgeward.CredentialRevoked}, edgeward.CredentialRevoked},
		"too stale asks the authority: yes": {"/ask/x", memory{age: 2 * time.Second}, edgeward.Authenticated},
		"and when it does not answer":       {"/ask/x", memory{age: 2 * time.Second, authority: down}, edgeward.Unavailable},
		"too stale denies where it says so": {"/deny/x", memory{age: 2 * time.Second}, edgeward.Unavailable},
		"fresh enough does not deny":        {"/deny/x", memory{age: time.Second}, edgeward.Authenticated},
		"no second strategy for a revoked":  {"/any/x", memory{known: edgeward.CredentialRevoked}, edgeward.CredentialRevoked},
	} {
		t.Run(rule, func(t *testing.T) {
			d := remembering(t, &row.memory, nil).Decide(context.Background(), request(row.path, "First", "alice", "Second", "bob"))
			if d.Reason != row.want || d.Allow != (row.want == edgeward.Authenticated) {
				t.Errorf("allow %v, reason %v (%v), want %v", d.Allow, d.Reason, d.Err, row.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	blocked := &edgeward.BlockedError{RetryAfter: 90 * time.Second}
	for rule, row := range map[string]struct {
		request *edgeward.Request
		blocked error
		want    edgeward.Reason
		refused int
		proved  int
	}{
		"a blocked client waits, whatever it presents": {request("/plain/x", "First", "alice"), blocked, edgeward.TooManyFailures, 0, 0},
		"it waits only where it presents something":    {request("/plain/x"), blocked, edgeward.CredentialMissing, 0, 0},
		"and not where nobody is asked":                {request("/public/x", "First", "forged"), blocked, edgeward.Public, 0, 0},
		"absence is told to nobody":                    {request("/plain/x"), nil, edgeward.CredentialMissing, 0, 0},
		"a refusal is told":                            {request("/plain/x", "First", "forged"), nil, edgeward.TokenSignature, 1, 0},
		"a proof is told":                              {request("/plain/x", "First", "alice"), nil, edgeward.Authenticated, 0, 1},
		"no fallback out of a block":                   {request("/any/x", "First", "forged", "Second", "bob"), blocked, edgeward.TooManyFailures, 0, 0},
	} {
		t.Run(rule, func(t *testing.T) {
			l := &tally{blocked: row.blocked}
			d := remembering(t, &memory{}, l).Decide(context.Background(), row.request)
			if d.Reason != row.want || len(l.refused) != row.refused || l.proved != row.proved {
				t.Errorf("reason %v, told of %v and %d proofs; want %v", d.Reason, l.refused, l.proved, row.want)
			}
			if after := d.Response.First("Retry-After"); row.want == edgeward.TooManyFailures && after != "90" {
				t.Errorf("Retry-After %q", after)
			}
		})
	}
}

// Of a thousand guesses at once, one that was right must not be told apart.
func TestABlockThatComesWhileVerifyingHidesTheOutcome(t *testing.T) {
	for _, credential := range []string{"alice", "forged"} {
		l := &tally{late: &edgeward.BlockedError{RetryAfter: time.Minute}}
		d := remembering(t, &memory{}, l).Decide(context.Background(), request("/plain/x", "First", credential))
		if d.Allow || d.Reason != edgeward.TooManyFailures {
			t.Errorf("%s: allow %v, reason %v", credential, d.Allow, d.Reason)
		}
	}
}
