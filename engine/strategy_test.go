package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// returns is a Verifier of somebody else's that answers without an error.
type returns struct{ id *edgeward.Identity }

func (v returns) Verify(context.Context, *edgeward.Request, edgeward.Credential) (*edgeward.Identity, error) {
	return v.id, nil
}

// renews is a Renewer of somebody else's.
type renews struct{ id *edgeward.Identity }

func (n renews) Renew(context.Context, *edgeward.Request) (edgeward.Renewed, error) {
	return edgeward.Renewed{Identity: n.id}, nil
}

// An identity that NewIdentity did not make has no header for the upstream and
// no handles that a revocation finds: nobody passes by one.
func TestAnIdentityThatIsNotSealedPassesNowhere(t *testing.T) {
	sealed, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	copied := *sealed
	copied.Subject = "mallory"
	tree, err := policy.Build([]policy.File{{Path: "_middleware", Statement: policy.Require("first")}})
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		id    *edgeward.Identity
		allow bool
	}{
		"sealed":                 {sealed, true},
		"none":                   {nil, false},
		"a literal":              {&edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice"}, false},
		"a copy that was edited": {&copied, false},
	} {
		verifies := scripted("First").strategy()
		verifies.Verifier = returns{row.id}
		renewed := scripted("First").strategy()
		renewed.Renew = renews{row.id}
		for how, s := range map[string]engine.Strategy{"verified": verifies, "renewed": renewed} {
			fields := []string{"First", "alice"}
			if how == "renewed" {
				fields = nil
			}
			e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{s}})
			if err != nil {
				t.Fatal(err)
			}
			d := e.Decide(t.Context(), request("/", fields...))
			if d.Allow != row.allow || !d.Allow && (d.Reason != edgeward.Unavailable || d.Identity != nil) {
				t.Errorf("%s, %s: allow %t, %v, as %+v", how, rule, d.Allow, d.Err, d.Identity)
			}
		}
	}
}

func TestNewRefusesStrategiesThatProveNothing(t *testing.T) {
	whole := scripted("First").strategy()
	nameless, sourceless, verifierless := whole, whole, whole
	nameless.Name, sourceless.Source, verifierless.Verifier = "", nil, nil
	for rule, row := range map[string]struct {
		strategies []engine.Strategy
		says       string
	}{
		"no name":     {[]engine.Strategy{nameless}, "no name"},
		"no source":   {[]engine.Strategy{sourceless}, `"first" has no source`},
		"no verifier": {[]engine.Strategy{verifierless}, `"first" has no verifier`},
		"twice":       {[]engine.Strategy{whole, whole}, `"first" is configured twice`},
		"all whole":   {[]engine.Strategy{whole, scripted("Second").strategy()}, ""},
	} {
		_, err := engine.New(engine.Config{Strategies: row.strategies})
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
