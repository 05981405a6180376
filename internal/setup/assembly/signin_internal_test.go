package assembly

import (
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
)

// /auth/login passes on to a provider what routes ask for, and alternatives of theirs.
func TestWhatALoginMayAskFor(t *testing.T) {
	known := policy.Require("session")
	hosts, err := policy.BuildHosts([]policy.Host{{Files: []policy.File{
		{Path: "a", Statement: known.MaxAge(time.Hour)},
		{Path: "b", Statement: known.Allow(allow.Alternative{Groups: []string{"g"}}, allow.Alternative{ACR: []string{"phr"}, MaxAge: time.Minute})},
		{Path: "c", Statement: known.MaxAge(time.Hour)},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	all := (&System{Config: &config.Config{Hosts: hosts}}).StepUps()
	if len(all) != 2 || all[0].MaxAge != time.Hour || all[1].MaxAge != time.Minute || all[1].ACR[0] != "phr" {
		t.Errorf("%+v", all)
	}
}
