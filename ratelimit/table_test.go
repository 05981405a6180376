package ratelimit

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
)

func TestEveryReasonIsClassified(t *testing.T) {
	for _, r := range edgeward.Reasons() {
		if classOf(r) == unclassified {
			t.Errorf("%v: say in guess.go whether it is a guess", r)
		}
		if r.Status() < 400 && IsGuess(r) {
			t.Errorf("%v allows, and is a guess", r)
		}
	}
	if IsGuess(255) {
		t.Error("an unknown reason is a guess")
	}
}

func TestGuesses(t *testing.T) {
	want := map[edgeward.Reason]bool{
		edgeward.TokenSignature: true, edgeward.RefreshInvalid: true, edgeward.SessionInvalid: true,
		edgeward.APIKeyInvalid: true, edgeward.APIKeyUnknown: true, edgeward.APIKeySecret: true, edgeward.CodeInvalid: true,
	}
	for _, r := range edgeward.Reasons() {
		if IsGuess(r) != want[r] {
			t.Errorf("%v: guess %v", r, IsGuess(r))
		}
	}
}

// In whatever span of time, no more than a burst and what its time allows.
func TestTheRateHoldsInEverySpan(t *testing.T) {
	r := newRate(10, time.Hour)
	rnd := rand.New(rand.NewPCG(1, 2))
	var made []int64
	var until, now int64
	for range 5000 {
		now += rnd.Int64N(int64(10 * time.Minute))
		if rnd.IntN(100) == 0 {
			now += int64(5 * time.Hour)
		}
		if r.wait(until, now) == 0 {
			until = r.next(until, now)
			made = append(made, now)
		}
	}
	for i := range made {
		for j := i; j < min(i+50, len(made)); j++ {
			if allowed := 10 + (made[j]-made[i])/r.step; int64(j-i+1) > allowed {
				t.Fatalf("%d guesses within %v", j-i+1, time.Duration(made[j]-made[i]))
			}
		}
	}
	if len(made) < 4000 { // 5,000 chances, five minutes each, a guess every six
		t.Errorf("only %d guesses", len(made))
	}
}

func TestWaitIsWhenTheNextMayCome(t *testing.T) {
	r := newRate(7, time.Minute)
	for until := int64(-5); until < 2*r.burst; until += r.step / 3 {
		now := int64(1000)
		if wait := r.wait(until, now); wait > 0 && (r.wait(until, now+wait-1) == 0 || until <= now+r.burst && r.wait(until, now+wait) != 0) {
			t.Errorf("until %d: waits %d", until, wait)
		}
	}
}

func network4(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
}

