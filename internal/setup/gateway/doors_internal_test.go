package gateway

import (
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/policy"
)

// A listener that nothing serves would look open and answer 404 to everybody.
func TestADoorThatNothingServesIsRefused(t *testing.T) {
	row := doors[config.ForwardAuthListen]
	t.Cleanup(func() { doors[config.ForwardAuthListen] = row })
	for _, known := range []bool{true, false} {
		if !known {
			delete(doors, config.ForwardAuthListen)
		}
		routes, err := policy.Build(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &config.Config{ForwardAuth: &config.ForwardAuth{Door: config.Door{Listen: "127.0.0.1:0"}}, Hosts: policy.AllHosts(routes)}
		if _, err := Build(c, Environment{}, nil); (err == nil) != known {
			t.Errorf("known %t: %v", known, err)
		}
	}
}

// What is logged once is a request of a client, not a question of its proxy.
func TestOnlyNginxAsksTwice(t *testing.T) {
	for _, row := range []struct {
		key, path string
		want      bool
	}{
		{config.ForwardAuthListen, "/refusal", true}, {config.ForwardAuthListen, "/verify", false}, {config.ForwardAuthListen, "", false},
		{config.ProxyListen, "/refusal", false}, {config.ProxyListen, "", false}, {"unknown.listen", "", false},
	} {
		if got := Repeated(row.key, row.path); got != row.want {
			t.Errorf("%s %q: %t", row.key, row.path, got)
		}
	}
}
