package jwks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgeward/edgeward/jwks"
)

// start is when the tests' clock begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

// loaded returns a Freshness whose set was asked for at start.
func loaded(t testing.TB, ttl time.Duration) *jwks.Freshness {
	t.Helper()
	f := new(jwks.Freshness)
	ticket, ok := f.Begin(start)
	if !ok || !f.Succeed(ticket, start, ttl) {
		t.Fatal("the first attempt was not allowed, or its set not installed")
	}
	return f
}

func TestTermOfALife(t *testing.T) {
	for _, row := range []struct {
		rule        string
		ttl, within time.Duration
	}{
		{"an hour unless stated", 0, time.Hour},
		{"as stated", 10 * time.Minute, 10 * time.Minute},
		{"a minute at least", time.Second, time.Minute},
		{"a day at most", 8760 * time.Hour, 24 * time.Hour},
	} {
		f := loaded(t, row.ttl)
		term := f.Term(0)
		if got := term.Until.Sub(start); got != row.within {
			t.Errorf("%s: serves %v, want %v", row.rule, got, row.within)
		}
		if got := term.Dead.Sub(start); got != 24*time.Hour {
			t.Errorf("%s: dead after %v, want the hard cap", row.rule, got)
		}
		early, late := f.Term(0.999999).Refresh, term.Refresh
		if early.Before(at(row.within*79/100)) || late.After(at(row.within*91/100)) || !early.Before(late) {
			t.Errorf("%s: refresh from %v to %v, want 80 to 90 %%", row.rule, early.Sub(start), late.Sub(start))
		}
		if term.Failing {
			t.Errorf("%s: failing", row.rule)
		}
	}
	if zero := new(jwks.Freshness).Term(0.5); zero != (jwks.Term{}) {
		t.Errorf("without a set: %+v, want nobody to be served", zero)
	}
}

// Attempts begin at least Brake apart, whatever came of them.
func TestBrake(t *testing.T) {
	for _, row := range []struct {
		rule string
		now  time.Duration
		wait time.Duration
	}{
		{"at once", 0, 30 * time.Second},
		{"just before", 29 * time.Second, time.Second},
		{"in time", 30 * time.Second, 0},
		{"a clock read before the attempt began", -time.Second, 30 * time.Second},
		{"a clock set back an hour must not stop us for an hour", -time.Hour, 0},
	} {
		for _, failed := range []bool{false, true} {
			f := new(jwks.Freshness)
			ticket, _ := f.Begin(start)
			if failed {
				f.Fail(ticket)
			} else {
				f.Succeed(ticket, start, 0)
			}
			if got := f.Wait(at(row.now)); got != row.wait {
				t.Errorf("%s (failed %v): wait %v, want %v", row.rule, failed, got, row.wait)
			}
			if _, ok := f.Begin(at(row.now)); ok != (row.wait == 0) {
				t.Errorf("%s (failed %v): begun %v", row.rule, failed, ok)
			}
		}
	}
}

// However many ask, at most one attempt begins in 30 s.
func TestFloodIsBraked(t *testing.T) {
	f := loaded(t, 0)
	attempts := 0
	for i := range 10 * 60 * 10 { // ten minutes, ten kids a second
		now := at(time.Duration(i) * 100 * time.Millisecond)
		if f.Unknown(fmt.Sprint("random-", i), now) == jwks.Ask {
			if ticket, ok := f.Begin(now); ok {
				attempts++
				f.Succeed(ticket, now, 0)
			}
		}
	}
	if attempts != 19 { // the first was at 0 s, before the flood
		t.Errorf("%d attempts in ten minutes, want 19", attempts)
	}
}

// An attempt that began earlier never replaces what a later one brought, and
// its failure says nothing about the later one's set.
func TestOlderAttemptNeverOverwrites(t *testing.T) {
	f := new(jwks.Freshness)
	slow, _ := f.Begin(start)
	quick, ok := f.Begin(at(jwks.Brake))
	if !ok || !f.Succeed(quick, at(jwks.Brake), 0) {
		t.Fatal("the later attempt was not installed")
	}
	before := f.Term(0)
	if f.Succeed(slow, start, 24*time.Hour) {
		t.Error("the older attempt was installed over the newer")
	}
	f.Fail(slow)
	if f.Succeed(quick, at(jwks.Brake), 24*time.Hour) {
		t.Error("one attempt was installed twice")
	}
	if after := f.Term(0); after != before {
		t.Errorf("term changed from %+v to %+v", before, after)
	}
}

