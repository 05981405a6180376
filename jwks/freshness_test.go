package jwks_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// start is when the tests' clock begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

// loaded returns a Freshness whose set was asked for at start.
func loaded(t testing.TB, ttl time.Duration) *jwks.Freshness {
	t.Helper()
	f := new(jwks.Freshness)
	ticket, ok := f.Begin(jwks.Schedule, start)
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

var none, some = jwks.Wanted{}, jwks.Want("some", true, jwt.EdDSA)

// A failed attempt, or one that is under way, brakes all; one that did not bring
// what an unknown kid wanted brakes its own cause; one by schedule brakes nobody.
func TestBrake(t *testing.T) {
	holding := parse(t, okpKey("some"))
	lacking := parse(t, okpKey("other"))
	for _, row := range []struct {
		rule   string
		cause  jwks.Cause
		end    func(*jwks.Freshness, jwks.Ticket)
		brakes []jwks.Cause
	}{
		{"under way", jwks.Schedule, func(*jwks.Freshness, jwks.Ticket) {}, []jwks.Cause{jwks.Schedule, jwks.Unknown, jwks.Vouched}},
		{"failed", jwks.Schedule, (*jwks.Freshness).Fail, []jwks.Cause{jwks.Schedule, jwks.Unknown, jwks.Vouched}},
		{"failed, for an unknown kid", jwks.Unknown, (*jwks.Freshness).Fail, []jwks.Cause{jwks.Schedule, jwks.Unknown, jwks.Vouched}},
		{"by schedule", jwks.Schedule, answered(jwks.Schedule, lacking, none), nil},
		{"by schedule, for a token", jwks.Schedule, answered(jwks.Schedule, lacking, some), nil},
		{"for an unknown kid, in vain", jwks.Unknown, answered(jwks.Unknown, lacking, some), []jwks.Cause{jwks.Unknown}},
		{"for an unknown kid, which came", jwks.Unknown, answered(jwks.Unknown, holding, some), nil},
		{"for a vouched kid, in vain", jwks.Vouched, answered(jwks.Vouched, lacking, some), []jwks.Cause{jwks.Vouched}},
	} {
		for _, c := range []jwks.Cause{jwks.Schedule, jwks.Unknown, jwks.Vouched} {
			f := new(jwks.Freshness)
			ticket, _ := f.Begin(row.cause, start)
			row.end(f, ticket)
			for after, wait := range map[time.Duration]time.Duration{
				0: 30 * time.Second, 29 * time.Second: time.Second, 30 * time.Second: 0,
				-time.Second: 30 * time.Second, // a clock that was read before the attempt began
				-time.Hour:   0,                // a clock set back an hour must not stop us for an hour
			} {
				if !slices.Contains(row.brakes, c) {
					wait = 0
				}
				if got := f.Wait(c, at(after)); got != wait {
					t.Errorf("%s, cause %d, after %v: wait %v, want %v", row.rule, c, after, got, wait)
				}
			}
			if _, ok := f.Begin(c, start); ok == slices.Contains(row.brakes, c) {
				t.Errorf("%s, cause %d: begun %v", row.rule, c, ok)
			}
		}
	}
}

// answered ends an attempt of start with a set.
func answered(c jwks.Cause, set *jwks.Set, w jwks.Wanted) func(*jwks.Freshness, jwks.Ticket) {
	return func(f *jwks.Freshness, ticket jwks.Ticket) {
		f.Succeed(ticket, start, 0)
		f.Answered(c, set, w, start)
	}
}

// However many ask, at most one attempt begins in 30 s.
func TestFloodIsBraked(t *testing.T) {
	f, set := loaded(t, 0), parse(t, okpKey("known"))
	attempts := 0
	for i := range 10 * 60 * 10 { // ten minutes, ten kids a second
		now, w := at(time.Duration(i)*100*time.Millisecond), jwks.Want(fmt.Sprint("random-", i), true, jwt.EdDSA)
		if f.Unknown(jwks.Unknown, w, now) == jwks.Ask {
			if ticket, ok := f.Begin(jwks.Unknown, now); ok {
				attempts++
				f.Succeed(ticket, now, 0)
				f.Answered(jwks.Unknown, set, w, now)
			}
		}
	}
	if attempts != 20 {
		t.Errorf("%d attempts in ten minutes, want 20", attempts)
	}
}

// An attempt that began earlier never replaces what a later one brought, and
// its failure says nothing about the later one's set.
func TestOlderAttemptNeverOverwrites(t *testing.T) {
	f := new(jwks.Freshness)
	slow, _ := f.Begin(jwks.Schedule, start)
	quick, ok := f.Begin(jwks.Schedule, at(jwks.Brake))
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
		ticket, ok := f.Begin(jwks.Schedule, now)
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
	ticket, _ := f.Begin(jwks.Schedule, now)
	if !f.Succeed(ticket, now, 0) || f.Term(0).Failing || f.Term(0).Until != now.Add(time.Hour) {
		t.Error("a success does not end the trouble")
	}
}

// Failing long before the set is old takes nothing from its life.
func TestFailureDoesNotShortenALife(t *testing.T) {
	f := loaded(t, 0)
	ticket, _ := f.Begin(jwks.Schedule, at(jwks.Brake))
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
		ticket, ok := f.Begin(jwks.Schedule, now)
		if !ok {
			t.Fatalf("attempt %d braked", i)
		}
		f.Fail(ticket)
		if term := f.Term(0); term.Refresh != now.Add(jwks.Brake) || term.Until.After(start) {
			t.Fatalf("attempt %d: %+v", i, term)
		}
	}
}

