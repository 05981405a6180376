package ratelimit_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/store/storetest"
)

// A fixture is a limiter with a clock that is moved by hand.
type fixture struct {
	*testing.T
	*ratelimit.Limiter
	clock *storetest.Clock
}

func newFixture(t *testing.T, cfg ratelimit.Config) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: &storetest.Clock{}}
	if cfg.Bytes == 0 {
		cfg.Bytes = 1 << 20
	}
	cfg.Now = f.clock.Now
	l, err := ratelimit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.Limiter = l
	return f
}

var (
	client    = netip.MustParseAddr("192.0.2.1")
	another   = netip.MustParseAddr("192.0.2.2")
	errForged = fmt.Errorf("jwt: %w", edgeward.TokenSignature)
)

// guess settles n wrong guesses and returns how many were answered as such,
// and not that the client has to wait.
func (f *fixture) guess(client netip.Addr, n int) (answered int) {
	f.Helper()
	for range n {
		switch err := f.Record(client, errForged); {
		case errors.Is(err, edgeward.TokenSignature):
			answered++
		case !errors.Is(err, edgeward.TooManyFailures):
			f.Errorf("neither the refusal nor a ban: %v", err)
		}
	}
	return answered
}

// wantWait wants client to have to wait so long, 0 for not at all.
func (f *fixture) wantWait(rule string, client netip.Addr, want time.Duration) {
	f.Helper()
	var got time.Duration
	err := f.Check(client)
	if blocked, ok := errors.AsType[*edgeward.BlockedError](err); ok {
		got = blocked.RetryAfter
	} else if err != nil {
		f.Errorf("%s: %v", rule, err)
	}
	if got != want {
		f.Errorf("%s: has to wait %v, want %v", rule, got, want)
	}
}

func TestTenGuessesAnHour(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	if n := f.guess(client, 25); n != 10 {
		t.Errorf("%d guesses were answered", n)
	}
	f.wantWait("after ten at once", client, 6*time.Minute)
	f.wantWait("somebody else", another, 0)
	f.clock.Forward(6*time.Minute - time.Nanosecond)
	f.wantWait("a little too early", client, time.Nanosecond)
	f.clock.Forward(time.Nanosecond)
	if n := f.guess(client, 5); n != 1 {
		t.Errorf("%d guesses six minutes later", n)
	}
	f.clock.Forward(3 * time.Hour)
	if n := f.guess(client, 25); n != 10 {
		t.Errorf("%d guesses three hours later: waiting saves up nothing", n)
	}
}

func TestTheLimitIsConfigured(t *testing.T) {
	f := newFixture(t, ratelimit.Config{Limit: 3, Window: time.Minute})
	if n := f.guess(client, 9); n != 3 {
		t.Errorf("%d guesses", n)
	}
	f.wantWait("a third of the window", client, 20*time.Second)
}

// A million absent, expired or revoked credentials block nobody.
func TestOnlyGuessesCount(t *testing.T) {
	for _, reason := range edgeward.Reasons() {
		f := newFixture(t, ratelimit.Config{Bytes: 1})
		for range 100 {
			_ = f.Record(client, reason)
			if err := f.Record(another, reason); !ratelimit.IsGuess(reason) && err != error(reason) {
				t.Errorf("%v was answered %v", reason, err)
			}
		}
		if blocked := f.Check(client) != nil; blocked != ratelimit.IsGuess(reason) {
			t.Errorf("%v: blocked %v", reason, blocked)
		}
		if blocked := f.Check(another) != nil; blocked != ratelimit.IsGuess(reason) {
			t.Errorf("%v, settled: blocked %v", reason, blocked)
		}
	}
	f := newFixture(t, ratelimit.Config{})
	down := &edgeward.UnavailableError{What: "store", Err: errors.New("down")}
	for range 100 {
		if err := f.Record(client, down); err != error(down) {
			t.Fatal(err)
		}
	}
	f.wantWait("a store's trouble", client, 0)
}

