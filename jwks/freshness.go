package jwks

import "time"

// The numbers by which a key set grows old.
const (
	DefaultTTL = time.Hour        // unless the issuer says max-age
	MinTTL     = time.Minute      // however short max-age is
	MaxTTL     = 24 * time.Hour   // however long max-age is
	HardCap    = 24 * time.Hour   // an older set serves nobody, whatever the trouble
	Brake      = 30 * time.Second // from the start of one attempt to the next

	maxBackoff = 5 * time.Minute  // between attempts while an older set still serves
	grace      = 30 * time.Second // for an attempt that is due to come back
)

// Freshness is the life of one issuer's key set: when to ask for it again, how
// long the current one serves, and what an unknown kid means. It does no I/O
// and asks no clock; the times handed to it come from one monotonic clock. The
// zero value has no set and is due at once.
//
// It is not safe for concurrent use. Its owner guards it, and publishes the
// [Term] that it returns to whoever only looks up keys.
type Freshness struct {
	issued    Ticket            // the last attempt
	installed Ticket            // the attempt that brought the current set
	asked     time.Time         // when the last attempt began
	answered  bool              // the last attempt brought a set
	fruitless [causes]time.Time // when the last attempt of a cause began that did not bring what was wanted
	spared    [causes]time.Time // when one last did, for which nobody has to wait
	fetched   time.Time         // when the attempt that brought the current set began
	ttl       time.Duration     // of the current set
	failures  int               // attempts in a row that brought nothing
	absent    absentees
}

// A Ticket numbers an attempt to fetch, from 1.
type Ticket uint64

// A Term says how long a key set serves. The zero Term serves nobody.
type Term struct {
	Refresh time.Time // from here on a new set is due
	Until   time.Time // up to here keys serve without asking
	Dead    time.Time // from here on they serve nobody: could not tell
	Failing bool      // the last attempt brought nothing
}

// Begin returns the ticket of a new attempt for cause, or false when [Brake]
// forbids one now. Failed attempts and one under way brake all causes, else an
// outage would turn into a flood; those that brought a set brake their own cause,
// and a scheduled one nobody.
func (f *Freshness) Begin(c Cause, now time.Time) (Ticket, bool) {
	if f.Wait(c, now) > 0 {
		return 0, false
	}
	f.issued++
	f.asked, f.answered = now, false
	if c != Schedule {
		f.fruitless[c] = now
	}
	return f.issued, true
}

// Wait returns how long no attempt for cause may begin, 0 when one may.
func (f *Freshness) Wait(c Cause, now time.Time) time.Duration {
	wait := braked(f.fruitless[c], now)
	if f.issued > 0 && !f.answered {
		wait = max(wait, braked(f.asked, now))
	}
	return wait
}

// braked returns what is left of the brake that an attempt put on at then.
func braked(then, now time.Time) time.Duration {
	// Callers read the clock before they queue up here, so now can lie a
	// little before then: that is no reason to let them through.
	elapsed := now.Sub(then)
	if then.IsZero() || elapsed >= Brake || elapsed <= -Brake {
		return 0
	}
	return min(Brake-elapsed, Brake)
}

// Answered records what came of an attempt for cause that began at then, brought
// set, and was made because w was wanted; the zero Wanted is nobody's. An issuer
// that has no such key is not asked for it again within [Brake].
//
// An attempt that brought the key need not count in the brake: no stranger can
// make an issuer publish one. One in [Brake] is spared, since an issuer whose
// servers disagree would bring one key and take away another each time.
func (f *Freshness) Answered(c Cause, set *Set, w Wanted, then time.Time) {
	if set.Lacks(w) {
		f.absent.add(set.absent(w), then)
	} else if c != Schedule && braked(f.spared[c], then) == 0 {
		f.fruitless[c], f.spared[c] = time.Time{}, then
	}
}

// Succeed records that the attempt t brought a set that lives for ttl, and
// reports whether it is to be installed: not when a younger attempt has
// already brought one. A ttl of 0 means that the issuer did not say.
func (f *Freshness) Succeed(t Ticket, began time.Time, ttl time.Duration) bool {
	if t == f.issued {
		f.answered = true
	}
	if t <= f.installed {
		return false
	}
	if ttl == 0 {
		ttl = DefaultTTL
	}
	f.installed, f.fetched, f.failures = t, began, 0
	f.ttl = min(max(ttl, MinTTL), MaxTTL)
	return true
}

// Fail records that the attempt t brought nothing usable. The current set
// stays. An attempt older than the current set tells nothing.
func (f *Freshness) Fail(t Ticket) {
	if t > f.installed {
		f.failures++
	}
}

// Term returns how long the current set serves. jitter in [0, 1) spreads the
// refreshes of a fleet that started together.
//
// A set is refreshed between 80 and 90 % of its life. While attempts fail,
// keys go on serving until shortly after the next attempt is due, and so on up
// to [HardCap]: stale keys serve on error only, not because nobody asked.
func (f *Freshness) Term(jitter float64) Term {
	t := Term{Failing: f.failures > 0}
	if f.installed > 0 {
		t.Until = f.fetched.Add(f.ttl)
		t.Dead = f.fetched.Add(HardCap)
		t.Refresh = t.Until.Add(-scale(f.ttl, 0.1+0.1*jitter))
	}
	if t.Failing {
		pause := f.pause()
		t.Refresh = f.asked.Add(pause + scale(pause, 0.2*jitter))
		t.Until = earlier(t.Dead, later(t.Until, t.Refresh.Add(grace)))
	}
	return t
}

// pause returns the time from a failed attempt to the next. Without a set it
// is as short as allowed, since requests are being turned away.
func (f *Freshness) pause() time.Duration {
	if f.installed == 0 {
		return Brake
	}
	doublings := min(f.failures-1, 4)
	return min(Brake<<doublings, maxBackoff)
}

// A Verdict is what to answer to a kid that the current set does not know.
// The zero Verdict answers nobody.
type Verdict uint8

// The verdicts.
const (
	CouldNotTell Verdict = iota // nobody can know now whether the kid exists
	Ask                         // fetch, then look again
	Refuse                      // the issuer was asked a moment ago and has no such key
)

// Unknown decides about what the current set does not know, for cause [Unknown]
// or [Vouched].
//
// The distinction that matters is between invalid and could not tell. Only when
// the issuer was asked for this very kid a moment ago, and answered, is the token
// refused. While the brake keeps us from asking, or the issuer does not answer,
// the kid may well be that of a new key: saying 401 would throw out a good user
// for what strangers did or for the issuer's trouble, so nobody can tell.
func (f *Freshness) Unknown(c Cause, w Wanted, now time.Time) Verdict {
	known := f.absent.contains(w, now)
	switch {
	case known && c != Vouched:
		return Refuse // also when the brake is off: it was asked within Brake
	case f.Wait(c, now) == 0:
		return Ask
	case known:
		return Refuse
	}
	return CouldNotTell
}

func scale(d time.Duration, factor float64) time.Duration {
	return time.Duration(float64(d) * factor)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
