package revocation_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store"
)

// blank is a store that keeps nothing, so that only a Log's own memory counts.
type blank struct{ store.Store }

func (blank) Create(context.Context, string, []byte, time.Time) (store.Version, error) { return 1, nil }

func (blank) Watch(_ context.Context, _ string, _ func(store.Event) error, synced func() error) error {
	return synced()
}

const million = 1_000_000

// revokeMany makes n entries of the scopes that grow by what people do, and
// returns the heap that they take.
func revokeMany(tb testing.TB, log *revocation.Log, n int) (bytes int64) {
	tb.Helper()
	before := liveHeap()
	many := []revocation.Scope{revocation.Token, revocation.Session, revocation.Family, revocation.Subject}
	for i := range n {
		e := revocation.Entry{Scope: many[i%len(many)], Value: fmt.Sprintf("revoked-%d", i), Expires: time.Now().Add(24 * time.Hour)}
		if e.Scope == revocation.Token || e.Scope == revocation.Subject {
			e.Issuer = issuer
		}
		if _, err := log.Revoke(context.Background(), e); err != nil {
			tb.Fatal(err)
		}
	}
	return liveHeap() - before
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func synced(tb testing.TB) *revocation.Log {
	tb.Helper()
	log, err := revocation.New(revocation.Config{Store: blank{}})
	if err != nil {
		tb.Fatal(err)
	}
	_ = log.Run(context.Background())
	return log
}

func TestAMillionRevocationsTakeLessThan100MB(t *testing.T) {
	if testing.Short() {
		t.Skip("1,000,000 entries")
	}
	log := synced(t)
	bytes := revokeMany(t, log, million)
	t.Logf("%d entries take %d bytes", log.Len(), bytes)
	if log.Len() != million || bytes > 100_000_000 {
		t.Errorf("%d entries in %d bytes", log.Len(), bytes)
	}
}

// A check of identities that are not revoked, each with everything by which it
// could be, beside n entries. 1,024 identities fit the caches near the
// processor, as the one does that a request has just looked up; 65,536 do not,
// and the rows without entries show what fetching them costs alone.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{0, 1_000, million} {
		log := synced(b)
		bytes := revokeMany(b, log, n)
		for _, different := range []int{1, 1 << 10, 1 << 16} {
			ids := make([]*edgeward.Identity, different)
			for i := range ids {
				ids[i] = identity(b, edgeward.Identity{
					Subject: fmt.Sprint("subject-", i), TokenID: fmt.Sprint("jti-", i), Session: fmt.Sprint("sid-", i),
					SigningKey: "k1", IssuedAt: time.Now(),
				})
			}
			b.Run(fmt.Sprintf("entries=%d/identities=%d", n, different), func(b *testing.B) {
				i := 0
				for b.Loop() {
					if err := log.Check(ids[i&(different-1)]); err != nil {
						b.Fatal(err)
					}
					i += 40_503 // far away from the one before
				}
				if n > 0 {
					b.ReportMetric(float64(bytes)/float64(n), "B/entry")
				}
			})
		}
	}
}

func BenchmarkCheckInParallel(b *testing.B) {
	log := synced(b)
	revokeMany(b, log, million)
	id := identity(b, edgeward.Identity{Subject: "s", TokenID: "jti", Session: "sid", SigningKey: "k1", IssuedAt: time.Now()})
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := log.Check(id); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestACheckAllocatesNothing(t *testing.T) {
	log := synced(t)
	revokeMany(t, log, 100)
	free := identity(t, edgeward.Identity{Subject: "free", TokenID: "jti", Session: "sid", SigningKey: "k1"})
	dead := identity(t, edgeward.Identity{Subject: "revoked-3"})
	if log.Check(free) != nil || log.Check(dead) == nil {
		t.Fatal("the wrong one is revoked")
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = log.Check(free), log.Check(dead) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
