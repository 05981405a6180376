package ordered

import (
	"crypto/tls"
	"strings"
	"sync"

	"golang.org/x/crypto/acme"
)

// ALPN is the protocol by which an authority asks for tls-alpn-01 (RFC 8737).
const ALPN = acme.ALPNProto

// Challenges are what authorities ask listeners for while orders are open. The zero
// value has none. It is safe for concurrent use.
type Challenges struct {
	mu     sync.Mutex // guards what follows
	tokens map[string]string
	hosts  map[string]*tls.Certificate
}

// Token returns what is answered at a path (RFC 8555 §8.3).
func (c *Challenges) Token(path string) (answer string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, ok = c.tokens[path]
	return answer, ok
}

// Certificate returns what is shown for a host, nil for nothing.
func (c *Challenges) Certificate(host string) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hosts[strings.ToLower(host)]
}

// show answers a challenge until forget is called.
func (c *Challenges) show(client *acme.Client, host string, challenge *acme.Challenge) (forget func(), err error) {
	if challenge.Type == "http-01" {
		answer, err := client.HTTP01ChallengeResponse(challenge.Token)
		path := client.HTTP01ChallengePath(challenge.Token)
		if err == nil {
			put(&c.mu, &c.tokens, path, answer)
		}
		return func() { remove(&c.mu, c.tokens, path) }, err
	}
	certificate, err := client.TLSALPN01ChallengeCert(challenge.Token, host)
	if err == nil {
		put(&c.mu, &c.hosts, strings.ToLower(host), &certificate)
	}
	return func() { remove(&c.mu, c.hosts, strings.ToLower(host)) }, err
}

func put[V any](mu *sync.Mutex, all *map[string]V, key string, value V) {
	mu.Lock()
	defer mu.Unlock()
	if *all == nil {
		*all = map[string]V{}
	}
	(*all)[key] = value
}

func remove[V any](mu *sync.Mutex, all map[string]V, key string) {
	mu.Lock()
	defer mu.Unlock()
	delete(all, key)
}
