// Package devsystem is the complete system of "edgeward dev" on one machine: an
// OpenID provider, a sample application, and the gateway in front of it.
package devsystem

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/signals"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
	"github.com/edgeward/edgeward/internal/serve"
	"github.com/edgeward/edgeward/internal/server"
)

const (
	devAudience = "edgeward-dev"
	devSubject  = "alice"
	devClient   = "dev"
	devNotes    = "notes.localhost"
	devLifetime = time.Hour
	// devRefresh is when the token is replaced, well before it expires.
	devRefresh = devLifetime * 4 / 5
	// devPatience bounds the wait for the first key set.
	devPatience = 10 * time.Second
)

var devScopes = []string{"orders:read", "orders:write"}

// devPeople are who can sign in by a browser; edgeward.yaml says what their roles
// may do, and reads their groups.
var devPeople = []devidp.Person{
	{Subject: devSubject, Name: "Alice", Email: "alice@dev.example", Roles: []string{"editor"}, Groups: []string{"team-blue"}},
	{Subject: "bob", Name: "Bob", Email: "bob@dev.example", Roles: []string{"reader"}, Groups: []string{"team-red"}},
	{Subject: "carol", Name: "Carol", Email: "carol@dev.example", Roles: []string{"operator"}, Groups: []string{"admins"}},
}

// Config says where the system is.
type Config struct {
	Listen, AdminListen, ForwardAuthListen string // host:port; port 0 takes a free one
	Origin                                 string // where browsers find the gateway; "" is where it listens
	Version                                string // of this program
}

// Run runs the system until ctx is done. quit ends it from the keyboard.
func Run(ctx context.Context, quit func(), c Config) error {
	d := &system{
		version: c.Version, screen: &screen{Paint: ui.Painter(os.Stdout), out: os.Stdout},
		address: addresses{Proxy: c.Listen, Admin: c.AdminListen, ForwardAuth: c.ForwardAuthListen, Origin: c.Origin},
	}
	keys := openKeyboard(os.Stdin)
	defer keys.close()
	if keys != nil {
		d.screen.out = rawLines{os.Stdout}
	}
	return d.run(ctx, quit, keys)
}

// A system is all that "edgeward dev" runs.
type system struct {
	version  string
	screen   *screen
	address  addresses
	secret   edgeward.Secret // of the provider's client
	provider *devidp.Provider
	parts    []*server.Server // the provider and the application
	gateway  *serve.Process
	own      ownCredentials
	rotate   chan struct{}
}

// run starts the parts in the order in which they need each other, serves
// until ctx is done, and stops them in the reverse order.
func (d *system) run(ctx context.Context, quit func(), keys *keyboard) (err error) {
	begun := time.Now()
	d.rotate = make(chan struct{}, 1)
	keys.listen(ctx, d.askRotation, quit)
	d.screen.welcome()
	stopParts, err := d.openParts(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopParts()) }()

	level := new(slog.LevelVar)
	level.Set(slog.LevelWarn) // the screen tells how the start goes
	if err := d.openGateway(level); err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return d.gateway.Run(ctx) })
	all.Go(func() error { return signals.OnUser1(ctx, d.askRotation) })
	all.Go(func() error {
		if err := d.waitReady(ctx); err != nil {
			return err
		}
		d.screen.ready(time.Since(begun))
		return d.serveCredentials(ctx, func() {
			d.screen.keys(keys != nil)
			level.Set(slog.LevelInfo)
		})
	})
	err = errors.Join(all.Wait(), d.own.end(d), d.gateway.Close(), forgetCredentials())
	d.screen.note("stopped")
	return err
}