// Invalid is not the same as could not tell: only what was looked for is refused.
func TestUnknownKid(t *testing.T) {
	failing := func() *jwks.Freshness {
		f := loaded(t, 0)
		ticket, _ := f.Begin(jwks.Schedule, at(time.Minute))
		f.Fail(ticket)
		return f
	}
	cold := func() *jwks.Freshness {
		f := new(jwks.Freshness)
		ticket, _ := f.Begin(jwks.Schedule, at(time.Minute))
		f.Fail(ticket)
		return f
	}
	looked := func(c jwks.Cause) *jwks.Freshness {
		f := loaded(t, 0)
		ticket, _ := f.Begin(c, at(time.Minute))
		f.Succeed(ticket, at(time.Minute), 0)
		f.Answered(c, parse(t, okpKey("known")), some, at(time.Minute))
		return f
	}
	other := jwks.Want("other", true, jwt.EdDSA)
	for _, row := range []struct {
		rule  string
		f     *jwks.Freshness
		cause jwks.Cause
		w     jwks.Wanted
		now   time.Duration
		want  jwks.Verdict
	}{
		{"never asked", new(jwks.Freshness), jwks.Unknown, some, 0, jwks.Ask},
		{"fetched a moment ago, not for it", loaded(t, 0), jwks.Unknown, some, time.Second, jwks.Ask},
		{"failed a moment ago", failing(), jwks.Unknown, some, time.Minute + time.Second, jwks.CouldNotTell},
		{"failed a moment ago, vouched for", failing(), jwks.Vouched, some, time.Minute + time.Second, jwks.CouldNotTell},
		{"failed a while ago", failing(), jwks.Unknown, some, 2 * time.Minute, jwks.Ask},
		{"failed, and no set", cold(), jwks.Unknown, some, time.Minute + time.Second, jwks.CouldNotTell},
		{"looked for", looked(jwks.Unknown), jwks.Unknown, some, time.Minute + jwks.Brake - 1, jwks.Refuse},
		{"looked for a while ago", looked(jwks.Unknown), jwks.Unknown, some, time.Minute + jwks.Brake, jwks.Ask},
		{"looked for, by a stranger, and vouched for", looked(jwks.Unknown), jwks.Vouched, some, time.Minute, jwks.Ask},
		{"looked for, vouched for", looked(jwks.Vouched), jwks.Vouched, some, time.Minute, jwks.Refuse},
		{"another was looked for", looked(jwks.Unknown), jwks.Unknown, other, time.Minute, jwks.CouldNotTell},
		{"another was looked for, and vouched for", looked(jwks.Unknown), jwks.Vouched, other, time.Minute, jwks.Ask},
	} {
		if got := row.f.Unknown(row.cause, row.w, at(row.now)); got != row.want {
			t.Errorf("%s: %v, want %v", row.rule, got, row.want)
		}
	}
}

// A flood of kids costs bounded memory: the oldest are forgotten.
func TestAbsentKidsAreBounded(t *testing.T) {
	f, set := loaded(t, 0), parse(t, okpKey("known"))
	now := at(time.Minute)
	kid := func(kid string) jwks.Wanted { return jwks.Want(kid, true, jwt.EdDSA) }
	const flood = 100_000
	for i := range flood {
		f.Answered(jwks.Schedule, set, kid(fmt.Sprint(i)), now)
	}
	remembered := 0
	for i := range flood {
		if f.Unknown(jwks.Unknown, kid(fmt.Sprint(i)), now) == jwks.Refuse {
			remembered++
		}
	}
	if remembered < 512 || remembered > 1024 {
		t.Errorf("%d kids are remembered, want 512 to 1024", remembered)
	}
	for _, w := range []jwks.Wanted{kid(string(make([]byte, 257))), none} {
		f.Answered(jwks.Schedule, set, w, now)
		if f.Unknown(jwks.Unknown, w, now) == jwks.Refuse {
			t.Error("a kid that is no kid is remembered")
		}
	}
}

// A kid that there is not is absent for every algorithm; one that there is, for
// those that were asked for.
func TestWhatAKidIsAbsentFor(t *testing.T) {
	f, set := loaded(t, 0), parse(t, okpKey("known"))
	now := at(time.Minute)
	f.Answered(jwks.Schedule, set, jwks.Want("x", true, jwt.ES256), now)
	f.Answered(jwks.Schedule, set, jwks.Want("known", true, jwt.ES256), now)
	for w, want := range map[jwks.Wanted]bool{
		jwks.Want("x", true, jwt.RS256): true, jwks.Want("known", true, jwt.ES256): true,
		jwks.Want("known", true, jwt.RS256): false, jwks.Want("", false, jwt.ES256): false,
	} {
		if got := f.Unknown(jwks.Unknown, w, now) == jwks.Refuse; got != want {
			t.Errorf("%v: %v, want %v", w, got, want)
		}
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
