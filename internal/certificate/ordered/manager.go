// Package ordered has certificates from an authority that speaks ACME (RFC 8555):
// it orders them, keeps them in a folder and renews them.
//
// They are for the hosts of the configuration, and never for one that a client
// names: a client that asks for many names would have many ordered, and an authority
// limits their number. What cannot be renewed is served on; what fails is tried again later and
// later.
package ordered

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/edgeward/edgeward/internal/certificate"
)

const (
	// firstPause and longestPause bound the wait after an order that failed; each is
	// four times the one before. Let's Encrypt allows five failures an hour.
	firstPause   = time.Minute
	longestPause = 6 * time.Hour
	orderTimeout = 5 * time.Minute
	askTimeout   = 30 * time.Second // for a request to the authority
	lookInterval = time.Hour
)

// A Config says what is ordered, and where.
type Config struct {
	Directory string
	CA        []byte // PEM, that the directory's certificate is verified by; nil: the system's
	Email     string
	Hosts     []string
	Folder    string // of what is kept
	HTTP      bool   // http-01 can be answered too
	// Challenges are shown by the listeners.
	Challenges *Challenges
	Log        *slog.Logger
}

// A Manager orders certificates while it runs. It is safe for concurrent use.
type Manager struct {
	cfg    Config
	folder *folder
	client *acme.Client // of the account; nil before the first order

	set          atomic.Pointer[certificate.Set]
	done, failed atomic.Uint64

	mu    sync.Mutex // guards what follows
	hosts map[string]*state
}

// A state is that of one host.
type state struct {
	pair  *certificate.Pair // nil before the first
	err   error             // of the last order; nil when it went well
	tries int               // that failed in a row
	next  time.Time         // not before
}

// New makes a Manager. It does no I/O.
func New(cfg Config) *Manager {
	m := &Manager{cfg: cfg, folder: newFolder(cfg.Folder, cfg.Directory), hosts: map[string]*state{}}
	for _, host := range cfg.Hosts {
		m.hosts[host] = &state{}
	}
	return m
}

// Set returns the certificates that are there, nil for none.
func (m *Manager) Set() *certificate.Set { return m.set.Load() }

// Orders returns how many orders brought a certificate, and how many failed.
func (m *Manager) Orders() (done, failed uint64) { return m.done.Load(), m.failed.Load() }

// Trouble says which hosts have no certificate, or one that could not be renewed.
func (m *Manager) Trouble() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, host := range slices.Sorted(maps.Keys(m.hosts)) {
		if s := m.hosts[host]; s.err != nil {
			all = append(all, fmt.Sprintf("certificate of %s: %v", host, s.err))
		}
	}
	return all
}

// Run loads what is kept, and orders what is missing or due until ctx is done. It
// may run again later.
func (m *Manager) Run(ctx context.Context) {
	m.load()
	for ctx.Err() == nil {
		for _, host := range m.cfg.Hosts {
			if m.due(host, time.Now()) && ctx.Err() == nil {
				m.renew(ctx, host)
			}
		}
		timer := time.NewTimer(m.pause(time.Now()))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// load takes over what the folder has.
func (m *Manager) load() {
	for _, host := range m.cfg.Hosts {
		pair, err := m.folder.pair(host)
		if err != nil {
			m.cfg.Log.Warn("a certificate that was kept cannot be used; another is ordered", "host", host, "error", err)
		}
		if pair != nil && err == nil {
			m.mu.Lock()
			m.hosts[host].pair = pair
			m.mu.Unlock()
		}
	}
	m.publish()
}

// publish makes a Set of what is there, in the order of the hosts.
func (m *Manager) publish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var pairs []*certificate.Pair
	for _, host := range m.cfg.Hosts {
		if p := m.hosts[host].pair; p != nil {
			pairs = append(pairs, p)
		}
	}
	m.set.Store(certificate.NewSet(pairs...))
}

// due reports whether a certificate is missing, or within the last third of its
// life, and may be ordered.
func (m *Manager) due(host string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.hosts[host]
	return !now.Before(s.next) && (s.pair == nil || !now.Before(renewal(s.pair)))
}

// renewal is when a certificate is replaced.
func renewal(p *certificate.Pair) time.Time {
	leaf := p.Chain.Leaf
	return leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / 3)
}

// pause returns how long nothing is due.
func (m *Manager) pause(now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	pause := lookInterval
	for _, s := range m.hosts {
		at := s.next
		if s.pair != nil && renewal(s.pair).After(at) {
			at = renewal(s.pair)
		}
		pause = min(pause, at.Sub(now))
	}
	return max(pause, time.Second)
}

// renew orders a certificate. The one before is served until there is another.
func (m *Manager) renew(ctx context.Context, host string) {
	limited, cancel := context.WithTimeout(ctx, orderTimeout)
	defer cancel()
	pair, err := m.order(limited, host)
	if ctx.Err() != nil {
		return
	}
	m.note(host, pair, err, time.Now())
	if err != nil {
		m.failed.Add(1)
		m.cfg.Log.Warn("a certificate could not be ordered; it is tried again", "host", host, "error", err)
		return
	}
	m.done.Add(1)
	m.publish()
	m.cfg.Log.Info("certificate ordered", "host", host, "expires", pair.Expires().UTC().Format(time.RFC3339))
}

func (m *Manager) note(host string, pair *certificate.Pair, err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.hosts[host]
	if s.err = err; err == nil {
		s.pair, s.tries, s.next = pair, 0, time.Time{}
		return
	}
	pause := firstPause
	for range min(s.tries, 5) {
		pause *= 4
	}
	s.tries++
	s.next = now.Add(min(pause, longestPause))
}

// tries returns how many orders of a host failed in a row.
func (m *Manager) triesOf(host string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hosts[host].tries
}

// account returns the client of the account, which it makes the first time.
func (m *Manager) account(ctx context.Context) (*acme.Client, error) {
	if m.client != nil {
		return m.client, nil
	}
	key, err := m.folder.accountKey()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: askTimeout, ForceAttemptHTTP2: true}
	if m.cfg.CA != nil {
		transport.TLSClientConfig = trusting(m.cfg.CA)
	}
	client := &acme.Client{Key: key, DirectoryURL: m.cfg.Directory, UserAgent: "edgeward", HTTPClient: &http.Client{Transport: transport, Timeout: askTimeout, CheckRedirect: sameHost}}
	account := &acme.Account{}
	if m.cfg.Email != "" {
		account.Contact = []string{"mailto:" + m.cfg.Email}
	}
	if _, err := client.Register(ctx, account, acme.AcceptTOS); err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil, fmt.Errorf("the account at %s: %w", m.cfg.Directory, err)
	}
	m.client = client
	return client, nil
}

// sameHost keeps requests, which the account's key signs, at the directory's host.
func sameHost(hr *http.Request, via []*http.Request) error {
	if len(via) > 3 || hr.URL.Host != via[0].URL.Host || hr.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

func verified(p *certificate.Pair, host string, err error) (*certificate.Pair, error) {
	if err == nil {
		err = p.Chain.Leaf.VerifyHostname(host)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func pool(pem []byte) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(pem)
	return p
}

// name of a host in a folder: what a host is spelled with needs no more.
func fileName(host string) string { return strings.ToLower(host) + ".pem" }
