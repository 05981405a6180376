package engine_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
)

// BenchmarkDecideRules is the whole decision about a user with 200 groups, without a
// rule and with one of 20 alternatives, of which the last holds: what is between them
// is what a rule costs.
func BenchmarkDecideRules(b *testing.B) {
	var groups []string
	for i := range 200 {
		groups = append(groups, fmt.Sprintf("0b3b7a52-5c4e-4d3a-9d55-%012d", i))
	}
	var rule []allow.Alternative
	for i := range 19 {
		rule = append(rule, allow.Alternative{Groups: []string{fmt.Sprintf("1c3b7a52-5c4e-4d3a-9d55-%012d", i)}})
	}
	rule = append(rule, allow.Alternative{Groups: groups[77:78]})
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: issuer, Subject: "alice", Profile: &edgeward.Profile{Groups: groups}})
	must(b, err)
	s := scripted("First").strategy()
	s.Verifier = returns{id}
	for name, statement := range map[string]policy.Statement{
		"none":    policy.Require("first"),
		"20":      policy.Require("first").Allow(rule...),
		"network": policy.Require("first").Networks("192.0.2.0/24"),
	} {
		tree, err := policy.Build([]policy.File{{Path: "_middleware", Statement: statement}})
		must(b, err)
		e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{s}})
		must(b, err)
		r := request("/a/b", "First", "alice")
		r.ClientIP = netip.MustParseAddr("192.0.2.7")
		b.Run("rule="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := e.Decide(context.Background(), r); !d.Allow {
					b.Fatal(d.Err)
				}
			}
		})
	}
}

// A rule allocates nothing, whatever else a decision does.
func TestARuleAllocatesNothing(t *testing.T) {
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: issuer, Subject: "alice", Profile: &edgeward.Profile{Groups: []string{"a", "b"}, Email: "A@example.com"}})
	must(t, err)
	s := scripted("First").strategy()
	s.Verifier = returns{id}
	var cost [2]float64
	for i, statement := range []policy.Statement{
		policy.Require("first"),
		policy.Require("first").Networks("192.0.2.0/24").PublicNetworks("198.51.100.0/24").Allow(allow.Alternative{Groups: []string{"c"}}, allow.Alternative{Email: []string{"*@example.com"}, Networks: []string{"192.0.2.0/24"}}),
	} {
		tree, err := policy.Build([]policy.File{{Path: "_middleware", Statement: statement}})
		must(t, err)
		e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{s}})
		must(t, err)
		r := request("/a/b", "First", "alice")
		r.ClientIP = netip.MustParseAddr("192.0.2.7")
		cost[i] = testing.AllocsPerRun(100, func() {
			if d := e.Decide(context.Background(), r); !d.Allow {
				t.Fatal(d.Err)
			}
		})
	}
	if cost[0] != cost[1] {
		t.Errorf("%v allocations without a rule, %v with one", cost[0], cost[1])
	}
}
