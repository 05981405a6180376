package config

import (
	"maps"
	"slices"
	"testing"
)

// A key that nobody has thought of for Workers is refused there; this test asks
// for the thought.
func TestEveryKeyHasAFateOnAWorker(t *testing.T) {
	want := rootTable.names()
	for prefix, names := range map[string][]string{
		"proxy.": proxyTable.names(), "tokens.": tokensTable.names(), "store.": storeTable.names(), "sessions.": sessionsTable.names(),
	} {
		for _, name := range names {
			want = append(want, prefix+name)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(fates)); !slices.Equal(got, want) {
		t.Errorf("fates are of\n%q, keys are\n%q", got, want)
	}
}
