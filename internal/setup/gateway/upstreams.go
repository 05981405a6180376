package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"github.com/edgeward/edgeward/internal/certificate"
	"github.com/edgeward/edgeward/internal/door/upstream"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
)

// upstreams are the pools of a configuration by name. One that did not change is the
// same over a reload, with its connections and what is known of its servers.
type upstreams struct {
	all     map[string]*upstream.Pool
	configs []transport.Upstream
}

func newUpstreams(configs []transport.Upstream, old *upstreams, log *slog.Logger) (*upstreams, error) {
	u := &upstreams{all: make(map[string]*upstream.Pool, len(configs)), configs: configs}
	for i := range configs {
		c := &configs[i]
		if pool := old.same(c); pool != nil {
			u.all[c.Name] = pool
			continue
		}
		pool, err := newPool(c, log)
		if err != nil {
			return nil, err
		}
		u.all[c.Name] = pool
	}
	return u, nil
}

// same returns the pool that has c's configuration, nil for none.
func (u *upstreams) same(c *transport.Upstream) *upstream.Pool {
	if u == nil {
		return nil
	}
	for i := range u.configs {
		if reflect.DeepEqual(&u.configs[i], c) {
			return u.all[c.Name]
		}
	}
	return nil
}

func newPool(c *transport.Upstream, log *slog.Logger) (*upstream.Pool, error) {
	cfg := upstream.Config{
		Name: c.Name, URLs: c.URLs, Host: c.Host, HTTP: versions[c.HTTP],
		MaxConnections: c.MaxConnections, Connect: c.ConnectTimeout, Response: c.ResponseTimeout, Idle: c.IdleTimeout, NoRetry: c.NoRetry,
		Changed: func(change upstream.Change) { logChange(log, &change) },
	}
	var err error
	if cfg.TLS, err = upstreamTLS(c); err != nil {
		return nil, fmt.Errorf("config: upstreams.%s: %w", c.Name, err)
	}
	if h := c.Health; h != nil {
		cfg.Health = &upstream.Health{Path: h.Path, Interval: h.Interval, Timeout: h.Timeout}
	}
	return upstream.New(cfg)
}

// upstreamTLS is by what the servers of an upstream are verified, and we by them.
func upstreamTLS(c *transport.Upstream) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CA != nil {
		t.RootCAs = x509.NewCertPool()
		t.RootCAs.AppendCertsFromPEM(c.CA) // without one of them nothing is verified
	}
	if c.Certificate != nil {
		pair, err := certificate.ParseClient(c.Certificate.Name, c.Certificate.Chain, c.Certificate.Key)
		if err != nil {
			return nil, err
		}
		t.Certificates = []tls.Certificate{pair.Chain}
	}
	return t, nil
}

var versions = [...]upstream.Version{transport.HTTPNegotiated: upstream.Negotiate, transport.HTTP1: upstream.HTTP1, transport.HTTP2: upstream.HTTP2}

func logChange(log *slog.Logger, c *upstream.Change) {
	switch {
	case c.Up:
		log.Info("server of an upstream is back", "upstream", c.Upstream, "server", c.Server)
	case c.For > 0:
		log.Warn("server of an upstream is left out", "upstream", c.Upstream, "server", c.Server, "for", c.For.String(), "error", c.Why)
	default:
		log.Warn("server of an upstream is left out until its checks succeed", "upstream", c.Upstream, "server", c.Server, "error", c.Why)
	}
}

// run checks the servers until ctx is done.
func (u *upstreams) run(ctx context.Context) {
	var all sync.WaitGroup
	for _, pool := range u.all {
		all.Go(func() { pool.Run(ctx) })
	}
	all.Wait()
}

// drain closes the connections of the pools that next does not have.
func (u *upstreams) drain(next *upstreams) {
	for name, pool := range u.all {
		if next.all[name] != pool {
			pool.Drain()
		}
	}
}

// Upstreams returns the state of every server of the upstreams with a name, in the
// order of the file.
func (s *System) Upstreams() (all []upstream.Status) {
	for i := range s.upstreams.configs {
		all = append(all, s.upstreams.all[s.upstreams.configs[i].Name].Status()...)
	}
	return all
}
