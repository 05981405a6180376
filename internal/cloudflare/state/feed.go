package state

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward/store"
)

// A Feed lets what follows a store's watch follow it by polls: nothing may wait
// in the background of an instance. Its Watch tells of every entry that changed
// since the last one, calls synced, and returns errPolled; what was told before
// stays known.
//
// Entries that were deleted are not told of. Revocation is terminal, and what
// else is followed forgets by itself.
type Feed struct {
	listable
	known map[string]store.Version // by prefix
}

// A listable store is what a Feed is over: of another one nothing could be listed.
type listable interface {
	store.Backend
	store.Lister
}

// NewFeed returns rows as something to poll.
func NewFeed(rows listable) *Feed {
	return &Feed{listable: rows, known: map[string]store.Version{}}
}

var errPolled = errors.New("state: the poll is over")

// pollPage is how many entries one subrequest brings at most, and maxPages how
// many of them one poll makes: the rest comes with the next one. Of guesses it is
// less. Whoever has many networks can have many of them counted, and nobody
// should wait for that.
const (
	pollPage   = store.MaxList
	maxPages   = 40
	guessPages = 2
)

// Watch implements [store.Watcher].
func (s *Feed) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	pages := maxPages
	if prefix == store.BanPrefix {
		pages = guessPages
	}
	for range pages {
		page, more, err := changes(ctx, prefix, s.known[prefix], pollPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := event(store.Event{Entry: e}); err != nil {
				return err
			}
		}
		if len(page) > 0 {
			s.known[prefix] = max(s.known[prefix], page[len(page)-1].Version)
		}
		if !more {
			if err := synced(); err != nil {
				return err
			}
			return errPolled
		}
	}
	return errors.New("state: more has changed than one request can read")
}

// StartOver has the next watch tell everything again.
func (s *Feed) StartOver(prefix string) { delete(s.known, prefix) }

// A Poll is something that one request does for all, at most one at a time.
type Poll struct {
	Run    func(ctx context.Context) error // nil: there is nothing to do
	flying bool
}

// Do does it, unless another task is at it. It does not wait for that one: a task
// whose knowledge is too old asks the authority, or says that it could not tell.
func (p *Poll) Do(ctx context.Context) {
	if p.flying {
		return
	}
	p.flying = true
	defer func() { p.flying = false }()
	_ = p.Run(ctx) // staleness tells, and what is left to share stays
}

// Due reports whether what is so stale, and may be no staler than bound, should
// be polled for.
func Due(staleness, bound time.Duration) bool { return staleness > bound/2 }
