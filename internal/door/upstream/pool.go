// Package upstream is where allowed requests go: a URL, or a pool of servers that
// answer alike, behind one name. It chooses among them, leaves out those that do
// not answer, repeats what is safe to repeat, and bounds how long each step may
// take. What is in a request is the door's affair.
package upstream

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
)

// maxBackends bounds the servers of a pool.
const maxBackends = 64

// A Config is a pool. It needs URLs.
type Config struct {
	Name string   // for messages and metrics
	URLs []string // of the servers: see [Check]
	// Host is what the servers see as Host: the client's with "" or [keepHost], that of
	// their own URL with [ownHost], else this name.
	Host           string
	HTTP           Version
	TLS            *tls.Config   // nil: the system's authorities
	MaxConnections int           // to each server; 0: no bound
	Connect        time.Duration // to connect, and then for TLS; 0: defaultConnect
	Response       time.Duration // for the beginning of an answer; 0: defaultResponse
	Idle           time.Duration // of a connection; 0: defaultIdle
	NoRetry        bool          // repeat nothing at another server
	Health         *Health       // nil asks no server whether it lives
	// Changed, if it is not nil, is called when a server is left out and when it is
	// back. It does not block.
	Changed func(Change)
}

// What Config.Host can be beside a name.
const (
	keepHost = "keep"
	ownHost  = "upstream"
)

// A Version is how HTTP is spoken.
type Version uint8

// The versions.
const (
	Negotiate Version = iota // HTTP/2 over TLS where the server speaks it, else HTTP/1.1
	HTTP1                    // HTTP/1.1 alone
	HTTP2                    // HTTP/2 alone, without TLS by prior knowledge (RFC 9113 §3.3)
)

// A Change is that a server was left out, or is back.
type Change struct {
	Upstream, Server string
	Up               bool
	Why              error         // not nil when it is left out
	For              time.Duration // how long at least; 0 until it answers checks
}

// A Pool is safe for concurrent use.
type Pool struct {
	name     string
	host     string // as Config's
	backends []*backend
	carrier  http.RoundTripper // bounds the wait for an answer itself, if plain is set
	patient  http.RoundTripper // leaves that to a trip
	plain    bool              // nothing but a URL
	http2    bool              // alone
	connect  time.Duration
	response time.Duration
	crowded  bool // a request may have to wait for a connection
	retry    bool
	health   *Health
	checks   http.RoundTripper // of Run
	changed  func(Change)
}

// ForURL returns the pool of one server at base, reached by carrier.
func ForURL(base string, carrier http.RoundTripper) (*Pool, error) {
	at, err := parse(base)
	if err != nil {
		return nil, err
	}
	return &Pool{
		backends: []*backend{{target: *at}}, carrier: carrier, patient: patient(carrier), plain: true,
		connect: defaultConnect, response: defaultResponse, changed: func(Change) {},
	}, nil
}

// New checks cfg and returns the pool. It starts nothing.
func New(cfg Config) (*Pool, error) {
	p := &Pool{
		name: cfg.Name, host: cfg.Host, http2: cfg.HTTP == HTTP2, connect: or(cfg.Connect, defaultConnect), response: or(cfg.Response, defaultResponse),
		crowded: cfg.MaxConnections > 0, retry: !cfg.NoRetry, health: cfg.Health, changed: cfg.Changed,
	}
	if p.changed == nil {
		p.changed = func(Change) {}
	}
	if len(cfg.URLs) == 0 || len(cfg.URLs) > maxBackends {
		return nil, fmt.Errorf("upstream: %s has %d servers, it needs 1 to %d", cfg.Name, len(cfg.URLs), maxBackends)
	}
	for i, base := range cfg.URLs {
		at, err := parse(base)
		if err != nil {
			return nil, err
		}
		p.backends = append(p.backends, &backend{target: *at, index: i})
	}
	t := newTransport(p.connect, 0, or(cfg.Idle, defaultIdle))
	if p.http2 {
		t.DialContext = dialer(p.connect)
	}
	t.TLSClientConfig = cfg.TLS
	t.MaxConnsPerHost = cfg.MaxConnections
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	t.Protocols = protocols(cfg.HTTP)
	p.carrier, p.patient = t, t
	if p.health != nil {
		checks := t.Clone() // a check waits for no connection of the clients'
		checks.MaxConnsPerHost, checks.MaxIdleConnsPerHost = 0, 1
		p.checks = checks
	}
	return p, nil
}

func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func protocols(v Version) *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(v != HTTP2)
	p.SetHTTP2(v != HTTP1)
	p.SetUnencryptedHTTP2(v == HTTP2)
	return p
}

// choose returns the one of two servers, drawn among those that are there, with
// fewer requests under way: that is close to the best choice without looking at
// all, and a server that is slow, or has been there for a moment only, gets
// neither everything nor its full share. When none is there, all are tried: it
// may be the knowledge that is wrong. not is left out; the result is nil if there
// is no other.
func (p *Pool) choose(not *backend) *backend {
	if len(p.backends) == 1 {
		return p.only(not)
	}
	now := time.Now()
	if b := p.draw(func(b *backend) bool { return b != not && b.there(now) }); b != nil {
		return b
	}
	return p.draw(func(b *backend) bool { return b != not })
}

func (p *Pool) only(not *backend) *backend {
	if not != nil {
		return nil
	}
	return p.backends[0]
}

// draw takes two of those that fit, each with the same chance, and returns the one
// with fewer requests under way.
func (p *Pool) draw(fits func(*backend) bool) *backend {
	var two [2]*backend
	n := 0
	for _, b := range p.backends {
		if !fits(b) {
			continue
		}
		if n < 2 {
			two[n] = b
		} else if at := rand.IntN(n + 1); at < 2 {
			two[at] = b
		}
		n++
	}
	if n < 2 {
		return two[0]
	}
	first := rand.IntN(2)
	if a, b := two[first], two[1-first]; b.pending.Load() < a.pending.Load() {
		return b
	} else {
		return a
	}
}

// aim points a request, whose path at the upstream is to, at b.
func (p *Pool) aim(out *http.Request, b *backend, r *edgeward.Request, to string) {
	*out.URL = b.url(r, to)
	switch p.host {
	case "", keepHost:
		out.Host = r.Host
	case ownHost:
		out.Host = b.own
	default:
		out.Host = p.host
	}
}

// Drain closes idle connections, and those in use once their exchange is over. It is for a pool that gets no further requests.
func (p *Pool) Drain() {
	for _, t := range []http.RoundTripper{p.carrier, p.checks} {
		if t, ok := t.(*http.Transport); ok {
			t.CloseIdleConnections()
		}
	}
}

// label names b in messages.
func (p *Pool) label(b *backend) string {
	if p.name == "" {
		return b.name
	}
	return p.name + " " + b.name
}
