package upstream

import (
	"sync"
	"sync/atomic"
	"time"
)

// When a server is left out because connections to it fail.
const (
	failuresInARow = 3
	firstAbsence   = 5 * time.Second // doubles each time that it fails at once again
	longestAbsence = time.Minute
)

// A backend is one server of a pool.
type backend struct {
	target
	index int

	pending            atomic.Int64 // requests under way
	requests, failures atomic.Uint64
	row                atomic.Int32 // of connections that failed
	absent             atomic.Int64 // until then, in nanoseconds since 1970
	sick               atomic.Bool  // by the checks

	mu    sync.Mutex // guards what follows
	times uint       // it was left out and did not answer since
}

// there reports whether b is to be asked before those that are not there.
func (b *backend) there(now time.Time) bool {
	return !b.sick.Load() && now.UnixNano() >= b.absent.Load()
}

// answered notes that b answered, and reports whether it had been left out.
func (b *backend) answered() (back bool) {
	if b.row.Load() == 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	back = b.times > 0
	b.row.Store(0)
	b.absent.Store(0)
	b.times = 0
	return back
}

// failed notes that a connection failed, and returns how long b is left out for
// that; 0 when it is not, or was already. One that is asked again after its
// absence needs no three failures to be left out again.
func (b *backend) failed(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.row.Add(1) < failuresInARow || now.UnixNano() < b.absent.Load() {
		return 0
	}
	absence := longestAbsence
	if b.times < 4 {
		absence = min(firstAbsence<<b.times, longestAbsence)
	}
	b.times++
	b.absent.Store(now.Add(absence).UnixNano())
	return absence
}

// A Status is the state of one server of a named pool.
type Status struct {
	Upstream string
	Index    int    // of the server in the configuration
	Server   string // host:port, or unix:/path
	Up       bool   // it is asked before those that are not
	Pending  int64  // requests under way, open WebSockets included
	Requests uint64 // that were sent to it
	Failures uint64 // of connections to it
}

// Status returns the state of every server, in the order of the configuration.
func (p *Pool) Status() []Status {
	all := make([]Status, len(p.backends))
	now := time.Now()
	for i, b := range p.backends {
		all[i] = Status{
			Upstream: p.name, Index: b.index, Server: b.name, Up: b.there(now),
			Pending: b.pending.Load(), Requests: b.requests.Load(), Failures: b.failures.Load(),
		}
	}
	return all
}
