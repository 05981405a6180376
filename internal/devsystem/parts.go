package devsystem

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
	"github.com/edgeward/edgeward/internal/serve"
	"github.com/edgeward/edgeward/internal/server"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/telemetry"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/login"
)

// openParts starts the provider and the application. What it returns stops
// them; they are the last to go.
func (d *system) openParts(ctx context.Context) (stop func() error, err error) {
	provider, err := d.openPart("provider", &d.address.Issuer)
	if err != nil {
		return nil, err
	}
	application, err := d.openPart("application", &d.address.Upstream)
	if err != nil {
		return nil, err
	}
	if err := d.probe(); err != nil { // the provider has to know where people come back to
		return nil, err
	}
	if err := d.openProvider(provider); err != nil {
		return nil, err
	}
	application.Handle("/", sampleApplication(d.address))
	d.screen.started("application", d.address.Upstream, "shows who it thinks you are")

	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running errgroup.Group
	for _, part := range d.parts {
		running.Go(func() error { return part.Run(ctx) })
	}
	return func() error { cancel(); return running.Wait() }, nil
}

// openPart listens on a free port of the loopback address and says at which URL.
func (d *system) openPart(name string, url *string) (*http.ServeMux, error) {
	mux := http.NewServeMux()
	s, err := server.Listen(server.Config{Name: name, Address: "127.0.0.1:0", Handler: mux, Drain: time.Second})
	if err != nil {
		return nil, err
	}
	d.parts = append(d.parts, s)
	*url = "http://" + s.Address()
	return mux, nil
}

func (d *system) openProvider(mux *http.ServeMux) error {
	if d.address.Origin == "" {
		d.address.Origin = "http://" + d.address.Proxy
	}
	d.address.Notes = secondHost(d.address.Origin)
	gateway, admin := d.address.Origin, "http://"+d.address.Admin
	d.address.Audience, d.secret = devAudience, edgeward.NewSecret(rand.Text())
	var err error
	d.provider, err = devidp.New(devidp.Config{
		Issuer: d.address.Issuer, Audience: devAudience, Lifetime: devLifetime,
		People: devPeople,
		Client: devidp.Client{
			ID: devClient, Secret: d.secret, Scopes: devScopes,
			RedirectURIs:      []string{gateway + userpath.Default.Callback(), admin + login.ConsoleCallbackPath},
			PostLogoutURIs:    []string{gateway + userpath.Default.SignedOut()},
			BackchannelLogout: gateway + userpath.Default.Backchannel(),
		},
		Unheard: func(err error) { d.screen.note(err.Error()) },
	})
	if err != nil {
		return err
	}
	mux.Handle("/", d.provider.Handler())
	d.screen.started("provider", d.address.Issuer, "OpenID Connect; signs RS256, asks for no password")
	return nil
}

// secondHost returns the base URL of another host of the gateway that browsers find at
// origin: every name below localhost is this machine (RFC 6761 §6.3). It is "" where
// that would not lead here.
func secondHost(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" || !canonical.IsLoopback(u.Hostname()) {
		return ""
	}
	port := u.Port()
	if u.Host = devNotes; port != "" {
		u.Host += ":" + port
	}
	return u.String()
}

// A listener is one of the gateway's: the flag of its address, and what the screen
// says of it.
type listener struct {
	key, flag         string
	address           *string
	name, path, about string
}

func (d *system) listeners() []listener {
	return []listener{
		{config.ProxyListen, "--listen", &d.address.Proxy, "gateway", "", "in front of the application"},
		{config.ForwardAuthListen, "--forward-auth-listen", &d.address.ForwardAuth, "forward auth", "/verify", "the same for nginx, Caddy, Traefik"},
		{config.AdminListen, "--admin-listen", &d.address.Admin, "admin", "", "/readyz /metrics, and /v1 for back ends and operators"},
	}
}

// probe refuses addresses that cannot be used before anything is written, for
// another dev may be running in the same folder; and it chooses the port where
// 0 was asked for, so that the configuration names it.
func (d *system) probe() error {
	for _, l := range d.listeners() {
		s, err := server.Listen(server.Config{Name: l.key, Address: *l.address})
		if err != nil {
			return d.adviseFlag(err)
		}
		*l.address = s.Address()
		defer s.Close() // at the end, or two could get the same port
	}
	return nil
}

// openGateway is "edgeward serve" on the files of the folder.
func (d *system) openGateway(level slog.Leveler) error {
	if err := probeStore(); err != nil {
		return err
	}
	if err := prepareFolder(d.address, d.secret); err != nil {
		return err
	}
	c, err := source.Load(filepath.Join(devFolder, devConfig))
	if err != nil {
		return ui.Advised(err, "mend it, or remove "+devFolder+" to begin anew")
	}
	log, err := telemetry.NewLog(d.screen, telemetry.Pretty, level, bool(d.screen.Paint))
	if err != nil {
		return err
	}
	if d.gateway, err = serve.Open(c, log, d.version); err != nil {
		return d.adviseFlag(err)
	}
	return nil
}

// adviseFlag names the flag that changes an address that cannot be used.
func (d *system) adviseFlag(err error) error {
	listen, ok := errors.AsType[*server.ListenError](err)
	if !ok {
		return err
	}
	for _, l := range d.listeners() {
		if l.key == listen.Name {
			return ui.Advised(err, "stop that program, or choose another port: edgeward dev "+l.flag+" 127.0.0.1:0")
		}
	}
	return err
}

// complete reports whether the gateway is ready and has everybody's keys.
func (d *system) complete() bool {
	running := d.gateway.System()
	return running.Ready() == nil && len(running.Degraded()) == 0
}

// waitReady waits until the gateway has the provider's keys, and says which
// doors are open.
func (d *system) waitReady(ctx context.Context) error {
	patience := time.After(devPatience)
	for !d.complete() {
		select {
		case <-ctx.Done():
			return nil
		case <-patience:
			return errors.Join(append(d.gateway.System().Degraded(), errors.New("dev: the gateway did not get the provider's keys"), d.gateway.System().Ready())...)
		case <-time.After(5 * time.Millisecond):
		}
	}
	for _, l := range d.listeners() {
		d.screen.started(l.name, d.url(l.key)+l.path, l.about)
	}
	return nil
}

// url returns where one of the gateway's listeners is.
func (d *system) url(name string) string {
	for _, s := range d.gateway.Listeners() {
		if s.Name() == name {
			return "http://" + s.Address()
		}
	}
	return ""
}
