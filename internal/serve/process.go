package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/edgeward/edgeward/internal/cli/signals"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/server"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/setup/stores"
	"github.com/edgeward/edgeward/internal/telemetry"
)

// A Process is the whole program: a configuration that is alive, the doors in
// front of it, and what operators see of it.
type Process struct {
	log     *slog.Logger
	live    *gateway.Live
	metrics *telemetry.Metrics
	traffic *telemetry.Traffic
	admin   *server.Server
	doors   []*server.Server

	version  string // of this program
	draining atomic.Bool
}

// Open wires everything and opens the listeners. Nothing runs before
// [Process.Run].
func Open(c *source.Loaded, log *slog.Logger, version string) (*Process, error) {
	telemetry.OwnStandardLog(log) // it is all that the transports of net/http have
	g := &Process{log: log, version: version, traffic: telemetry.NewTraffic()}
	g.metrics = telemetry.NewMetrics(version, g.state)
	doors := telemetry.Doors{Metrics: g.metrics, Traffic: g.traffic}
	env := gateway.Environment{Log: log, Stores: stores.All, Observer: doors, PropagationDelay: doors.PropagationDelay, Refreshed: g.metrics.Refreshed, SignedIn: g.metrics.SignedIn, CrowdedOut: g.metrics.CrowdedOut, Rechecked: g.metrics.Rechecked, Noted: g.metrics.Unread, Arrived: g.metrics.Arrived}
	live, err := gateway.NewLive(c, env, g.metrics.Reloaded)
	if err != nil {
		return nil, err
	}
	g.live = live
	access := telemetry.Access{Metrics: g.metrics, Log: log}
	for _, l := range c.Doors() {
		if err == nil {
			err = g.open(l, server.Config{Handler: logged(access, l.Section(), live.Door(l.Key), func(path string) bool { return gateway.Repeated(l.Key, path) })})
		}
		if err == nil && l.Redirect != "" {
			err = g.redirect(l, access.Handler("redirect", live.Redirect(l.Key)))
		}
	}
	if err == nil {
		controls := &controls{gateway: g}
		all := c.Listeners()
		g.admin, err = g.listen(all[len(all)-1], server.Config{Handler: server.Admin(server.AdminConfig{
			Report: g.report, Metrics: g.metrics.Handler(),
			Control: access.Handler("control", http.HandlerFunc(controls.control)), Console: logged(access, "console", http.HandlerFunc(controls.page), console.Polled), Host: g.consoleHost,
		})})
	}
	if err != nil {
		return nil, errors.Join(err, g.abandon())
	}
	return g, nil
}

// consoleHost is the host of admin.origin.
func (g *Process) consoleHost() string {
	_, host, _ := strings.Cut(g.live.System().Config.Admin.Origin, "://")
	return host
}

// open opens the listener of a door, to serve what c says.
func (g *Process) open(l config.Listener, c server.Config) error {
	door, err := g.listen(l, c)
	if err == nil {
		g.doors = append(g.doors, door)
	}
	return err
}

// redirect opens the listener that leads to l. Who introduces clients there does
// here, too.
func (g *Process) redirect(l config.Listener, h http.Handler) error {
	to := config.Listener{Key: l.Section() + ".redirect", Address: l.Redirect}
	to.ProxyProtocol = l.ProxyProtocol
	return g.open(to, server.Config{Handler: h})
}

func (g *Process) listen(l config.Listener, c server.Config) (_ *server.Server, err error) {
	c.Name, c.Address, c.Log, c.ErrorLog = l.Key, l.Address, g.log, telemetry.LibraryLog(g.log, slog.LevelDebug)
	c.Transport = server.Transport{TLS: g.live.TLS(l.Key), H2C: l.H2C, SocketMode: os.FileMode(l.SocketMode)}
	if len(l.ProxyProtocol.Networks) > 0 || l.ProxyProtocol.Unix {
		if c.Introduced, err = l.ProxyProtocol.Trusted(); err != nil {
			return nil, err
		}
	}
	return server.Listen(c)
}

// System is what runs now: a reload makes another.
func (g *Process) System() *gateway.System { return g.live.System() }

// Listeners are those of the doors and of operators.
func (g *Process) Listeners() []*server.Server { return append(slices.Clone(g.doors), g.admin) }

// Close closes the store, after Run.
func (g *Process) Close() error { return g.live.Close() }

// abandon closes what a gateway that will not run has open.
func (g *Process) abandon() (err error) {
	for _, door := range g.doors {
		err = errors.Join(err, door.Close())
	}
	return errors.Join(err, g.live.Close())
}

// Run serves until ctx is done, then drains. The store stays open.
func (g *Process) Run(ctx context.Context) error {
	tuneCollector(g.live.System().Config)
	all, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, func() { g.draining.Store(true) })
	all.Go(func() error { return g.live.Run(ctx) })
	all.Go(func() error { return g.traffic.Run(ctx) })
	all.Go(func() error { return signals.OnHangup(ctx, g.live.Reload) })
	all.Go(func() error { return server.Run(ctx, g.admin, g.doors...) })
	return all.Wait()
}
