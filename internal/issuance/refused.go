package issuance

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
)

// How many refusals the audit log gets: so many at once, and then one in so long.
// Anybody can be refused without end, and the log must not become a way to fill
// the disk; at this pace they add about 40 MB a day.
const (
	refusalBurst = 100
	refusalEvery = time.Second
)

// refusals counts what was written of refusals, and what was not.
type refusals struct {
	mu     sync.Mutex
	off    time.Time // when the last of them is worked off
	silent uint64    // since the last one that was written
}

// take reports whether one may be written now, and how many were not before it.
func (f *refusals) take(now time.Time) (silent uint64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off.Before(now) {
		f.off = now
	}
	if f.off.Sub(now) > (refusalBurst-1)*refusalEvery {
		f.silent++
		return 0, false
	}
	f.off = f.off.Add(refusalEvery)
	silent, f.silent = f.silent, 0
	return silent, true
}

// Refused tells the audit log of a sign-in or an administrative call that err
// refused; r.Reason becomes the code of err's reason. That nothing could be told
// is refused by nobody, and for the log of requests alone. A hundred at once are
// written, and one a second after that; the next line says how many were left
// out.
func (a *Authority) Refused(ctx context.Context, by By, r Record, err error) {
	reason := edgeward.ReasonOf(err)
	if a.Audit == nil || reason == edgeward.Unavailable {
		return
	}
	silent, ok := a.denials.take(a.clock.Now())
	if !ok {
		return
	}
	if silent > 0 {
		a.record(ctx, By{Actor: "edgeward"}, Record{Action: "audit.suppressed", Object: "records/" + strconv.FormatUint(silent, 10)})
	}
	r.Reason = reason.Error()
	a.record(ctx, by, r)
}
