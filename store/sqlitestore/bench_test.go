package sqlitestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/sqlitestore"
)

// BenchmarkCreate is the rate of durable writes. Compare the rows of one run:
// one writer pays an fsync for each write, many share it.
func BenchmarkCreate(b *testing.B) {
	value := make([]byte, 400)
	for _, writers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openBench(b, filepath.Join(b.TempDir(), "store.db"))
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						if _, err := s.Create(b.Context(), benchKey(rand.Uint64()), value, time.Now().Add(time.Hour)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// BenchmarkFsync is the limit of one writer: what the disk needs to keep a page.
func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "page"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for i := range b.N {
		if _, err := f.WriteAt(make([]byte, 4096), int64(i)*4096); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGet reads at random among few and among many rows.
func BenchmarkGet(b *testing.B) {
	for _, rows := range []uint64{1000, 1_000_000} {
		s := openBench(b, filepath.Join(b.TempDir(), "store.db"))
		fill(b, s, rows)
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(context.Background(), benchKey(rand.Uint64N(rows))); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("rows=%d/parallel", rows), func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Get(context.Background(), benchKey(rand.Uint64N(rows))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkOpen reads the whole of a store to see that it is sound.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "store.db")
	s := openBench(b, path)
	fill(b, s, 1_000_000)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := sqlitestore.Open(sqlitestore.Config{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func openBench(b *testing.B, path string) *sqlitestore.Store {
	b.Helper()
	s, err := sqlitestore.Open(sqlitestore.Config{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// benchKey spreads the keys as hashes do.
func benchKey(n uint64) string { return fmt.Sprintf("session/%016x%016x", n*0x9e3779b97f4a7c15, n) }

func fill(b *testing.B, s *sqlitestore.Store, rows uint64) {
	b.Helper()
	value := make([]byte, 300)
	var n atomic.Uint64
	var wg sync.WaitGroup
	for range 4096 {
		wg.Go(func() {
			for i := n.Add(1) - 1; i < rows; i = n.Add(1) - 1 {
				if _, err := s.Create(b.Context(), benchKey(i), value, time.Now().Add(24*time.Hour)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
