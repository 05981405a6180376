// Package revocation takes credentials back before their time, those included
// that somebody else issued and that are verified without asking anybody.
//
// A revocation is an [Entry] in a store. Every node holds all of them in
// memory, fed by the store's watch, and asks on every request, also when the
// verification of the credential was remembered. An entry names a token, a
// session, a refresh family, a signing key or an API key, which are dead from
// then on; or a subject or an issuer with a time, and then everything issued
// until that time is dead: "log out everywhere" is one entry whatever the
// number of sessions.
//
// # What a node knows
//
// A revocation that this node made holds here before [Log.Revoke] returns.
// Those of other nodes arrive with a lag, which is measured. How old the node's
// knowledge may be is measured too ([Log.Staleness]): a watch that says nothing
// may have nothing to say, or may be dead. So each node writes a beat of its
// own into the store and waits for the watch to tell of it. Beats every d keep
// the staleness of a healthy node below d and the way of a write through the
// watch. A route that wants better than what a node knows asks the store itself
// ([Log.Ask]).
//
// A node that has never been told the whole state cannot tell whether anything
// is revoked, and says so.
//
// # Changes
//
// The same log says to all nodes that a user has lost something who is not revoked: a
// group, a permission ([Log.Announce]). What was read of the user's account before
// that is superseded ([Log.Superseded]), and read again.
//
// # What is never forgotten
//
// Revocation is terminal. Nothing lifts an entry: not its deletion from the
// store, not a store that was rolled back while the node ran, not a watch that
// starts over. An entry goes when everything that it can affect has expired,
// and [Margin] later, so that a clock which was set wrong and right again
// resurrects nothing.
package revocation

import (
	"crypto/rand"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/store"
)

// A Store keeps the entries and tells of those that other nodes made. One that
// is a [store.Lister] too can list them.
type Store interface {
	store.Store
	store.Watcher
}

// Config is what a Log needs.
type Config struct {
	Store Store
	// Retention is how long a credential may still be presented after an entry of
	// the scope was made; entries that do not say when they expire, and all of
	// subjects, issuers and keys, are kept for at least that long. Those of a scope that is not here are kept for ever, which is
	// right for keys: a stolen one goes on making tokens. Subject and Logout must be here
	// only if no credential that names a subject lives longer.
	Retention map[Scope]time.Duration
	// Exempt reports whether a [Logout] leaves an identity alone that it names:
	// an operator's. It may be written by a caller with less power, and would
	// lock operators out. It is called on every request of a subject that was
	// logged out. nil: it spares none.
	Exempt func(id *edgeward.Identity) bool
	Now    func() time.Time // time.Now if nil
	// Lag is told, if it is not nil, how much time passed between the moment at
	// which a revocation was asked for, by the clock of the node that was
	// asked, and the moment at which this node began to refuse. It is called
	// one at a time for other nodes' entries, concurrently for own ones.
	Lag func(time.Duration)
}

// A Log knows what is revoked. It is safe for concurrent use, and starts
// nothing: the program calls [Log.Run], and now and then [Log.Beat] and
// [Log.Sweep].
type Log struct {
	store   Store
	longest map[Scope]time.Duration
	spared  func(id *edgeward.Identity) bool
	now     func() time.Time
	clock   *clock.Clock // of what is written: it never goes back
	lag     func(time.Duration)

	set       set
	changes   set         // of accounts, apart: they revoke nothing
	synced    atomic.Bool // the whole state was told once
	beat      beat
	nextShard atomic.Uint32 // the next table to sweep
}

// New returns a Log that knows nothing yet.
func New(cfg Config) (*Log, error) {
	if cfg.Store == nil {
		return nil, errors.New("revocation: no store")
	}
	longest := maps.Clone(cfg.Retention)
	if longest == nil {
		longest = map[Scope]time.Duration{}
	}
	longest[change] = changeLife
	l := &Log{store: cfg.Store, longest: longest, spared: cfg.Exempt, now: cfg.Now, clock: clock.New(cfg.Now), lag: cfg.Lag}
	if l.now == nil {
		l.now = time.Now
	}
	l.beat.key = beatPrefix + rand.Text()
	return l, nil
}

// Len returns the number of entries in memory that revoke something.
func (l *Log) Len() int { return l.set.len() }