func TestAllSpellingsOfAnAddressAreOneClient(t *testing.T) {
	for _, row := range []struct {
		rule, guessing, asking string
		same                   bool
	}{
		{"IPv4 in IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"IPv4 in IPv6, in hexadecimal", "::ffff:c000:201", "192.0.2.1", true},
		{"another IPv4 address", "192.0.2.1", "192.0.2.2", false},
		{"another address of the /64", "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"long and short", "2001:0db8:0000:0001:0000:0000:0000:0001", "2001:db8:0:1::1", true},
		{"upper case", "2001:DB8:0:1::A", "2001:db8:0:1::a", true},
		{"a zone", "fe80::1%eth0", "fe80::1%eth1", true},
		{"a zone and none", "fe80::1%eth0", "fe80::2", true},
		{"IPv4 behind a translator", "64:ff9b::192.0.2.1", "192.0.2.1", true},
		{"another IPv4 behind it", "64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2", false},
		{"the next /64", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"an IPv6 address that has the bits of an IPv4 one", "192.0.2.1", "0:0:c000:201::", false},
	} {
		f := newFixture(t, ratelimit.Config{})
		f.guess(netip.MustParseAddr(row.guessing), 10)
		if blocked := f.Check(netip.MustParseAddr(row.asking)) != nil; blocked != row.same {
			t.Errorf("%s: blocked %v", row.rule, blocked)
		}
	}
}

func TestAnUnknownClientIsNeverBlocked(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	if n := f.guess(netip.Addr{}, 25); n != 25 {
		t.Errorf("%d guesses were answered", n)
	}
	_ = f.Record(netip.Addr{}, nil)
	f.wantWait("an unknown client", netip.Addr{}, 0)
	if f.Blocked() != 0 {
		t.Error("a network is blocked")
	}
}

// Of 1,000 guesses at once exactly ten are answered; a right one among the rest
// tells its author nothing.
func TestParallelGuessesAreCountedExactly(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	var answered, early atomic.Int64
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if f.Check(client) == nil {
				early.Add(1)
			}
			if errors.Is(f.Record(client, errForged), edgeward.TokenSignature) {
				answered.Add(1)
			}
		})
	}
	all.Wait()
	if answered.Load() != 10 {
		t.Errorf("%d of 1,000 were answered", answered.Load())
	}
	if err := f.Record(client, nil); !errors.Is(err, edgeward.TooManyFailures) {
		t.Errorf("a right guess that was on its way: %v", err)
	}
	f.wantWait("afterwards", client, 6*time.Minute)
}

// An attacker who has a credential of his own uses it now and then.
func TestASuccessForgivesNothing(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	answered := 0
	for range 20 {
		answered += f.guess(client, 1)
		_ = f.Record(client, nil)
	}
	if answered != 10 {
		t.Errorf("%d guesses were answered", answered)
	}
	f.wantWait("a guesser who can also log in", client, 6*time.Minute)
}

// Whoever guesses from wherever, the owner comes in, also after a mistake.
func TestNobodyIsLockedOutFromAfar(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	f.guess(client, 9)
	for i := range 1000 {
		f.guess(netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), 10)
	}
	f.wantWait("the owner", client, 0)
	if err := f.Record(client, nil); err != nil {
		t.Errorf("the owner was refused: %v", err)
	}
}

// A clock that is set back keeps nobody waiting for longer than the window.
func TestAClockThatIsSetBack(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	f.clock.Forward(48 * time.Hour)
	f.guess(client, 10)
	f.clock.Forward(-24 * time.Hour)
	f.wantWait("set back", client, 6*time.Minute)
	f.clock.Forward(6 * time.Minute)
	f.wantWait("six minutes later, still before", client, 6*time.Minute)
}

func TestNewRefusesWhatCannotBeCounted(t *testing.T) {
	for rule, cfg := range map[string]ratelimit.Config{
		"a negative limit":           {Limit: -1},
		"a negative window":          {Window: -time.Hour},
		"a window of a microsecond":  {Window: time.Microsecond, Limit: 1},
		"more than one a µs":         {Window: time.Millisecond, Limit: 1001},
		"a negative amount of bytes": {Bytes: -1},
	} {
		if _, err := ratelimit.New(cfg); err == nil {
			t.Errorf("%s was accepted", rule)
		}
	}
}
