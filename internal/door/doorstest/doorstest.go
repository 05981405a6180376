// Package doorstest holds the one table of requests that every door has to
// answer alike. A door is tested with [Run]; what is particular to its protocol
// it tests by itself.
//
// Behind the doors stands the real engine with all of its strategies, so the
// table also shows that a decision survives the way through a door.
package doorstest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward"
)

// A Request is what a client sends, byte by byte.
type Request struct {
	Method string
	Target string   // the request target, as on the wire
	Host   string   // the value of Host
	Fields []string // "Name: value", in order
	Peer   netip.Addr
}

// An Answer is what the client gets.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// A Seen is the request that reached the application.
type Seen struct {
	Method, Host string
	Target       string // as the application could route by it
	Path         string // decoded
	Header       http.Header
}

// A Door is a door between a client and an application.
type Door struct {
	// Send sends one request and returns the answer, and what the application
	// saw, nil when nothing reached it.
	Send func(t testing.TB, r Request) (Answer, *Seen)
	// Status is what the door answers to r for a reason, when that is not
	// Reason.Status; nil means it always is.
	Status func(reason edgeward.Reason, r Request) int
	// Redirect is the status with which the door tells a person where to sign
	// in; zero means 302.
	Redirect int
	// Beside says that the door stands beside the request's way: it cannot
	// remove a field from the request, and must refuse what it would remove.
	Beside bool
	// Waived are the rules of rows that cannot be put to this door, because what
	// stands before it never lets them through as they are, and what it does
	// with them.
	Waived map[string]string
}

// An Opener builds a door that asks d and believes trusted proxies.
type Opener func(t testing.TB, d edgeward.Decider, trusted []netip.Prefix) Door

// Addresses of the table.
var (
	Client  = netip.MustParseAddr("203.0.113.9")
	Proxies = netip.MustParsePrefix("10.0.0.0/8")
	Nearer  = netip.MustParseAddr("10.0.0.1") // a declared proxy
	farther = netip.MustParseAddr("10.0.0.2") // another one
)

// Hosts are those that a door of the table answers for.
var Hosts = []string{"API.example.com", "other.example.com", "*.apps.example.com", "127.0.0.1", "[::1]", "[2001:db8::]", withoutTree}

// Evil is the value that clients of the table plant wherever they can. It must
// not reach an application in a field that an application believes.
const Evil = "evil.example"

// Run lets the door that open builds answer the whole table.
func Run(t *testing.T, open Opener) {
	system := newSystem(t, trees())
	door := open(t, system, []netip.Prefix{Proxies})
	waived := maps.Clone(door.Waived)
	for _, row := range table(t, system) {
		if why, is := waived[row.rule]; is {
			t.Logf("waived: %s: %s", row.rule, why)
			delete(waived, row.rule)
			continue
		}
		t.Run(row.rule, func(t *testing.T) { row.check(t, system, door) })
	}
	for rule := range waived {
		t.Errorf("no row is called %q", rule)
	}
	t.Run("every reason a token is invalid is answered with the same body", func(t *testing.T) {
		sameBodies(t, system, door)
	})
	t.Run("33: who guesses has to wait", func(t *testing.T) { guessing(t, system, door) })
}

// A recorder remembers what was decided last, and about what.
type recorder struct {
	edgeward.Decider

	mu       sync.Mutex
	request  *edgeward.Request // nil when the decider was not asked
	decision edgeward.Decision
}

func (rec *recorder) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	d := rec.Decider.Decide(ctx, r)
	copied := *r
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.request, rec.decision = &copied, d
	return d
}

// take returns what was decided since the last call.
func (rec *recorder) take() (*edgeward.Request, edgeward.Decision) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	r, d := rec.request, rec.decision
	rec.request, rec.decision = nil, edgeward.Decision{}
	return r, d
}

// problemOf reads a problem document. Go's server answers a few requests by
// itself, before any door, in plain text.
func problemOf(t *testing.T, a Answer) (doc document, fromDoor bool) {
	t.Helper()
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		return document{}, false
	}
	if err := json.Unmarshal([]byte(a.Body), &doc); err != nil {
		t.Fatalf("problem document: %v in %s", err, a.Body)
	}
	if doc.RequestID == "" || doc.RequestID != a.Header.Get("X-Request-Id") {
		t.Errorf("request_id %q, X-Request-Id %q", doc.RequestID, a.Header.Get("X-Request-Id"))
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q on a refusal", got)
	}
	return doc, true
}

// A document is what the table reads of a problem document.
type document struct {
	Code      string
	RequestID string `json:"request_id"`
	LoginURL  string `json:"login_url"`
}
