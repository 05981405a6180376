package remote_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

const issuer = "http://127.0.0.1/realm"

// A provider is an OpenID provider whose keys and manners a test changes while
// it runs. It serves over pipes, so that a whole outage fits into a bubble of
// testing/synctest.
type provider struct {
	mu       sync.Mutex
	kids     []string
	maxAge   int                                           // seconds; 0: no Cache-Control
	answer   http.HandlerFunc                              // instead of the key set; nil: the key set
	server   func(http.ResponseWriter, *http.Request) bool // answers first, if it says so; nil: never
	about    string                                        // instead of the metadata; "": as it should be
	sets     int                                           // requests for the key set
	metadata int                                           // requests for the metadata
	conns    chan net.Conn
	closed   chan struct{}
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.server != nil && p.server(w, r) {
		return
	}
	p.mu.Lock()
	answer, kids, maxAge, about := p.answer, slices.Clone(p.kids), p.maxAge, p.about
	if r.URL.Path == "/realm/.well-known/openid-configuration" {
		p.metadata++
		if about == "" {
			about = `{"issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}`
		}
		answer = func(w http.ResponseWriter, _ *http.Request) { document(w, about) }
	} else {
		p.sets++
	}
	p.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	if maxAge > 0 {
		w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", maxAge))
	}
	document(w, keySet(kids...))
}

// set changes the provider under its lock.
func (p *provider) set(change func(*provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// fetched returns how often the key set was asked for.
func (p *provider) fetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sets
}

// described returns how often the metadata was asked for.
func (p *provider) described() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.metadata
}

func document(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, body)
}

func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// keySet returns a set with an Ed25519 key of each kid; the key follows from
// the kid. What stands behind # makes another key of the same kid.
func keySet(kids ...string) string {
	keys := make([]*jwks.JWK, len(kids))
	for i, kid := range kids {
		id, _, _ := strings.Cut(kid, "#")
		keys[i] = &jwks.JWK{Type: jwks.OKP, KeyID: id, Curve: jwks.Ed25519, X: []byte(strings.Repeat(kid, 32)[:32])}
	}
	return string(jwks.AppendSet(nil, keys...))
}

// serve starts a provider with a key of each kid.
func serve(t *testing.T, kids ...string) *provider {
	t.Helper()
	p := &provider{kids: kids, conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: p}
	go server.Serve(p)
	t.Cleanup(func() { server.Close() })
	return p
}

// keys returns keys of the provider, not yet fetched.
func (p *provider) keys(t *testing.T, change ...func(*remote.Config)) *remote.Keys {
	t.Helper()
	transport := &http.Transport{DialContext: p.dial}
	t.Cleanup(transport.CloseIdleConnections)
	config := remote.Config{
		Issuer:     issuer,
		Algorithms: []jwt.Algorithm{jwt.EdDSA},
		Importer:   stdcrypto.Import,
		Transport:  transport,
	}
	for _, c := range change {
		c(&config)
	}
	k, err := remote.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (p *provider) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make the provider a net.Listener.
func (p *provider) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *provider) Close() error {
	close(p.closed)
	return nil
}

func (p *provider) Addr() net.Addr { return &net.TCPAddr{} }
