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

func at(c netip.Addr, account string) ratelimit.Attempt {
	return ratelimit.Attempt{Client: c, Account: account}
}

// guess settles n wrong guesses and returns how many were answered as such,
// and not that the client has to wait.
func (f *fixture) guess(a ratelimit.Attempt, n int) (answered int) {
	f.Helper()
	for range n {
		switch err := f.Settle(a, errForged); {
		case errors.Is(err, edgeward.TokenSignature):
			answered++
		case !errors.Is(err, edgeward.TooManyFailures):
			f.Errorf("neither the refusal nor a ban: %v", err)
		}
	}
	return answered
}

// wantWait wants a to have to wait so long, 0 for not at all.
func (f *fixture) wantWait(rule string, a ratelimit.Attempt, want time.Duration) {
	f.Helper()
	var got time.Duration
	err := f.Allow(a)
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
	a := at(client, "")
	if n := f.guess(a, 25); n != 10 {
		t.Errorf("%d guesses were answered", n)
	}
	f.wantWait("after ten at once", a, 6*time.Minute)
	f.wantWait("somebody else", at(another, ""), 0)
	f.clock.Forward(6*time.Minute - time.Nanosecond)
	f.wantWait("a little too early", a, time.Nanosecond)
	f.clock.Forward(time.Nanosecond)
	if n := f.guess(a, 5); n != 1 {
		t.Errorf("%d guesses six minutes later", n)
	}
	f.clock.Forward(3 * time.Hour)
	if n := f.guess(a, 25); n != 10 {
		t.Errorf("%d guesses three hours later: waiting saves up nothing", n)
	}
}

func TestTheLimitIsConfigured(t *testing.T) {
	f := newFixture(t, ratelimit.Config{Limit: 3, Window: time.Minute})
	if n := f.guess(at(client, ""), 9); n != 3 {
		t.Errorf("%d guesses", n)
	}
	f.wantWait("a third of the window", at(client, ""), 20*time.Second)
}

// A million absent, expired or revoked credentials block nobody.
func TestOnlyGuessesCount(t *testing.T) {
	for _, reason := range edgeward.Reasons() {
		f := newFixture(t, ratelimit.Config{Bytes: 1})
		for range 100 {
			_ = f.Outcome(client, nil, reason)
			if err := f.Settle(at(another, "alice"), reason); !ratelimit.IsGuess(reason) && err != error(reason) {
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
		if err := f.Settle(at(client, ""), down); err != error(down) {
			t.Fatal(err)
		}
	}
	f.wantWait("a store's trouble", at(client, ""), 0)
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
		{"the next /64", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"an IPv6 address that has the bits of an IPv4 one", "192.0.2.1", "0:0:c000:201::", false},
	} {
		f := newFixture(t, ratelimit.Config{})
		f.guess(at(netip.MustParseAddr(row.guessing), ""), 10)
		if blocked := f.Check(netip.MustParseAddr(row.asking)) != nil; blocked != row.same {
			t.Errorf("%s: blocked %v", row.rule, blocked)
		}
	}
}

func TestAnUnknownClientIsNeverBlocked(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	if n := f.guess(at(netip.Addr{}, "alice"), 25); n != 25 {
		t.Errorf("%d guesses were answered", n)
	}
	_ = f.Outcome(netip.Addr{}, alice(t), nil)
	f.wantWait("an unknown client", at(netip.Addr{}, ""), 0)
	if f.Blocked() != 0 {
		t.Error("a network is blocked")
	}
}

func alice(t *testing.T) *edgeward.Identity {
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Of 1,000 guesses at once exactly ten are answered; a right one among the rest
// tells its author nothing.
func TestParallelGuessesAreCountedExactly(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	var answered, early atomic.Int64
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if f.Allow(at(client, "alice")) == nil {
				early.Add(1)
			}
			if errors.Is(f.Settle(at(client, "alice"), errForged), edgeward.TokenSignature) {
				answered.Add(1)
			}
		})
	}
	all.Wait()
	if answered.Load() != 10 {
		t.Errorf("%d of 1,000 were answered", answered.Load())
	}
	if err := f.Settle(at(client, "alice"), nil); !errors.Is(err, edgeward.TooManyFailures) {
		t.Errorf("a right guess that was on its way: %v", err)
	}
	f.wantWait("afterwards", at(client, ""), 6*time.Minute)
}

// The seed's flaw: an attacker who has an account logs in now and then.
func TestASuccessForgivesNoGuessAtOthers(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	answered := 0
	for range 20 {
		answered += f.guess(at(client, "victim"), 1)
		_ = f.Settle(at(client, "attacker"), nil)
		_ = f.Outcome(client, alice(t), nil)
	}
	if answered != 10 {
		t.Errorf("%d guesses at the victim were answered", answered)
	}
	f.wantWait("a guesser who can also log in", at(client, ""), 6*time.Minute)
	f.guess(at(another, ""), 9)
	_ = f.Outcome(another, alice(t), nil)
	if n := f.guess(at(another, ""), 9); n != 1 {
		t.Errorf("%d more errForged tokens after a success", n)
	}
}

