package telemetry

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	edgeward "github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/allow"
)

const (
	keptRefusals   = 200
	maxRefusedPath = 256 // bytes
	maxRule        = 512
)

// A Refusal is one request that was not let in, in text that is safe to show:
// control characters are escaped, what looks like a credential is taken out, and
// the query is no part of it.
type Refusal struct {
	At      time.Time
	Reason  edgeward.Reason
	Method  string
	Path    string       // "" when it could not be read
	Host    string       // the entry of the configuration, as [edgeward.Decision]'s
	Route   string       // the pattern, "" for none
	Rule    string       // which alternative of allow was nearest and what was missing, "" where no rule refused
	Network netip.Prefix // of the client, as guesses are counted; invalid when unknown
	ID      string       // of the request; finds it in the log
}

// refusals are the last ones, the oldest of which gives way.
type refusals struct {
	mu   sync.Mutex // guards what follows
	ring [keptRefusals]Refusal
	n    uint64 // ever added
}

// add keeps a refusal. What the client chose is bounded before anything else is
// done with it, and copied, or the ring would hold whole requests in memory.
func (l *refusals) add(r *edgeward.Request, d *edgeward.Decision, now time.Time) {
	kept := Refusal{
		At: now, Reason: d.Reason, Host: d.Host, Route: d.Route, ID: r.ID, Network: networkOf(r.ClientIP),
		Method: visible(strings.Clone(r.Method[:min(len(r.Method), 32)]), 32),
		Path:   strings.Clone(masked(r.Path, maxRefusedPath)),
	}
	if refused, ok := errors.AsType[*allow.Refusal](d.Err); ok {
		kept.Rule = masked(refused.Verdict.String(), maxRule)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring[l.n%keptRefusals] = kept
	l.n++
}

// list returns the refusals, newest first.
func (l *refusals) list() []Refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Refusal, 0, min(l.n, keptRefusals))
	for i := l.n; i > 0 && len(all) < keptRefusals; i-- {
		all = append(all, l.ring[(i-1)%keptRefusals])
	}
	return all
}

// networkOf returns what a client's guesses are counted by: /32 and /64.
func networkOf(client netip.Addr) netip.Prefix {
	bits := 64
	if client.Is4() {
		bits = 32
	}
	network, _ := client.Prefix(bits)
	return network
}