func small(t *testing.T, now func() time.Time) *Limiter {
	l, err := New(Config{Bytes: 1, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.table.buckets) != 256 {
		t.Fatalf("%d buckets", len(l.table.buckets))
	}
	return l
}

// Who comes from many networks buries no ban, and of the rest the most recent
// and the worst are kept.
func TestAFloodOfSourcesBuriesNoBan(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := small(t, func() time.Time { return now })
	const banned = 200 // of 2,048 counters
	for i := range banned {
		for range 10 {
			_ = l.Record(network4(i), edgeward.TokenSignature)
		}
	}
	for i := range 100_000 {
		now = now.Add(time.Millisecond)
		_ = l.Record(network4(1<<24+i), edgeward.TokenSignature)
	}
	for i := range banned {
		if l.Check(network4(i)) == nil {
			t.Fatalf("ban %d is forgotten", i)
		}
	}
	if l.Blocked() != banned || l.Stats().Forgotten < 90_000 {
		t.Errorf("%d bans, %+v", l.Blocked(), l.Stats())
	}
	for i := range 9 { // a new one is counted in the midst of it
		_ = l.Record(network4(1<<25), edgeward.TokenSignature)
		_ = l.Record(network4(1<<25+1+i), edgeward.TokenSignature)
	}
	_ = l.Record(network4(1<<25), edgeward.TokenSignature)
	if l.Check(network4(1<<25)) == nil {
		t.Error("ten guesses were not counted during the flood")
	}
}

func TestRowsThatArePastMakeNobodyGiveWay(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := small(t, func() time.Time { return now })
	for i := range 10_000 {
		_ = l.Record(network4(i), edgeward.TokenSignature)
	}
	before := l.Stats()
	for i := range 1000 {
		k, _ := clientKey(network4(1<<24 + i))
		_ = l.event(store.Event{Entry: store.Entry{Key: k.row(), Value: []byte(`{"v":1,"until":1799999999999}`)}})
	}
	if l.Stats() != before {
		t.Errorf("%+v, before %+v", l.Stats(), before)
	}
}

func TestAmongEightBansNothingElseIsCounted(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := small(t, func() time.Time { return now })
	home, _ := clientKey(network4(0))
	bucket, stripe := l.table.open(home)
	stripe.mu.Unlock()
	var same []netip.Addr
	for i := 0; len(same) < 9; i++ {
		k, _ := clientKey(network4(i))
		b, s := l.table.open(k)
		s.mu.Unlock()
		if b == bucket {
			same = append(same, network4(i))
		}
	}
	for range 10 {
		for _, a := range same[:8] {
			_ = l.Record(a, edgeward.TokenSignature)
		}
	}
	for range 10 {
		_ = l.Record(same[8], edgeward.TokenSignature)
	}
	if l.Blocked() != 8 || l.Check(same[8]) != nil || l.Stats().Uncounted != 10 {
		t.Errorf("%d bans, %+v", l.Blocked(), l.Stats())
	}
	now = now.Add(6 * time.Minute) // the bans end, and give way
	_ = l.Record(same[8], edgeward.TokenSignature)
	if l.Stats().Uncounted != 10 || l.Stats().Forgotten != 1 {
		t.Errorf("%+v", l.Stats())
	}
}

func TestAMillionSourcesStayWithinTheirMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("1,000,000 sources")
	}
	before := liveHeap()
	l, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1_000_000 {
		_ = l.Record(network4(i), edgeward.TokenSignature)
	}
	bytes := liveHeap() - before
	t.Logf("%d bytes, %+v", bytes, l.Stats())
	if bytes > DefaultBytes+64<<10 || l.Stats().Forgotten > 10_000 {
		t.Errorf("%d bytes, bound %d; %+v", bytes, DefaultBytes, l.Stats())
	}
	runtime.KeepAlive(l)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func FuzzRow(f *testing.F) {
	f.Add("ban/192.0.2.1/32", []byte(`{"v":1,"until":1800000000000}`))
	f.Add("ban/2001:db8:0:1::/64", []byte(`{"v":1,"until":1}`))
	f.Add("ban/account/1f", []byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, row string, value []byte) {
		if k, ok := parseRow(row); ok && k.row() != row {
			t.Errorf("%q is read as %q", row, k.row())
		}
		l := small(t, func() time.Time { return time.Unix(1_800_000_000, 0) })
		until, err := l.read(value)
		if now := l.elapsed(); err == nil && l.rate.wait(until, now) > l.rate.burst {
			t.Errorf("%q keeps waiting for %d", value, l.rate.wait(until, now))
		}
	})
}

// What a request costs that nobody has anything against, in a table that is
// empty and in one with 1,000,000 networks that guessed.
func BenchmarkCheck(b *testing.B) {
	for name, sources := range map[string]int{"empty": 0, "million": 1_000_000} {
		l, err := New(Config{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range sources {
			_ = l.Record(network4(i), edgeward.TokenSignature)
		}
		clients := make([]netip.Addr, 1024)
		for i := range clients {
			clients[i] = network4(1<<30 + i)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c := clients[i%len(clients)]
				if err := l.Check(c); err != nil {
					b.Fatal(err)
				}
				_ = l.Record(c, nil)
				i++
			}
		})
	}
}

func BenchmarkRefused(b *testing.B) {
	l, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		_ = l.Record(network4(i%1_000_000), edgeward.TokenSignature)
		i++
	}
}
