package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/config"
	"github.com/edgeward/edgeward/internal/devidp"
	"github.com/edgeward/edgeward/internal/server"
	"github.com/edgeward/edgeward/internal/telemetry"
)

// openParts starts the provider and the application. What it returns stops
// them; they are the last to go.
func (d *dev) openParts(ctx context.Context) (stop func() error, err error) {
	for _, open := range []func() error{d.openProvider, d.openApplication} {
		if err := open(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running errgroup.Group
	for _, part := range d.parts {
		running.Go(func() error { return part.Run(ctx) })
	}
	return func() error { cancel(); return running.Wait() }, nil
}

// openPart listens on a free port of the loopback address.
func (d *dev) openPart(name string) (*http.ServeMux, string, error) {
	mux := http.NewServeMux()
	s, err := server.Listen(server.Config{Name: name, Address: "127.0.0.1:0", Handler: mux, Drain: time.Second})
	if err != nil {
		return nil, "", err
	}
	d.parts = append(d.parts, s)
	return mux, "http://" + s.Address(), nil
}

func (d *dev) openProvider() error {
	mux, url, err := d.openPart("provider")
	if err != nil {
		return err
	}
	d.address.Issuer, d.address.Audience = url, devAudience
	d.secret = edgeward.NewSecret(rand.Text())
	d.provider, err = devidp.New(devidp.Config{
		Issuer: url, Audience: devAudience, Lifetime: devLifetime,
		Client: devidp.Client{ID: devClient, Secret: d.secret, Scopes: devScopes},
	})
	if err != nil {
		return err
	}
	mux.Handle("/", d.provider.Handler())
	d.screen.started("provider", url, "OpenID Connect; signs RS256")
	return nil
}

func (d *dev) openApplication() error {
	mux, url, err := d.openPart("application")
	if err != nil {
		return err
	}
	d.address.Upstream = url
	mux.Handle("/", sampleApplication())
	d.screen.started("application", url, "shows who it thinks you are")
	return nil
}

// probe refuses addresses that cannot be used before anything is written, for
// another dev may be running in the same folder; and it chooses the port where
// 0 was asked for, so that the configuration names it.
func (d *dev) probe() error {
	for _, l := range []struct {
		name    string
		address *string
	}{{"proxy.listen", &d.address.Proxy}, {"forward_auth.listen", &d.address.ForwardAuth}, {"admin.listen", &d.address.Admin}} {
		s, err := server.Listen(server.Config{Name: l.name, Address: *l.address})
		if err != nil {
			return adviseFlag(err)
		}
		*l.address = s.Address()
		defer s.Close() // at the end, or two could get the same port
	}
	return nil
}

// openGateway is "edgeward serve" on the files of the folder.
func (d *dev) openGateway(level slog.Leveler) error {
	if err := d.probe(); err != nil {
		return err
	}
	if err := probeStore(); err != nil {
		return err
	}
	if err := prepareFolder(d.address); err != nil {
		return err
	}
	c, err := config.Load(filepath.Join(devFolder, devConfig))
	if err != nil {
		return &advice{err, "mend it, or remove " + devFolder + " to begin anew"}
	}
	log, err := telemetry.NewLog(d.screen, telemetry.Pretty, level, bool(d.screen.paint))
	if err != nil {
		return err
	}
	if d.gateway, err = openGateway(c, log); err != nil {
		return adviseFlag(err)
	}
	return nil
}

// adviseFlag names the flag that changes an address that cannot be used.
func adviseFlag(err error) error {
	listen, ok := errors.AsType[*server.ListenError](err)
	if !ok {
		return err
	}
	flag := map[string]string{"proxy.listen": "--listen", "forward_auth.listen": "--forward-auth-listen", "admin.listen": "--admin-listen"}[listen.Name]
	return &advice{err, "stop that program, or choose another port: edgeward dev " + flag + " 127.0.0.1:0"}
}

// waitReady waits until the gateway has the provider's keys, and says which
// doors are open.
func (d *dev) waitReady(ctx context.Context) error {
	patience := time.After(devPatience)
	for d.gateway.live.System().Ready() != nil {
		select {
		case <-ctx.Done():
			return nil
		case <-patience:
			return errors.Join(errors.New("dev: the gateway did not get the provider's keys"), d.gateway.live.System().Ready())
		case <-time.After(5 * time.Millisecond):
		}
	}
	d.screen.started("gateway", d.url("proxy.listen"), "in front of the application")
	d.screen.started("forward auth", d.url("forward_auth.listen")+"/verify", "the same for nginx, Caddy, Traefik")
	d.screen.started("admin", d.url("admin.listen"), "/readyz /metrics, and /v1 for back ends and operators")
	return nil
}

// url returns where one of the gateway's listeners is.
func (d *dev) url(name string) string {
	for _, s := range append(d.gateway.doors, d.gateway.admin) {
		if s.Name() == name {
			return "http://" + s.Address()
		}
	}
	return ""
}
