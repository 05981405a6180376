package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/source"
)

const defaultConfig = "edgeward.yaml"

// execute runs the command line and returns the exit code.
func execute() int {
	root := newRoot()
	root.SetArgs(idBehindFlags(os.Args[1:]))
	err := root.ExecuteContext(context.Background())
	return ui.Report(os.Stderr, ui.Painter(os.Stderr), err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "edgeward",
		Short: "Authentication at the edge",
		Long: `Edgeward answers one question in front of your application: who is making
this request, and may they? It verifies tokens locally, strictly and fast, and
tells the application who it is in X-Auth-* header fields.`,
		Example: `  edgeward dev                          a complete system on this machine, to play with
  edgeward check                        is edgeward.yaml sound?
  edgeward explain GET /api/orders/7    which file asks for what, and what follows
  edgeward serve                        run it`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Version = thisBuild().String() // --version
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return ui.Advise("see: "+cmd.CommandPath()+" --help", "%w", err)
	})
	root.AddGroup(&cobra.Group{ID: "run", Title: "Run:"}, &cobra.Group{ID: "look", Title: "Look:"}, &cobra.Group{ID: "make", Title: "Tokens and keys:"},
		&cobra.Group{ID: "take", Title: "Operate a running server:"})
	root.SetHelpCommandGroupID("look")
	root.SetCompletionCommandGroupID("look")
	root.AddCommand(newDev(), newServe(), newCheck(), newExplain(), newToken(), newKey(), newVersion(),
		newWorker(), newRoutes(),
		newAPIKey(), newSession(), newRevoke(), newBan(), newStore(), newAudit())
	return root
}

// group is a command that only holds others.
func group(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(subcommands...)
	return c
}

// noCommand refuses a word that is no subcommand, and guesses which was meant.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see: " + cmd.CommandPath() + " --help"
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, " or ") + "?"
	}
	return ui.Advise(hint, "there is no command %q", strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), "edgeward")+" "+args[0]))
}

// exactly demands arguments by their names.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		want := "takes no arguments"
		if len(names) > 0 {
			want = "needs " + strings.Join(names, " and ")
		}
		return ui.Advise("see: "+cmd.CommandPath()+" --help", "%s %s", cmd.CommandPath(), want)
	}
}

// publicID demands the public id of a credential.
func publicID(cmd *cobra.Command, args []string) error {
	if err := exactly("ID")(cmd, args); err != nil {
		return err
	}
	return public(args[0])
}

// idBehindFlags moves the id of "session revoke" to the end, behind "--", where it
// begins with "-": base64url does so once in 64 times, and it would be read as flags.
func idBehindFlags(args []string) []string {
	if len(args) < 3 || args[0] != "session" || args[1] != "revoke" || len(args[2]) != sessionID || args[2][0] != '-' {
		return args
	}
	return slices.Concat(args[:2], args[3:], []string{"--", args[2]})
}

// sessionID is the length of a session's public id in characters. No flags of one
// letter are so many.
const sessionID = 22

// withConfig adds the flag that names the configuration.
func withConfig(cmd *cobra.Command) *string {
	path := cmd.Flags().String("config", defaultConfig, "configuration `file`")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	return path
}

func withJSON(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("json", false, "print JSON, for scripts")
}

// load reads the configuration. When there is none, it says how to get one.
func load(path string) (*source.Loaded, error) {
	c, err := source.Load(path)
	if err != nil {
		return nil, unlessMissing(path, err)
	}
	return c, nil
}

// unlessMissing returns err, or what to do when there is no configuration at all.
func unlessMissing(path string, err error) error {
	if _, stat := os.Stat(path); errors.Is(stat, os.ErrNotExist) {
		hint := `name one with --config FILE, or start with "edgeward dev", which writes one to .edgeward/ to learn from`
		return ui.Advise(hint, "there is no %s", path)
	}
	return err
}
