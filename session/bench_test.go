package session_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/memstore"
)

// What the cache says it holds must not be less than what it costs the process,
// and a session costs at most 1 KB.
func TestTheCacheCountsWhatItCosts(t *testing.T) {
	for what, row := range map[string]struct {
		sessions, most int // bytes each, before an application was told
		groups         func(user string) []string
	}{
		"without an account": {sessions: 10_000, most: 1024},
		"with an account":    {sessions: 10_000, most: 1024, groups: func(string) []string { return nil }},
		"in 200 groups": {sessions: 1000, most: 1024 + 200*24, groups: func(string) (all []string) {
			for i := range 200 {
				all = append(all, fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012d", i))
			}
			return all
		}},
		"in 200 groups of their own": {sessions: 200, most: 1024 + 200*100, groups: func(user string) (all []string) {
			for i := range 200 {
				all = append(all, fmt.Sprintf("%s-%d", user, i))
			}
			return all
		}},
	} {
		t.Run(what, func(t *testing.T) {
			c := config(memstore.New(memstore.Config{}), nil)
			c.CacheBytes = 64 << 20
			c.Account = func(_ context.Context, _, user, _ string) (edgeward.Standing, bool, error) {
				return edgeward.Standing{Permissions: []string{"orders:read"}, AsOf: 1, Profile: &edgeward.Profile{
					Username: user[24:], Email: user[24:] + "@example.com", Name: "User " + user[24:], Groups: row.groups(user),
				}}, true, nil
			}
			m, err := session.New(c)
			if err != nil {
				t.Fatal(err)
			}
			values := make([]edgeward.Secret, row.sessions)
			for i := range values {
				g := alice
				g.Subject = fmt.Sprintf("3f0e7a9c-0000-4000-8000-%012d", i)
				if g.Account = row.groups != nil; g.Account {
					g.ACR, g.AuthTime = "gold", time.Unix(1_700_000_000, 0)
				}
				if values[i], _, err = m.Create(ctx, g); err != nil {
					t.Fatal(err)
				}
			}
			before := liveHeap()
			for _, value := range values {
				if _, err := m.Verify(ctx, nil, edgeward.Credential{Value: value}); err != nil {
					t.Fatal(err)
				}
			}
			cost, said := int(liveHeap()-before), m.Cache().Bytes
			for _, value := range values {
				id, err := m.Verify(ctx, nil, edgeward.Credential{Value: value})
				if err != nil || len(id.Header()) == 0 {
					t.Fatal(id, err)
				}
			}
			used := int(liveHeap() - before)
			t.Logf("%d sessions: %d bytes each in the heap, %d once their applications were told, %d counted", m.Cache().Entries, cost/row.sessions, used/row.sessions, said/row.sessions)
			if m.Cache().Entries != row.sessions || used > said {
				t.Errorf("the cache costs %d bytes and counts %d", used, said)
			}
			if cost/row.sessions > row.most {
				t.Errorf("a cached session costs %d bytes", cost/row.sessions)
			}
			runtime.KeepAlive(values)
			runtime.KeepAlive(m)
		})
	}
}

// Users of hosts that are listed by "*." choose their names, and more of them than are
// shared.
func TestTheCacheCountsTheNamesOfHosts(t *testing.T) {
	const sessions, hosts = 300, 16
	c := config(memstore.New(memstore.Config{}), nil)
	noting, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]edgeward.Secret, sessions)
	for i := range values {
		value, s, err := noting.Create(ctx, alice)
		if err != nil {
			t.Fatal(err)
		}
		for h := range hosts {
			host := fmt.Sprintf("%s.%d-%d.example", strings.TrimSuffix(strings.Repeat(strings.Repeat("h", 60)+".", 3), "."), i, h)
			handle, _ := noting.Handle(s.ID, host)
			if _, err := noting.Verify(ctx, &edgeward.Request{Host: host}, edgeward.Credential{Value: handle}); err != nil {
				t.Fatal(err)
			}
		}
		values[i] = value
	}
	c.CacheBytes = 64 << 20
	m, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	before := liveHeap()
	for _, value := range values {
		if _, err := m.Verify(ctx, nil, edgeward.Credential{Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	cost, said := liveHeap()-before, m.Cache().Bytes
	if m.Cache().Entries != sessions || cost > int64(said) {
		t.Errorf("the cache costs %d bytes and counts %d", cost, said)
	}
	runtime.KeepAlive(values)
	runtime.KeepAlive(m)
	runtime.KeepAlive(noting)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkDecide is the whole decision with everything warm, by JWT and by
// session, one of each and 20,000.
func BenchmarkDecide(b *testing.B) {
	tree, err := policy.Build([]policy.File{{Path: "_middleware", Statement: policy.Require(bearer.Method, session.Method).Permissions("orders:read")}})
	if err != nil {
		b.Fatal(err)
	}
	tokens, sign := jwts(b)
	c := config(memstore.New(memstore.Config{}), nil)
	c.CacheBytes = 64 << 20
	sessions, err := session.New(c)
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{
		{Name: bearer.Method, Source: credential.Bearer, Verifier: tokens},
		{Name: session.Method, Source: credential.Cookie(session.CookieName), Verifier: sessions},
	}})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 20_000} {
		byToken, bySession := make([]*edgeward.Request, n), make([]*edgeward.Request, n)
		for i := range n {
			g := alice
			g.Subject = fmt.Sprint("user-", i)
			value, _, err := sessions.Create(ctx, g)
			if err != nil {
				b.Fatal(err)
			}
			byToken[i] = request("Authorization", "Bearer "+sign(g.Subject))
			bySession[i] = request("Cookie", "theme=dark; "+session.CookieName+"="+value.Reveal())
		}
		b.Run(fmt.Sprintf("by=jwt/n=%d", n), func(b *testing.B) { decide(b, e, byToken) })
		b.Run(fmt.Sprintf("by=session/n=%d", n), func(b *testing.B) { decide(b, e, bySession) })
	}
}

