package refresh_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/store/memstore"
)

// Refreshes per second of one family after the other, over a store in memory:
// what is left of the cost when the store costs nothing.
func BenchmarkRefresh(b *testing.B) {
	f := families(b, refresh.Config{Store: memstore.New(memstore.Config{}), Key: key, Grace: -1})
	token, _ := begin(b, f)
	b.ReportAllocs()
	for b.Loop() {
		o, err := f.Refresh(b.Context(), token, away)
		if err != nil {
			b.Fatal(err)
		}
		token = o.Token
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refreshes/s")
}

func BenchmarkRepeat(b *testing.B) {
	f := families(b, refresh.Config{Store: memstore.New(memstore.Config{}), Key: key})
	token, _ := begin(b, f)
	new(clock).rotated(b, f, token, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Refresh(b.Context(), token, away); err != nil {
			b.Skip("the machine took longer than the grace window")
		}
	}
}

func BenchmarkForged(b *testing.B) {
	f := families(b, refresh.Config{Store: memstore.New(memstore.Config{}), Key: key})
	token := edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Refresh(b.Context(), token, away); err == nil {
			b.Fatal("accepted")
		}
	}
}
