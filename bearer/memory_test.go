package bearer_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/jwt"
)

// What the cache says it holds must not be less than what it costs the process.
func TestTheCacheCountsWhatItCosts(t *testing.T) {
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprint("p", i)
	}
	for rule, row := range map[string]struct {
		tokens int
		scope  string
	}{
		"ordinary tokens":             {10_000, "openid profile orders:read orders:write"},
		"tokens of a thousand scopes": {500, strings.Join(many, " ")},
	} {
		t.Run(rule, func(t *testing.T) { costs(t, row.tokens, row.scope) })
	}
}

func costs(t *testing.T, n int, scope string) {
	f := newFixture(t, 64<<20)
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = f.mint(t, f.keyA, func(c *jwt.Claims) { c.TokenID = fmt.Sprint("a-token-id-", i) },
			jwt.StringClaim("scope", scope))
	}
	before := liveHeap()
	for _, token := range tokens {
		if _, err := f.verify(token); err != nil {
			t.Fatal(err)
		}
	}
	cost, said := liveHeap()-before, f.Cache().Bytes
	t.Logf("%d tokens of %d bytes: %d bytes each in the heap, %d counted", n, len(tokens[0]), cost/int64(n), said/n)
	if cost > int64(said) {
		t.Errorf("the cache costs %d bytes and counts %d", cost, said)
	}
	runtime.KeepAlive(f)
	runtime.KeepAlive(tokens)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
