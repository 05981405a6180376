package bearer_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
)

// What the cache says it holds must not be less than what it costs the process.
func TestTheCacheCountsWhatItCosts(t *testing.T) {
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprint("p", i)
	}
	groups := func(n int) string { return `["` + strings.Join(many[:n], `","`) + `"]` }
	claims := claim.Map{Username: source("preferred_username"), Email: source("email"), Name: source("name"), Groups: source("groups"),
		Claims: map[string]claim.Source{"a": source("scope"), "b": source("acr"), "c": source("groups")}}
	ordinary := "openid profile orders:read orders:write"
	for rule, row := range map[string]struct {
		tokens int
		scope  string
		claims claim.Map
		extra  []jwt.Extra
	}{
		"ordinary tokens":             {tokens: 10_000, scope: ordinary},
		"tokens of a thousand scopes": {tokens: 500, scope: strings.Join(many, " ")},
		"tokens with a profile": {10_000, ordinary, claims, []jwt.Extra{extra("preferred_username", `"ada"`), extra("email", `"ada@example.com"`), extra("email_verified", "true"),
			extra("name", `"Ada Lovelace"`), extra("groups", `["staff"]`), extra("acr", `"gold"`), extra("auth_time", "1700000000")}},
		"tokens of 700 groups": {500, ordinary, claim.Map{Groups: source("groups")}, []jwt.Extra{extra("groups", groups(700))}},
		"groups with escapes":  {500, ordinary, claim.Map{Groups: source("groups")}, []jwt.Extra{extra("groups", strings.ReplaceAll(groups(400), "p", `\u0070`))}},
	} {
		t.Run(rule, func(t *testing.T) { costs(t, row.tokens, row.scope, row.claims, row.extra...) })
	}
}

func costs(t *testing.T, n int, scope string, claims claim.Map, more ...jwt.Extra) {
	f := newFixture(t, 64<<20)
	v := f.with(t, func(i *bearer.Issuer) { i.Claims = claims })
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = f.mint(t, f.keyA, func(c *jwt.Claims) { c.TokenID = fmt.Sprint("a-token-id-", i) },
			append(more[:len(more):len(more)], jwt.StringClaim("scope", scope))...)
	}
	before := liveHeap()
	for _, token := range tokens {
		if _, err := verifyBy(v, token); err != nil {
			t.Fatal(err)
		}
	}
	cost, said := liveHeap()-before, v.Cache().Bytes
	t.Logf("%d tokens of %d bytes: %d bytes each in the heap, %d counted", n, len(tokens[0]), cost/int64(n), said/n)
	if cost > int64(said) {
		t.Errorf("the cache costs %d bytes and counts %d", cost, said)
	}
	runtime.KeepAlive(v)
	runtime.KeepAlive(tokens)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
