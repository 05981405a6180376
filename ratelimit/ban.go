package ratelimit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sort"
	"time"
)

// A Ban is a network that guessed too often.
type Ban struct {
	Source netip.Prefix // /32 or /64
	Until  time.Time    // when it may try again
}

// ErrPlace says that no page of bans ended there.
var ErrPlace = errors.New("ratelimit: no place in the list of bans")

// MaxBans is the most that a page of bans holds.
const MaxBans = 1000

// Bans returns up to limit networks that have to wait, in the order of their
// addresses, those after the place after, and the place to go on from, "" at
// the end. A place that is none is [ErrPlace]. It looks through the whole table, without stopping anybody for long.
func (l *Limiter) Bans(after string, limit int) (page []Ban, next string, err error) {
	if limit < 1 || limit > MaxBans {
		return nil, "", fmt.Errorf("ratelimit: a page of %d bans, 1 to %d are possible", limit, MaxBans)
	}
	var from netip.Prefix
	if after != "" {
		if from, err = netip.ParsePrefix(after); err != nil {
			return nil, "", ErrPlace
		}
	}
	more := false
	l.banned(func(b Ban) {
		if from.IsValid() && order(b.Source, from) <= 0 {
			return
		}
		if page = append(page, b); len(page) == 2*MaxBans {
			page, more = first(page, limit), true
		}
	})
	more = more || len(page) > limit
	if page = first(page, limit); more {
		next = page[limit-1].Source.String()
	}
	return page, next, nil
}

// first returns the n bans that come first, in order.
func first(bans []Ban, n int) []Ban {
	sort.Slice(bans, func(i, j int) bool { return order(bans[i].Source, bans[j].Source) < 0 })
	return bans[:min(n, len(bans))]
}

func order(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// Blocked returns how many networks have to wait.
func (l *Limiter) Blocked() (n int) {
	l.banned(func(Ban) { n++ })
	return n
}

func (l *Limiter) banned(f func(Ban)) {
	wall := l.now()
	now := int64(wall.Sub(l.start))
	l.table.each(now, func(k key, until int64) {
		if wait := l.rate.wait(until, now); wait > 0 {
			f(Ban{k.network(), wall.Add(time.Duration(wait)).Round(0)})
		}
	})
}

// Clear forgets what a network guessed, here and, as soon as they hear of it,
// on all nodes. It reports whether the network had to wait here. An error means
// that other nodes may not hear of it.
func (l *Limiter) Clear(ctx context.Context, source netip.Prefix) (waited bool, err error) {
	k, known := clientKey(source.Addr())
	if !known {
		return false, nil
	}
	now := l.elapsed()
	waited = l.rate.wait(l.table.remove(k, now), now) > 0
	if l.store == nil {
		return waited, nil
	}
	if err := l.store.Delete(ctx, k.row()); err != nil {
		return waited, fmt.Errorf("ratelimit: clear: %w", err)
	}
	return waited, nil
}

// Stats counts what the limiter could not do, since it was made.
type Stats struct {
	Forgotten uint64 // counters that gave way to newer ones: the table is too small
	Uncounted uint64 // guesses that found no room among bans
	Unshared  int    // counters that other nodes are not up to date on
}

// Stats returns the counts until now.
func (l *Limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{l.table.forgotten.Load(), l.table.uncounted.Load(), len(l.dirty)}
}