// While attempts fail, keys serve on until shortly after the next one is due,
// and never past the hard cap; the pauses grow to five minutes.
func TestStaleOnError(t *testing.T) {
	f := loaded(t, time.Minute)
	now := at(time.Minute)
	var pauses []time.Duration
	for now.Before(at(jwks.HardCap)) {
		ticket, ok := f.Begin(now)
		if !ok {
			t.Fatalf("at %v: braked", now.Sub(start))
		}
		f.Fail(ticket)
		term := f.Term(0)
		if !term.Failing || term.Dead != at(jwks.HardCap) || term.Until.After(term.Dead) {
			t.Fatalf("at %v: %+v", now.Sub(start), term)
		}
		if !term.Until.After(term.Refresh) && term.Until != term.Dead {
			t.Fatalf("at %v: keys stop serving before the next attempt is due", now.Sub(start))
		}
		pauses = append(pauses, term.Refresh.Sub(now))
		if jittered := f.Term(0.999999).Refresh.Sub(now); jittered < term.Refresh.Sub(now) || jittered > 6*time.Minute {
			t.Fatalf("at %v: pause with jitter %v", now.Sub(start), jittered)
		}
		now = term.Refresh
	}
	want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute}
	for i, w := range want {
		if pauses[i] != w {
			t.Errorf("pause %d: %v, want %v", i, pauses[i], w)
		}
	}
	ticket, _ := f.Begin(now)
	if !f.Succeed(ticket, now, 0) || f.Term(0).Failing || f.Term(0).Until != now.Add(time.Hour) {
		t.Error("a success does not end the trouble")
	}
}

// Failing long before the set is old takes nothing from its life.
func TestFailureDoesNotShortenALife(t *testing.T) {
	f := loaded(t, 0)
	ticket, _ := f.Begin(at(jwks.Brake))
	f.Fail(ticket)
	if term := f.Term(0); term.Until != at(time.Hour) {
		t.Errorf("serves %v, want an hour", term.Until.Sub(start))
	}
}

// Without a set, the next attempt is due as soon as the brake allows.
func TestColdFailureDoesNotBackOff(t *testing.T) {
	f := new(jwks.Freshness)
	for i := range 10 {
		now := at(time.Duration(i) * jwks.Brake)
		ticket, ok := f.Begin(now)
		if !ok {
			t.Fatalf("attempt %d braked", i)
		}
		f.Fail(ticket)
		if term := f.Term(0); term.Refresh != now.Add(jwks.Brake) || term.Until.After(start) {
			t.Fatalf("attempt %d: %+v", i, term)
		}
	}
}

// Invalid is not the same as could not tell.
func TestUnknownKid(t *testing.T) {
	failing := func() *jwks.Freshness {
		f := loaded(t, 0)
		ticket, _ := f.Begin(at(time.Minute))
		f.Fail(ticket)
		return f
	}
	cold := func() *jwks.Freshness {
		f := new(jwks.Freshness)
		ticket, _ := f.Begin(at(time.Minute))
		f.Fail(ticket)
		return f
	}
	absent := loaded(t, 0)
	absent.Absent("kid", at(time.Minute))
	for _, row := range []struct {
		rule string
		f    *jwks.Freshness
		now  time.Duration
		want jwks.Verdict
	}{
		{"never asked", new(jwks.Freshness), 0, jwks.Ask},
		{"answered a moment ago", loaded(t, 0), 29 * time.Second, jwks.Refuse},
		{"answered a while ago", loaded(t, 0), 30 * time.Second, jwks.Ask},
		{"failed a moment ago", failing(), time.Minute + time.Second, jwks.CouldNotTell},
		{"failed a while ago", failing(), 2 * time.Minute, jwks.Ask},
		{"failed, and no set", cold(), time.Minute + time.Second, jwks.CouldNotTell},
		{"found absent", absent, 2*time.Minute - 1, jwks.Refuse},
		{"found absent a minute ago", absent, 2 * time.Minute, jwks.Ask},
	} {
		if got := row.f.Unknown("kid", at(row.now)); got != row.want {
			t.Errorf("%s: %v, want %v", row.rule, got, row.want)
		}
	}
	if absent.Unknown("other", at(time.Minute)) != jwks.Ask {
		t.Error("one kid's absence is held against another")
	}
}

// A flood of kids costs bounded memory: the oldest are forgotten.
func TestAbsentKidsAreBounded(t *testing.T) {
	f := loaded(t, 0)
	now := at(time.Minute)
	const flood = 100_000
	for i := range flood {
		f.Absent(fmt.Sprint(i), now)
	}
	remembered := 0
	for i := range flood {
		if f.Unknown(fmt.Sprint(i), now) == jwks.Refuse {
			remembered++
		}
	}
	if remembered < 512 || remembered > 1024 {
		t.Errorf("%d kids are remembered, want 512 to 1024", remembered)
	}
	long := string(make([]byte, 257))
	f.Absent(long, now)
	f.Absent("", now)
	if f.Unknown(long, now) == jwks.Refuse || f.Unknown("", now) == jwks.Refuse {
		t.Error("a kid that is no kid is remembered")
	}
}

func TestMaxAge(t *testing.T) {
	for field, want := range map[string]time.Duration{
		"":                                 0,
		"no-cache":                         0,
		"public, max-age=600":              10 * time.Minute,
		"Max-Age=600, must-revalidate":     10 * time.Minute,
		`max-age="600"`:                    10 * time.Minute,
		"no-store, max-age=0":              time.Minute,
		"max-age=5":                        time.Minute,
		"max-age=31536000":                 24 * time.Hour,
		"max-age=18446744073709551615":     24 * time.Hour,
		"max-age=99999999999999999999":     0,
		"max-age=-1":                       0,
		"max-age":                          0,
		"s-maxage=600":                     0,
		"private=\"max-age\", max-age=120": 2 * time.Minute,
	} {
		if got := jwks.MaxAge(field); got != want {
			t.Errorf("%q: %v, want %v", field, got, want)
		}
	}
}
