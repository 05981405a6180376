package main

import (
	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/signals"
	"github.com/edgeward/edgeward/internal/devsystem"
	"github.com/edgeward/edgeward/internal/setup/config"
)

func newDev() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dev", GroupID: "run", Args: exactly(),
		Short: "Run a complete system on this machine, to play with",
		Long: `Start everything at once on the loopback address: an OpenID provider that signs
RS256, a sample application that shows who it thinks you are, and the gateway in
front of it, with a session, a refresh token and API keys of its own. Prints two
addresses where one sign-in opens both, curl lines that work when pasted, and one
that revokes everything.

It runs on files that it writes to .edgeward/: read and change them, changes hold
within seconds. Credentials are in .edgeward/dev.env while it runs. The key r, or
SIGUSR1, rotates the provider's signing key and makes new credentials for alice.`,
		Example: `  edgeward dev
  edgeward dev --listen 127.0.0.1:9000
  edgeward dev --origin http://127.0.0.1:8000     behind the nginx or Caddy of examples/
  . .edgeward/dev.env && curl -H "Authorization: Bearer $TOKEN" "$GATEWAY/api/hello"
  . .edgeward/dev.env && curl -b "$SESSION" "$GATEWAY/app"`,
	}
	c := devsystem.Config{Version: thisBuild().Version}
	flags := cmd.Flags()
	flags.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "`address` of the gateway; port 0 takes a free one")
	flags.StringVar(&c.Origin, "origin", "", "`URL` where browsers find it, as http://127.0.0.1:8000 behind a web server; without it, that of --listen")
	flags.StringVar(&c.AdminListen, "admin-listen", config.DefaultAdmin, "`address` of health, metrics, the control API and the console")
	flags.StringVar(&c.ForwardAuthListen, "forward-auth-listen", "127.0.0.1:8082", "`address` of forward-auth")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signals.UntilStopped(cmd.Context())
		defer stop()
		return devsystem.Run(ctx, stop, c)
	}
	return cmd
}
