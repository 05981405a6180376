package pgstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// BenchmarkSignIns compares rows of one run: 64 clients that sign in (two
// entries are made) and refresh four times (one is read and replaced), on
// SQLite and on PostgreSQL with one and two nodes, all on one disk.
func BenchmarkSignIns(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) []store.Store{
		"sqlite":              func(b *testing.B) []store.Store { return []store.Store{openSQLite(b)} },
		"postgresql":          func(b *testing.B) []store.Store { return openNodes(b, 1) },
		"postgresql, 2 nodes": func(b *testing.B) []store.Store { return openNodes(b, 2) },
	} {
		b.Run(name, func(b *testing.B) {
			nodes := open(b)
			var done atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for client := range 64 {
				wg.Go(func() {
					for done.Add(1) <= int64(b.N) {
						signIn(b, nodes[client%len(nodes)])
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(6*b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

func signIn(b *testing.B, s store.Store) {
	id := fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64())
	value, expires := make([]byte, 400), time.Now().Add(time.Hour)
	if _, err := s.Create(b.Context(), "session/"+id, value, expires); err != nil {
		b.Error(err)
	}
	if _, err := s.Create(b.Context(), "family/"+id, value, expires); err != nil {
		b.Error(err)
	}
	for range 4 {
		e, err := s.Get(b.Context(), "family/"+id)
		if err != nil {
			b.Error(err)
		}
		if _, err := s.Replace(b.Context(), "family/"+id, e.Version, value, expires); err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkGet reads at random, by one caller and by 64.
func BenchmarkGet(b *testing.B) {
	s := openNodes(b, 1)[0]
	const entries = 10_000
	var wg sync.WaitGroup
	for n := range entries {
		wg.Go(func() { _, _ = s.Create(b.Context(), fmt.Sprintf("session/%d", n), make([]byte, 300), time.Time{}) })
	}
	wg.Wait()
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			var done atomic.Int64
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for done.Add(1) <= int64(b.N) {
						if _, err := s.Get(context.Background(), fmt.Sprintf("session/%d", rand.IntN(entries))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}

// BenchmarkTold is how long another node's watch takes to be told of a change,
// from the call of the write.
func BenchmarkTold(b *testing.B) {
	nodes := openNodes(b, 2)
	told, synced := make(chan struct{}), make(chan struct{})
	go func() {
		_ = nodes[1].(store.Watcher).Watch(b.Context(), "", func(store.Event) error { told <- struct{}{}; return nil }, func() error { close(synced); return nil })
	}()
	<-synced
	for b.Loop() {
		if _, err := nodes[0].Create(b.Context(), fmt.Sprintf("a/%d", rand.Uint64()), nil, time.Time{}); err != nil {
			b.Fatal(err)
		}
		<-told
	}
}

func openSQLite(b *testing.B) store.Store {
	b.Helper()
	s, err := sqlitestore.Open(sqlitestore.Config{Path: filepath.Join(b.TempDir(), "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func openNodes(b *testing.B, n int) (nodes []store.Store) {
	b.Helper()
	l := pgtest.Start(b)
	for range n {
		nodes = append(nodes, run(b, config(l.URL(), "")))
	}
	return nodes
}
