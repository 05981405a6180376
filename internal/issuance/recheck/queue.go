// Package recheck asks providers again for what they say of users who are signed in:
// groups, permissions, claims. No request waits for it. What was lost holds from the
// next request on, on all nodes; what cannot be asked changes nothing.
//
// A use of an account that was not checked for as long as its provider's interval puts
// the user into a [Queue]. A [Checker] takes users out of it, one at a time for each
// caller of its Work: who runs it brings the goroutines.
package recheck

import (
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// maxQueued bounds the users that wait for a check, and maxKnown those whose next
	// check is known. Who is not among them is queued at the next use.
	maxQueued = 10_000
	maxKnown  = 50_000

	// A provider that does not answer is asked by one request at a time, ever later.
	brakeLeast = 5 * time.Second
	brakeMost  = 10 * time.Minute
)

// A User is whom a provider may have changed its mind about.
type User struct{ Issuer, Subject string }

// A Queue knows which users are to be checked, and when. It is safe for concurrent use
// and does no I/O.
type Queue struct {
	intervals map[string]time.Duration // by issuer
	now       func() time.Time

	mu      sync.Mutex
	waiting []waiting
	known   map[User]next
	brakes  map[string]*brake
	dropped uint64
}

type waiting struct {
	User
	object string    // what was used, as the audit log names it; "" when nothing says
	due    time.Time // since when
}

// next is what is known of a user: whether they wait, and from when on they are to be
// checked, which was due before that if a check came to nothing.
type next struct {
	queued  bool
	at, due time.Time
}

// A brake is that of a provider that did not answer.
type brake struct {
	failures int
	until    time.Time
	trying   bool
}

// NewQueue returns a queue of users of issuers, each of which is to be asked again after
// its interval.
func NewQueue(intervals map[string]time.Duration, now func() time.Time) *Queue {
	if now == nil {
		now = time.Now
	}
	return &Queue{intervals: intervals, now: now, known: map[User]next{}, brakes: map[string]*brake{}}
}

// Used takes note that the account of a user was read, which the provider vouched for
// at checked, by a credential that object names.
func (q *Queue) Used(u User, object string, checked time.Time) {
	interval, asked := q.interval(u.Issuer)
	if !asked {
		return
	}
	if now := q.now(); now.Sub(checked) >= interval {
		q.enqueue(u, object, checked.Add(interval), now)
	}
}

// Open takes note that something of the user is in use, when the account was last
// checked being unknown: an access token, an open connection.
func (q *Queue) Open(u User, object string) {
	interval, asked := q.interval(u.Issuer)
	if !asked {
		return
	}
	now := q.now()
	q.mu.Lock()
	n, known := q.known[u]
	if !known {
		q.know(u, next{at: now.Add(interval)})
	}
	q.mu.Unlock()
	if known && !n.queued && !now.Before(n.at) {
		q.enqueue(u, object, n.at, now)
	}
}

func (q *Queue) interval(issuer string) (time.Duration, bool) {
	if q == nil {
		return 0, false
	}
	interval, asked := q.intervals[issuer]
	return interval, asked
}

func (q *Queue) enqueue(u User, object string, due, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, known := q.known[u]
	if n.queued || known && now.Before(n.at) {
		return
	}
	if len(q.waiting) >= maxQueued {
		q.dropped++
		return
	}
	if !n.due.IsZero() {
		due = n.due
	}
	q.know(u, next{queued: true})
	q.waiting = append(q.waiting, waiting{u, object, due})
}

// know keeps what is known of a user. Of too many some are forgotten, and found again
// when they are used. The caller holds mu.
func (q *Queue) know(u User, n next) {
	if _, known := q.known[u]; !known && len(q.known) >= maxKnown {
		for other, what := range q.known {
			if !what.queued {
				delete(q.known, other)
				break
			}
		}
	}
	q.known[u] = n
}

// take returns the user who waits longest and whose provider may be asked now.
func (q *Queue) take() (w waiting, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	for i, w := range q.waiting {
		if b := q.brakes[w.Issuer]; b != nil {
			if b.trying || now.Before(b.until) {
				continue
			}
			b.trying = true
		}
		q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
		return w, true
	}
	return waiting{}, false
}

// An answer is what became of a check, as far as the queue goes.
type answer uint8

const (
	silent   answer = iota // the provider did not answer
	unasked                // the provider was not asked
	answered               // the provider answered, whatever that was worth
)

// done says how a check went, when the user is to be checked again, and whether they are
// overdue until then. Who could not be checked because the provider is silent goes on
// waiting, whether they are used meanwhile or not.
func (q *Queue) done(w waiting, how answer, after time.Duration, overdue bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	b := q.brakes[w.Issuer]
	switch how {
	case answered:
		delete(q.brakes, w.Issuer)
	case unasked:
		if b != nil {
			b.trying = false
		}
	case silent:
		if b == nil {
			b = &brake{}
			q.brakes[w.Issuer] = b
		}
		wait := min(brakeLeast<<min(b.failures, 10), brakeMost)
		b.failures++
		b.trying, b.until = false, now.Add(wait/2+rand.N(wait/2+1))
		q.know(w.User, next{queued: true})
		q.waiting = append(q.waiting, w)
		return
	}
	n := next{at: now.Add(after)}
	if overdue {
		n.due = w.due
	}
	q.know(w.User, n)
}

// Overdue returns for each issuer how long ago the user who waits longest was to be
// checked.
func (q *Queue) Overdue() map[string]time.Duration {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	all, now := make(map[string]time.Duration, len(q.intervals)), q.now()
	for issuer := range q.intervals {
		all[issuer] = 0
	}
	for _, w := range q.waiting {
		all[w.Issuer] = max(all[w.Issuer], now.Sub(w.due))
	}
	return all
}