// Nor may guesses at a namesake elsewhere be forgiven, although they share the
// account's counter.
func TestASuccessForgivesNoGuessAtANamesake(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	f.guess(at(client, "alice@victim.example"), 9)
	if err := f.Settle(at(client, "alice@attacker.example"), nil); err != nil {
		t.Fatal(err)
	}
	if n := f.guess(at(client, "alice@victim.example"), 9); n != 1 {
		t.Errorf("%d more guesses", n)
	}
}

func TestASuccessForgivesTheGuessesAtTheSameAccount(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	f.guess(at(client, "bob"), 3)
	f.guess(at(client, "alice"), 5)
	if err := f.Settle(at(client, " ALICE "), nil); err != nil {
		t.Fatal(err)
	}
	if n := f.guess(at(client, ""), 25); n != 7 {
		t.Errorf("%d guesses left, want 7: those at bob count", n)
	}
	g := newFixture(t, ratelimit.Config{})
	g.guess(at(client, ratelimit.AccountOf(alice(t))), 9)
	_ = g.Outcome(client, alice(t), nil)
	if n := g.guess(at(client, ""), 25); n != 10 {
		t.Errorf("%d guesses left after an identity was proved", n)
	}
	g.guess(at(another, "carol"), 9)
	_ = g.Settle(at(another, "carol"), nil)
	if n := g.guess(at(another, "carol"), 9); n != 9 {
		t.Errorf("%d guesses left at the account", n)
	}
	_ = g.Settle(at(another, "carol"), nil)
	_ = g.Settle(at(another, "carol"), nil) // twice forgives no more than once
	g.guess(at(another, "dave"), 9)
	_ = g.Settle(at(another, "carol"), nil)
	if n := g.guess(at(another, ""), 9); n != 1 {
		t.Errorf("%d guesses left, forgiven twice", n)
	}
}

// Whoever guesses at an account from wherever, its owner comes in.
func TestNobodyIsLockedOutFromAfar(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	for i := range 1000 {
		f.guess(at(netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), "victim"), 10)
	}
	f.wantWait("the owner, who makes no mistake", at(client, "victim"), 0)
	if err := f.Settle(at(client, "victim"), nil); err != nil {
		t.Errorf("the owner was refused: %v", err)
	}
}

// While many guess at an account, each of them has one guess at a time.
func TestManyAttackersOfOneAccount(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	bot := func(i int) ratelimit.Attempt { return at(netip.AddrFrom4([4]byte{203, 0, 0, byte(i)}), "victim") }
	for i := range 10 {
		f.guess(bot(i), 1)
	}
	f.wantWait("one that has guessed", bot(0), 6*time.Minute)
	f.wantWait("at somebody else", at(bot(0).Client, "other"), 0)
	f.wantWait("a new one", bot(10), 0)
	f.guess(at(client, "other"), 2)
	f.wantWait("one that has guessed at others", at(client, "victim"), 12*time.Minute)
	f.clock.Forward(6 * time.Minute)
	f.wantWait("forgotten", bot(0), 0)
}

func TestAllNamesOfAnAccountAreOne(t *testing.T) {
	for _, row := range []struct {
		name string
		same bool
	}{
		{"alice", true}, {"ALICE", true}, {" alice\t", true}, {"alice@example.com", true}, {"Alice@Example.com", true},
		{"alice+news@example.com", true}, {"al\u0131ce", true}, // a dotless i, which upper case makes an I
		{"bob", false}, {"alicia", false}, {"@alice", false},
	} {
		f := newFixture(t, ratelimit.Config{})
		for i := range 10 {
			f.guess(at(netip.AddrFrom4([4]byte{203, 0, 0, byte(i)}), row.name), 1)
		}
		f.guess(at(client, "x"), 1)
		if blocked := f.Allow(at(client, "alice")) != nil; blocked != row.same {
			t.Errorf("%q counts for alice: %v", row.name, blocked)
		}
	}
}

func TestAccountsAreToldApart(t *testing.T) {
	names := map[string]bool{}
	for _, id := range []edgeward.Identity{
		{Issuer: "i", Subject: "a"}, {Issuer: "i", Subject: "b"}, {Issuer: "j", Subject: "a"}, {Issuer: "i", Subject: "a", APIKey: "k"}, {Issuer: "i", Subject: "a", APIKey: "l"},
	} {
		names[ratelimit.AccountOf(&id)] = true
	}
	if len(names) != 5 {
		t.Errorf("%v", names)
	}
}

// A clock that is set back keeps nobody waiting for longer than the window.
func TestAClockThatIsSetBack(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	f.clock.Forward(48 * time.Hour)
	f.guess(at(client, ""), 10)
	f.clock.Forward(-24 * time.Hour)
	f.wantWait("set back", at(client, ""), 6*time.Minute)
	f.clock.Forward(6 * time.Minute)
	f.wantWait("six minutes later, still before", at(client, ""), 6*time.Minute)
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
