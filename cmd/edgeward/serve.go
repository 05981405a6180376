package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/signals"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/serve"
	"github.com/edgeward/edgeward/internal/telemetry"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", GroupID: "run", Args: exactly(),
		Short: "Run the gateway",
		Long: `Run what the configuration names: the reverse proxy, the forward-auth endpoint,
or both; and the admin listener with /healthz, /readyz, /metrics, the console
under /console and the control API under /v1.

A changed file, or SIGHUP, reloads the configuration: whole or not at all, and
no request is dropped. SIGTERM and Ctrl-C let requests end first; a second one
does not wait.`,
		Example: `  edgeward serve
  edgeward serve --config /etc/edgeward/edgeward.yaml --log-format json
  kill -HUP $(pidof edgeward)`,
	}
	path := withConfig(cmd)
	logs := withLog(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load(*path)
		if err != nil {
			return err
		}
		if len(c.Doors()) == 0 {
			return ui.Advise(`add "proxy" or "forward_auth"`, "%s opens no door: neither proxy nor forward_auth is there", *path)
		}
		log, flush, err := logs.open(os.Stderr)
		if err != nil {
			return err
		}
		defer flush()
		for _, w := range c.Warnings {
			log.Warn(w)
		}
		g, err := serve.Open(c, log, thisBuild().Version)
		if err != nil {
			return err
		}
		for _, s := range g.Listeners() {
			log.Info("listening", "for", s.Name(), "address", s.Address())
		}
		ctx, stop := signals.UntilStopped(cmd.Context())
		defer stop()
		context.AfterFunc(ctx, func() { log.Info("stopping: requests in flight may end") })
		return errors.Join(g.Run(ctx), g.Close())
	}
	return cmd
}

// logFlags say how to log.
type logFlags struct{ format, level *string }

func withLog(cmd *cobra.Command) logFlags {
	f := logFlags{
		format: cmd.Flags().String("log-format", "auto", "`format` of the log: json, text, pretty, or auto (pretty on a terminal, else json)"),
		level:  cmd.Flags().String("log-level", "info", "least `level` to log: debug, info (every request), warn or error"),
	}
	for flag, values := range map[string][]string{
		"log-format": {"auto", "json", "text", "pretty"},
		"log-level":  {"debug", "info", "warn", "error"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return f
}

// open returns the log that goes to w, and what writes out its last lines.
func (f logFlags) open(w io.Writer) (log *slog.Logger, flush func(), err error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(*f.level)); err != nil {
		return nil, nil, ui.Advise("choose debug, info, warn or error", "there is no log level %q", *f.level)
	}
	p := ui.Painter(w)
	format := telemetry.Format(*f.format)
	if format == "auto" {
		format = telemetry.JSON
		if ui.IsTerminal(w) {
			format = telemetry.Pretty
		}
	}
	if format == telemetry.Pretty { // somebody is watching
		log, err = telemetry.NewLog(w, format, level, bool(p))
		return log, func() {}, err
	}
	buffer := telemetry.NewBuffer(w)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = buffer.Run(ctx)
	}()
	log, err = telemetry.NewLog(buffer, format, level, false)
	if err != nil {
		err = ui.Advise("choose json, text, pretty or auto", "there is no log format %q", *f.format)
	}
	return log, func() { cancel(); <-done }, err
}
