package serve

import (
	"time"

	"github.com/edgeward/edgeward/internal/server"
	"github.com/edgeward/edgeward/internal/telemetry"
)

// state is what /metrics shows of the running system.
func (g *Process) state() telemetry.State {
	system := g.live.System()
	cache := system.Verifier.Cache()
	s := telemetry.State{Cache: telemetry.Cache{
		Hits: cache.Hits, Misses: cache.Misses, Evictions: cache.Evictions, Bytes: int64(cache.Bytes),
	}}
	s.Blocked = system.Blocked()
	s.Exchanges = telemetry.Exchanges(g.live.Exchanges().Stats())
	s.Overdue = system.Overdue()
	if r, ok := system.Stats(); ok {
		s.Memory = &telemetry.Memory{
			Revocations: r.Revocations, Staleness: r.Staleness, Synced: r.Synced, StoreErrors: r.StoreErrors, Unaudited: r.Unaudited,
			Sessions: telemetry.Cache{
				Hits: r.Sessions.Hits, Misses: r.Sessions.Misses, Evictions: r.Sessions.Evictions, Bytes: int64(r.Sessions.Bytes),
			},
		}
	}
	for _, k := range system.KeySets() {
		s.KeySets = append(s.KeySets, telemetry.KeySet{
			Issuer: k.Issuer, Keys: k.Keys, Age: k.Age, Fetched: k.Remote, OK: k.Fetches - k.Failures, Failed: k.Failures,
			Usable: k.Usable, Ignored: k.Ignored, Note: k.Note, Err: k.Err,
		})
	}
	for _, u := range system.Upstreams() {
		s.Upstreams = append(s.Upstreams, telemetry.Upstream{
			Name: u.Upstream, Index: u.Index, Server: u.Server, Up: u.Up, Pending: u.Pending, Requests: u.Requests, Failures: u.Failures,
		})
	}
	for _, l := range g.Listeners() {
		open, evicted := l.Connections()
		s.Listeners = append(s.Listeners, telemetry.Listener{Name: l.Name(), Open: open, Evicted: evicted, Refused: l.Refused()})
	}
	if ok, failed, any := system.Orders(); any {
		s.Orders = &telemetry.Orders{OK: ok, Failed: failed}
	}
	for _, c := range system.Certificates(time.Now()) {
		s.Certificates = append(s.Certificates, telemetry.Certificate{Listener: c.Listener, Name: c.Name, Expires: c.Expires, Trouble: c.Trouble})
	}
	return s
}

// report is what /readyz answers.
func (g *Process) report() server.Report {
	system := g.live.System()
	r := server.Report{Draining: g.draining.Load(), KeySets: []server.KeySet{}, Degraded: []string{}, Warnings: system.Complaints()}
	for _, k := range system.KeySets() {
		set := server.KeySet{Issuer: k.Issuer, Ready: k.Usable, Keys: k.Keys, Ignored: k.Ignored, Note: k.Note, Age: k.Age.Seconds()}
		if k.Err != nil {
			set.Error = k.Err.Error()
		}
		r.KeySets = append(r.KeySets, set)
		if !k.Usable {
			r.Degraded = append(r.Degraded, k.Issuer)
		}
	}
	for _, u := range system.Upstreams() {
		r.Upstreams = append(r.Upstreams, server.Upstream{Name: u.Upstream, Server: u.Server, Up: u.Up})
	}
	err := system.Ready()
	if err != nil {
		r.Error = err.Error()
	}
	r.Ready = !r.Draining && err == nil
	return r
}
