// Package store is the contract by which everything that remembers keeps its
// state: entries under keys, changed by compare-and-swap. There are no
// transactions and no locks, so that SQLite, NATS, Redis and a Durable Object
// can all keep it.
//
// A backend passes storetest.Run and declares its [Contract]. Who uses one
// knows three kinds of answers: it worked; one of the errors below, which says
// what stands in the way; and any other error, which means "could not tell".
// After a write that means the outcome is unknown: it may have happened.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What stands in the way of an operation. A backend returns errors that wrap
// these, compared with errors.Is.
var (
	ErrNotFound = errors.New("store: no such entry")
	ErrExists   = errors.New("store: the entry exists already")
	ErrConflict = errors.New("store: the entry changed meanwhile, or is gone")
	ErrNoList   = errors.New("store: it cannot list") // of what needs a Lister
)

// A Version names one state of one key. Versions are compared for equality
// only. A backend never gives the same one twice for a key, also not after the
// entry was deleted or expired and was made anew.
type Version uint64

// An Entry is what is kept under a key. Its Value is the caller's: a backend
// keeps no reference to bytes that it was given or has returned.
type Entry struct {
	Key     string
	Value   []byte
	Version Version
	Expires time.Time // from then on the entry is absent; zero means never; UTC, rounded down to the millisecond
}

// A Store keeps entries. It is safe for concurrent use. Operations on one key
// are linearizable where the backend's [Contract] says CompareAndSwap, and a
// write has happened for good when it returns nil where it says Durable.
//
// An entry that has expired is absent for all operations at once. Keys and
// values keep to the limits, or the answer is ErrBounds. A context that has
// ended before the call changes nothing; one that ends during a write leaves
// its outcome unknown.
type Store interface {
	// Get returns the entry, or ErrNotFound.
	Get(ctx context.Context, key string) (Entry, error)
	// Create makes the entry, or returns ErrExists.
	Create(ctx context.Context, key string, value []byte, expires time.Time) (Version, error)
	// Replace changes the entry if it is still at old, or returns ErrConflict;
	// an absent entry is a conflict too.
	Replace(ctx context.Context, key string, old Version, value []byte, expires time.Time) (Version, error)
	// Delete removes the entry. That it is absent already is no error.
	Delete(ctx context.Context, key string) error
}

// A Lister can list. It is an optional capability of a Store.
type Lister interface {
	// List returns up to limit entries whose keys begin with prefix and come
	// after the key after, in the order of their keys' bytes. The limit is 1 to
	// MaxList; a page that is shorter is the last. A page is a state of each of
	// its entries, not a snapshot of them together.
	List(ctx context.Context, prefix, after string, limit int) ([]Entry, error)
}

// An Event tells a Watcher's caller of one change.
type Event struct {
	Entry   Entry // Value is empty when Deleted
	Deleted bool  // the entry is gone; expiry need not be told: Expires has said it
}

// A Watcher can tell of changes. It is an optional capability of a Store.
type Watcher interface {
	// Watch tells of every entry whose key begins with prefix as it is now,
	// then calls synced once, then tells of every later change in the order in
	// which they were committed, whatever their keys: who hears of a change has
	// heard of all before it. Of several changes of one key in quick succession
	// it may leave out all but the last, and tell that in the place of any of
	// them, so before or after what happened between: a slow caller costs memory
	// for the keys it has not heard of, never for their history. A key that
	// keeps changing is told of all the same.
	//
	// It blocks until ctx ends, a callback returns an error or the store is
	// closed, and returns that error. The callbacks run one at a time and may
	// use the store. A caller whose watch broke watches again and is told the
	// current state again: what it is not told before synced is gone.
	Watch(ctx context.Context, prefix string, event func(Event) error, synced func() error) error
}

// A Contract says what a backend promises. Whoever opens one for a
// configuration that needs more refuses it: see [Contract.Meets].
type Contract struct {
	CompareAndSwap bool // linearizable on one key
	Durable        bool // a write survives a crash once it is acknowledged
	Shared         bool // several nodes see the same entries
}

// Meets returns an error that names the first promise of need which c does not
// give.
func (c Contract) Meets(need Contract) error {
	for _, promise := range []struct {
		needed, given bool
		what          string
	}{
		{need.CompareAndSwap, c.CompareAndSwap, "no compare-and-swap: of two changes of one entry both could win"},
		{need.Durable, c.Durable, "no durable writes: a crash would bring back what was revoked"},
		{need.Shared, c.Shared, "no entries that several nodes share: a revocation would hold on one of them"},
	} {
		if promise.needed && !promise.given {
			return fmt.Errorf("store: it has %s", promise.what)
		}
	}
	return nil
}

// A Backend is a Store that declares its contract.
type Backend interface {
	Store
	Contract() Contract
}

// A Full store can do all that, as one has to over which a whole gateway stands.
// One that is an io.Closer is closed after its last use; one with a method
// Run(ctx) error has it run meanwhile.
type Full interface {
	Backend
	Lister
	Watcher
}
