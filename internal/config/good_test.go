package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/config"
)

func TestEveryGoodConfigurationBecomesASystem(t *testing.T) {
	inTestdata(t, "good")
	for _, name := range files(t, "*.yaml") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			c, err := config.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := c.Build(config.Environment{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if (s.Proxy == nil) != (c.Proxy == nil) || (s.ForwardAuth == nil) != (c.ForwardAuth == nil) {
				t.Errorf("doors: %v, %v", s.Proxy, s.ForwardAuth)
			}
			compare(t, strings.TrimSuffix(name, ".yaml")+".golden", describe(c, s))
		})
	}
}

func describe(c *config.Config, s *config.System) string {
	var b strings.Builder
	for _, l := range c.Listeners() {
		fmt.Fprintln(&b, l.Key, l.Address)
	}
	fmt.Fprintln(&b, "trusted", c.TrustedProxies)
	for i, k := range s.KeySets() {
		issuer := &c.Issuers[i]
		fmt.Fprintf(&b, "issuer %+v %v jwks_uri=%q remote=%t usable=%t keys=%d\n", issuer.Rules, issuer.Algorithms, issuer.JWKSURI, k.Remote, k.Usable, k.Keys)
	}
	if a := c.Assertion; a != nil {
		fmt.Fprintln(&b, "assertion", a.Issuer, a.Audience)
	}
	for r := range c.Routes.All() {
		fmt.Fprintf(&b, "%s %s from %s: silent=%t authenticate=%v permissions=%v issuers=%v audiences=%v fallback=%v cors=%t upstream=%q forward_credential=%t assertion=%t\n",
			r.Pattern, r.Method, r.Source, r.Silent, r.Authenticate, r.Permissions, r.Issuers, r.Audiences, r.Fallback, r.CORS != nil, r.Upstream, r.ForwardCredential, r.Assertion)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(&b, "warning:", w)
	}
	return b.String()
}

// The example of the reference is one that works.
func TestTheExampleOfTheReferenceLoads(t *testing.T) {
	for _, example := range examples(t, "../../docs/configuration.md") {
		if _, err := config.Parse("edgeward.yaml", []byte(example)); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
	}
}
