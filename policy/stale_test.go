package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/policy"
)

// stale is a tree that says more the deeper it gets, below defaults.
func stale(t *testing.T) *policy.Tree {
	tree, err := policy.Build([]policy.File{
		file("_middleware", policy.Require("bearer")),
		file("bank/_middleware", policy.Statement{}.MaxStaleness(time.Second).Method("POST", policy.Statement{}.WhenStale(policy.Deny))),
		file("bank/news", policy.Statement{}.MaxStaleness(time.Hour)),
	}, policy.File{Source: "edgeward.yaml", Statement: policy.Statement{}.MaxStaleness(10 * time.Second).WhenStale(policy.AskAuthority)})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestStalenessIsInheritedLikeTheOtherKeys(t *testing.T) {
	for rule, row := range map[string]struct {
		method, path string
		most         time.Duration
		when         policy.WhenStale
	}{
		"what stands above the tree":  {"GET", "/", 10 * time.Second, policy.AskAuthority},
		"a folder says less":          {"GET", "/bank/account", time.Second, policy.AskAuthority},
		"a method says what to do":    {"POST", "/bank/account", time.Second, policy.Deny},
		"a file says more":            {"GET", "/bank/news", time.Hour, policy.AskAuthority},
		"a file leaves the other key": {"POST", "/bank/news", time.Hour, policy.Deny},
	} {
		t.Run(rule, func(t *testing.T) {
			if r := lookup(t, stale(t), row.method, row.path); r.MaxStaleness != row.most || r.WhenStale != row.when {
				t.Errorf("%v, %v", r.MaxStaleness, r.WhenStale)
			}
		})
	}
}

func TestExplainShowsWhatStandsAboveTheTree(t *testing.T) {
	got := text(stale(t).Explain("POST", "/bank/account"))
	for _, line := range []string{
		"edgeward.yaml\n   max_staleness: 10s\n   when_stale: ask\n_middleware.yaml\n",
		"= max_staleness: 1s (bank/_middleware.yaml )\n",
		"= when_stale: deny (bank/_middleware.yaml POST)\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}

func TestWhatStandsAboveCoversNoPath(t *testing.T) {
	tree, err := policy.Build(files("a"), policy.File{Source: "edgeward.yaml", Statement: policy.Public()})
	if err != nil {
		t.Fatal(err)
	}
	if _, covered := tree.Lookup("GET", "/b"); covered {
		t.Error("it does")
	}
	if r := lookup(t, tree, "GET", "/a"); r.Public() || r.Source != "a.yaml" {
		t.Errorf("%+v", r)
	}
}

func TestWhatStandsAboveIsCheckedToo(t *testing.T) {
	_, err := policy.Build(files("a"), policy.File{Source: "edgeward.yaml", Statement: policy.Statement{}.MaxStaleness(-time.Second)})
	if err == nil || !strings.Contains(err.Error(), "edgeward.yaml: max_staleness") {
		t.Errorf("err = %v", err)
	}
}
