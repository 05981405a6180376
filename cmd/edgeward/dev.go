package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
	"github.com/edgeward/edgeward/internal/server"
)

const (
	devAudience = "edgeward-dev"
	devSubject  = "alice"
	devClient   = "dev"
	devLifetime = time.Hour
	// devRefresh is when the token is replaced, well before it expires.
	devRefresh = devLifetime * 4 / 5
	// devPatience bounds the wait for the first key set.
	devPatience = 10 * time.Second
)

var devScopes = []string{"orders:read", "orders:write"}

// devPeople are who can sign in by a browser; edgeward.yaml says what their roles
// may do.
var devPeople = []devidp.Person{
	{Subject: devSubject, Name: "Alice", Email: "alice@dev.example", Roles: []string{"editor"}},
	{Subject: "bob", Name: "Bob", Email: "bob@dev.example", Roles: []string{"reader"}},
	{Subject: "carol", Name: "Carol", Email: "carol@dev.example", Roles: []string{"operator"}},
}

func newDev() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dev", GroupID: "run", Args: exactly(),
		Short: "Run a complete system on this machine, to play with",
		Long: `Start everything at once on the loopback address: an OpenID provider that signs
RS256, a sample application that shows who it thinks you are, and the gateway in
front of it, with a session, a refresh token and API keys of its own. Prints an
address where a browser signs in, curl lines that work when pasted, and one that
revokes everything.

It runs on files that it writes to .edgeward/: read and change them, changes hold
within seconds. Credentials are in .edgeward/dev.env while it runs. The key r, or
SIGUSR1, rotates the provider's signing key and makes new credentials for alice.`,
		Example: `  edgeward dev
  edgeward dev --listen 127.0.0.1:9000
  edgeward dev --origin http://127.0.0.1:8000     behind the nginx or Caddy of examples/
  . .edgeward/dev.env && curl -H "Authorization: Bearer $TOKEN" "$GATEWAY/api/hello"
  . .edgeward/dev.env && curl -b "$SESSION" "$GATEWAY/app"`,
	}
	d := &dev{screen: &screen{}}
	flags := cmd.Flags()
	flags.StringVar(&d.address.Proxy, "listen", "127.0.0.1:8080", "`address` of the gateway; port 0 takes a free one")
	flags.StringVar(&d.address.Origin, "origin", "", "`URL` where browsers find it, as http://127.0.0.1:8000 behind a web server; without it, that of --listen")
	flags.StringVar(&d.address.Admin, "admin-listen", "127.0.0.1:8081", "`address` of health, metrics, the control API and the console")
	flags.StringVar(&d.address.ForwardAuth, "forward-auth-listen", "127.0.0.1:8082", "`address` of forward-auth")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, stop := untilStopped(cmd.Context())
		defer stop()
		d.screen.paint, d.screen.out = painter(os.Stdout), os.Stdout
		keys := openKeyboard(os.Stdin)
		defer keys.close()
		if keys != nil {
			d.screen.out = rawLines{os.Stdout}
		}
		return d.run(ctx, stop, keys)
	}
	return cmd
}

// dev is the whole system of "edgeward dev".
type dev struct {
	screen   *screen
	address  devAddresses
	secret   edgeward.Secret // of the provider's client
	provider *devidp.Provider
	parts    []*server.Server // the provider and the application
	gateway  *process
	own      ownCredentials
	rotate   chan struct{}
}

// run starts the parts in the order in which they need each other, serves
// until ctx is done, and stops them in the reverse order.
func (d *dev) run(ctx context.Context, quit func(), keys *keyboard) (err error) {
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
	all.Go(func() error { return d.gateway.run(ctx) })
	all.Go(func() error { return onRotate(ctx, d.askRotation) })
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
	err = errors.Join(all.Wait(), d.own.end(d), d.gateway.live.Close(), forgetCredentials())
	d.screen.note("stopped")
	return err
}
