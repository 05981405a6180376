package upstream

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// A Health is how every server of a pool is asked whether it lives: by a GET of
// Path, which is answered with a status from 200 to 399 within Timeout.
type Health struct {
	Path     string        // canonical
	Interval time.Duration // between two questions; each is up to a tenth shorter or longer
	Timeout  time.Duration
}

// checksInARow have to agree before a server is left out, or is back.
const checksInARow = 2

// mostOfAnswer is read of the answer to a check, so that its connection can be kept.
const mostOfAnswer = 64 << 10

// Run asks every server whether it lives, the first time at once, until ctx is done.
// It may run again later. What was known of the servers stays known meanwhile.
func (p *Pool) Run(ctx context.Context) {
	if p.health == nil {
		return
	}
	var all sync.WaitGroup
	for _, b := range p.backends {
		all.Go(func() { p.watch(ctx, b) })
	}
	all.Wait()
}

func (p *Pool) watch(ctx context.Context, b *backend) {
	against := 0 // checks in a row that say the contrary of what is known
	for {
		err := p.check(ctx, b)
		if ctx.Err() != nil {
			return
		}
		if against++; (err != nil) == b.sick.Load() {
			against = 0
		}
		if against == checksInARow {
			against = 0
			b.sick.Store(err != nil)
			p.changed(Change{Upstream: p.name, Server: b.name, Up: err == nil, Why: err})
		}
		tenth := p.health.Interval / 10
		pause := time.NewTimer(p.health.Interval - tenth + rand.N(2*tenth+1))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// check asks b once.
func (p *Pool) check(ctx context.Context, b *backend) error {
	ctx, cancel := context.WithTimeout(ctx, p.health.Timeout)
	defer cancel()
	req := (&http.Request{
		Method: http.MethodGet, Host: b.own, Header: http.Header{"User-Agent": {"edgeward-health"}}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL: &url.URL{Scheme: b.scheme, Host: b.host, Path: b.path + p.health.Path, RawPath: b.escaped + canonical.EscapePath(p.health.Path)},
	}).WithContext(ctx)
	if p.host != "" && p.host != keepHost && p.host != ownHost {
		req.Host = p.host
	}
	res, err := p.checks.RoundTrip(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, mostOfAnswer))
	_ = res.Body.Close()
	if err == nil && (res.StatusCode < 200 || res.StatusCode > 399) {
		err = fmt.Errorf("upstream: the check of %s was answered %d", p.health.Path, res.StatusCode)
	}
	return err
}
