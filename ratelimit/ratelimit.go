// Package ratelimit slows down who guesses credentials.
//
// Only guesses count ([IsGuess]): a wrong signature, a made-up session, an API
// key that does not exist. Absence, expiry and a store's trouble are no
// guesses, so no flood of them blocks anybody.
//
// # Whom it blocks
//
// A client is its network: an IPv4 address, or the /64 of an IPv6 address,
// whose owner can pick any of 2^64 others. A network may guess Limit times in
// a Window, all at once if it likes (GCRA); then it waits until it would have
// guessed no faster than that.
//
// Nobody else's guesses block a network, and no success forgives any: an
// attacker with a credential of his own could otherwise wipe his guesses by
// using it now and then. Guesses are not counted by what they are made at. The
// ids of API keys are public, so that a stranger could have their owners wait,
// and 200 random bits gain nothing by it.
//
// # What it remembers
//
// A table of fixed size, in memory. When it is full, the network whose guesses
// would be forgotten next goes first, and one that is blocked never goes: who
// comes from a million networks buries no ban. Nodes add up what they counted
// through a store, as well as it goes; without the store each counts alone.
package ratelimit

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
)

// What a zero Config means.
const (
	DefaultLimit  = 10
	DefaultWindow = time.Hour
	// DefaultBytes holds 2,097,152 counters: 1,000,000 networks at a time, 7 in
	// 1,000 of which give way to others.
	DefaultBytes = 64 << 20
)

// A Store shares counts between nodes.
type Store interface {
	store.Store
	store.Watcher
}

// Config is what a Limiter needs. Its zero value works.
type Config struct {
	Limit  int           // guesses in a window; 0 means DefaultLimit
	Window time.Duration // 0 means DefaultWindow
	// Bytes bounds the table's memory, rounded down to a power of two but never
	// below 64 KiB; 0 means DefaultBytes. It is taken at once, and most systems
	// back it with memory only where counters are.
	Bytes int
	Store Store            // nil: this node counts alone
	Batch int              // how many counters one Sync tells of; 0 means 64
	Now   func() time.Time // nil means time.Now
}

// A Limiter counts guesses. It is safe for concurrent use and starts nothing:
// the program calls [Limiter.Run], and [Limiter.Sync] now and then.
type Limiter struct {
	rate  rate
	table *table
	store Store
	batch int
	now   func() time.Time
	start time.Time // the times in the table are counted from here

	mu    sync.Mutex // never held across I/O
	dirty map[key]struct{}
}

// New checks cfg and returns its Limiter.
func New(cfg Config) (*Limiter, error) {
	if cfg.Limit == 0 {
		cfg.Limit = DefaultLimit
	}
	if cfg.Window == 0 {
		cfg.Window = DefaultWindow
	}
	if cfg.Bytes == 0 {
		cfg.Bytes = DefaultBytes
	}
	if cfg.Batch == 0 {
		cfg.Batch = defaultBatch
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Limit < 0 || cfg.Window < time.Millisecond || int64(cfg.Limit) > int64(cfg.Window/time.Microsecond) {
		return nil, fmt.Errorf("ratelimit: %d failed attempts in %v cannot be counted", cfg.Limit, cfg.Window)
	}
	if cfg.Bytes < 0 || cfg.Batch < 0 {
		return nil, errors.New("ratelimit: a negative amount of memory, or of counters at once")
	}
	r := newRate(cfg.Limit, cfg.Window)
	return &Limiter{
		rate: r, table: newTable(cfg.Bytes, r), store: cfg.Store, batch: cfg.Batch, now: cfg.Now, start: cfg.Now(), dirty: map[key]struct{}{},
	}, nil
}

// Check says whether a client may present a credential. It returns nil or an
// [*edgeward.BlockedError]; ask before the credential is looked at. A client
// whose address is not known is never blocked.
func (l *Limiter) Check(client netip.Addr) error {
	k, known := clientKey(client)
	if !known {
		return nil
	}
	now := l.elapsed()
	return blocked(l.rate.wait(l.table.until(k, now), now))
}

func blocked(wait int64) error {
	if wait <= 0 {
		return nil
	}
	return &edgeward.BlockedError{RetryAfter: time.Duration(wait)}
}

// Record notes what became of a credential: err is the verifier's, nil
// for success. It returns what to answer: err, or an [*edgeward.BlockedError]
// when the client was blocked before this outcome was known. Of many guesses at
// once exactly as many are answered as of guesses one after the other, and a
// right one among the rest tells its author nothing.
func (l *Limiter) Record(client netip.Addr, err error) error {
	if err == nil {
		return l.Check(client)
	}
	if IsGuess(edgeward.ReasonOf(err)) {
		if wait := l.guessed(client); wait != nil {
			return wait
		}
	}
	return err
}

// guessed counts a guess, unless its author was blocked before.
func (l *Limiter) guessed(client netip.Addr) error {
	k, known := clientKey(client)
	if !known {
		return nil
	}
	now := l.elapsed()
	if wait := l.table.count(k, now); wait > 0 {
		return blocked(wait)
	}
	l.share(k, now)
	return nil
}

// elapsed returns the time since the start, in nanoseconds. With time.Now it
// takes no notice of the wall clock being set.
func (l *Limiter) elapsed() int64 { return int64(l.now().Sub(l.start)) }
