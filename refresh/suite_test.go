package refresh_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

var noon = new(storetest.Clock).Now()

var (
	key      = edgeward.NewSecret(strings.Repeat("k", 32))
	otherKey = edgeward.NewSecret(strings.Repeat("o", 32))

	alice = refresh.Grant{Issuer: "https://edge.example", Subject: "alice", Permissions: []string{"write", "read"}, ClientID: "cli"}
	home  = edgeward.Client{IP: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8"}
	away  = edgeward.Client{IP: netip.MustParseAddr("2001:db8::1"), UserAgent: "Mozilla/5.0"}
)

// A clock is set by the test.
type clock struct{ storetest.Clock }

func (c *clock) set(ahead time.Duration) { c.Forward(noon.Add(ahead).Sub(c.Now())) }
func (c *clock) config() refresh.Config {
	return refresh.Config{Key: key, Now: c.Now}
}
func (c *clock) store() *memstore.Store    { return memstore.New(memstore.Config{Now: c.Now}) }
func (c *clock) faulty() *storetest.Faulty { return storetest.NewFaulty(c.store()) }

func families(t testing.TB, cfg refresh.Config) *refresh.Families {
	t.Helper()
	f, err := refresh.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// begin makes a family and returns its first token and its id.
func begin(t testing.TB, f *refresh.Families) (edgeward.Secret, string) {
	t.Helper()
	token, family, err := f.Begin(t.Context(), alice, home)
	if err != nil {
		t.Fatal(err)
	}
	return token, family.ID
}

// rotated refreshes n times, a grace window apart, and returns all tokens, the
// first included.
func (c *clock) rotated(t testing.TB, f *refresh.Families, token edgeward.Secret, n int) []edgeward.Secret {
	t.Helper()
	tokens := []edgeward.Secret{token}
	for i := range n {
		if i > 0 {
			c.Forward(refresh.DefaultGrace)
		}
		o, err := f.Refresh(t.Context(), tokens[len(tokens)-1], away)
		if err != nil || o.Class != refresh.Rotated {
			t.Fatal(o.Class, err)
		}
		tokens = append(tokens, o.Token)
	}
	return tokens
}

// isUnavailable reports whether err says "could not tell" and no more.
func isUnavailable(err error) bool {
	return err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable
}

func peek(t testing.TB, f *refresh.Families, id string) refresh.Family {
	t.Helper()
	family, err := f.Peek(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return family
}
