// Package telemetry is what operators see of Edgeward: Prometheus metrics and
// structured logs.
//
// Both are written with an attacker in mind who chooses every byte of a
// request. Labels come from fixed sets or from the configuration, so no client
// can make a series. Log fields are escaped, so no client can forge a line or
// drive a terminal. Query strings and credentials are never written.
//
// [Metrics] watches the doors from inside and notes in the request's context
// what was decided; [Access] wraps them and writes that down with the status
// that the client saw.
package telemetry

import (
	"time"

	edgeward "github.com/edgeward/edgeward"
)

// State is what the running system tells when somebody scrapes it.
type State struct {
	KeySets      []KeySet
	Cache        Cache
	Listeners    []Listener
	Memory       *Memory // nil when nothing is remembered
	Blocked      int     // networks that guessed too often and have to wait
	Exchanges    Exchanges
	Overdue      map[string]time.Duration // by login provider: since the user who waits longest was to be re-checked
	Upstreams    []Upstream
	Certificates []Certificate
	Orders       *Orders // nil when none are ordered
}

// Orders are those of certificates, so far.
type Orders struct{ OK, Failed uint64 }

// An Upstream is the state of one server of an upstream with a name.
type Upstream struct {
	Name     string
	Index    int    // of the server
	Server   string // host:port, or unix:/path
	Up       bool   // it is asked before those that are not
	Pending  int64  // requests under way
	Requests uint64
	Failures uint64 // of connections
}

// A Certificate is one that a listener shows.
type Certificate struct {
	Listener, Name string
	Expires        time.Time
	Trouble        error // what is wrong with it, or soon will be; nil for nothing
}

// Exchanges is the state of what is open at the doors for somebody.
type Exchanges struct {
	Open                      int
	Revoked, Expired, Changed uint64 // ended so far, by what became of their identity
}

// A Memory is the state of what is kept in the store and known of it.
type Memory struct {
	Revocations int           // entries that this node holds
	Staleness   time.Duration // how old its knowledge may be
	Synced      bool          // it was told once what is revoked; without that it knows nothing
	Sessions    Cache
	StoreErrors map[string]uint64 // by operation: those that could not tell
	Unaudited   uint64            // records that could not be written to the audit log, or kept
}

// A Listener is the load on one listening address.
type Listener struct {
	Name    string // "proxy.listen"
	Open    int    // connections
	Evicted uint64 // closed so far to make room for others
	// Refused are those that came to nothing before their first request, by kind.
	Refused map[string]uint64
}

// A KeySet is the state of one issuer's keys.
type KeySet struct {
	Issuer  string
	Keys    int           // how many can verify
	Ignored int           // how many of the set cannot
	Note    string        // why no token can match; "" when some can
	Age     time.Duration // since the set was last confirmed; 0 before the first time
	Fetched bool          // keys come from the network
	Usable  bool          // a set was loaded once, and is not too old
	Err     error         // of the last fetch; nil when it went well
	OK      uint64        // fetches that brought a set
	Failed  uint64        // fetches that brought none
}

// A Cache is the state of a cache since it was built.
type Cache struct {
	Hits, Misses, Evictions uint64
	Bytes                   int64
}

// outcome is how a decision ended, coarsely enough for a histogram's label.
type outcome int

const (
	allowed outcome = iota
	refused
	unavailable
	outcomes
)

func (o outcome) String() string { return [outcomes]string{"allowed", "refused", "unavailable"}[o] }

func outcomeOf(d *edgeward.Decision) outcome {
	switch {
	case d.Allow || d.Reason == edgeward.Preflight:
		return allowed
	case d.Reason.Status() >= 500:
		return unavailable
	default:
		return refused
	}
}