func decide(b *testing.B, e *engine.Engine, requests []*edgeward.Request) {
	for _, r := range requests {
		if d := e.Decide(ctx, r); !d.Allow {
			b.Fatal(d.Err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if d := e.Decide(ctx, requests[i%len(requests)]); !d.Allow {
			b.Fatal(d.Err)
		}
	}
}

func request(name, value string) *edgeward.Request {
	return &edgeward.Request{Method: "GET", Path: "/api/orders", Header: edgeward.Header{name: {value}}}
}

// jwts returns a verifier of JWTs and what signs them.
func jwts(b *testing.B) (*bearer.Verifier, func(subject string) string) {
	key, err := jwt.HMACKey("k", jwt.HS256, edgeward.NewSecret(strings.Repeat("s", 32)))
	if err != nil {
		b.Fatal(err)
	}
	keys, err := jwks.NewStatic(key)
	if err != nil {
		b.Fatal(err)
	}
	v, err := bearer.New(bearer.Config{CacheBytes: 128 << 20, Issuers: []bearer.Issuer{{
		Rules: jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"api"}}, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: keys,
	}}})
	if err != nil {
		b.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		b.Fatal(err)
	}
	return v, func(subject string) string {
		claims := jwt.Claims{ // what RFC 9068 §2.2 demands
			Issuer: "https://issuer.example/", Subject: subject, Audience: []string{"api"}, Expires: time.Now().Add(time.Hour),
			IssuedAt: time.Now(), TokenID: "7c0f8f3e-5b1d-4c47-9d55-0f6f1c0a9b1e",
		}
		token, err := jwt.Sign(context.Background(), signer, "at+jwt", claims.AppendJSON(nil, jwt.StringClaim("scope", "orders:read"), jwt.StringClaim("client_id", "web")))
		if err != nil {
			b.Fatal(err)
		}
		return token
	}
}
