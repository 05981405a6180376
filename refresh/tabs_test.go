package refresh_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
)

// An arrival is a request of a tab, or its answer.
type arrival struct {
	at    time.Duration
	act   string // open, refresh or answer
	token edgeward.Secret
}

// A browser has tabs that share one cookie jar and a slow line.
type browser struct {
	*clock
	families *refresh.Families
	line     *rand.Rand
	slowest  time.Duration // of the way up and of the way down
	jar      edgeward.Secret
	coming   []arrival
}

func (b *browser) later(at time.Duration, act string, token edgeward.Secret) {
	b.coming = append(b.coming, arrival{at, act, token})
}

func (b *browser) delay() time.Duration {
	return time.Duration(b.line.Int64N(int64(b.slowest))).Truncate(time.Millisecond)
}

// run lets everything arrive in the order of its time. Every tab takes the
// cookie when it opens; every answer replaces it, the late ones too.
func (b *browser) run(t *testing.T) error {
	for len(b.coming) > 0 {
		slices.SortStableFunc(b.coming, func(x, y arrival) int { return cmp.Compare(x.at, y.at) })
		next := b.coming[0]
		b.coming = b.coming[1:]
		b.set(next.at)
		switch next.act {
		case "open":
			b.later(next.at+b.delay(), "refresh", b.jar)
		case "refresh":
			o, err := b.families.Refresh(t.Context(), next.token, away)
			if err != nil {
				return fmt.Errorf("at %v: %w", next.at, err)
			}
			b.later(next.at+b.delay(), "answer", o.Token)
		case "answer":
			b.jar = next.token
		}
	}
	return nil
}

// Ten tabs that a browser restores refresh within half a second, each with the
// cookie of its moment. That is no theft, however the line mixes them; nor is
// it an hour later, when they do it again.
func TestRestoredTabsAreNoThieves(t *testing.T) {
	const tabs = 10
	for _, slowest := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond, 400 * time.Millisecond, refresh.DefaultGrace/2 - time.Second} {
		for seed := range uint64(200) {
			c := new(clock)
			cfg := c.config()
			cfg.Store = c.store()
			b := &browser{clock: c, families: families(t, cfg), line: rand.New(rand.NewPCG(seed, 0)), slowest: slowest}
			var id string
			b.jar, id = begin(t, b.families)
			for wave := range 3 {
				for range tabs {
					b.later(time.Duration(wave)*time.Hour+time.Duration(b.line.IntN(500))*time.Millisecond, "open", edgeward.Secret{})
				}
			}
			if err := b.run(t); err != nil {
				t.Fatalf("line %d of %v: %v", seed, slowest, err)
			}
			if family := peek(t, b.families, id); family.RevocationReason != "" || family.Generation != 4 {
				t.Fatalf("line %d of %v: %+v", seed, slowest, family)
			}
		}
	}
}

// Who waits for the window to end finds the thief, or is found in his stead:
// that nothing rotates within it lets nobody live on beside the other.
func TestATokenUsedByTwoWithinGraceIsFoundOut(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	first, id := begin(t, f)
	stolen := c.rotated(t, f, first, 1)[1]
	if o, err := f.Refresh(t.Context(), stolen, home); err != nil || !o.Token.Equal(stolen) {
		t.Fatal(o.Class, err)
	}
	c.Forward(refresh.DefaultGrace)
	c.rotated(t, f, stolen, 1) // by either of them
	c.Forward(refresh.DefaultGrace)
	if o, _ := f.Refresh(t.Context(), stolen, home); o.Class != refresh.Reused || peek(t, f, id).RevocationReason != "reused" {
		t.Error(o.Class)
	}
}
