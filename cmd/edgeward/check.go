package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/frontlines"
	"github.com/edgeward/edgeward/internal/cli/summary"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/gateway"
)

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use: "check", GroupID: "look", Args: exactly(),
		Short: "Check the configuration",
		Long: `Read the configuration and everything it names (routes, keys, secrets) as
"serve" would, report every mistake with its place, and show what would run.
Nothing is started and nothing is fetched.

Exit status: 0 it is sound (there may be warnings), 2 it is not.`,
		Example: `  edgeward check
  edgeward check --config /etc/edgeward/edgeward.yaml --json | jq '.routes[].pattern'`,
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	front := cmd.Flags().String("front", "", "print what a web server before forward_auth copies beside its example: "+strings.Join(frontlines.Names(), ", "))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load(*path)
		if err != nil {
			return err
		}
		if _, err := gateway.Build(c.Config, gateway.Environment{}, nil); err != nil {
			return err
		}
		s := summary.Of(c)
		if *front != "" {
			f := frontlines.Of(*front)
			if f == nil {
				return ui.Advise("it is one of "+strings.Join(frontlines.Names(), ", "), "no front is called %q", *front)
			}
			fmt.Fprint(cmd.OutOrStdout(), f.Lines(s.Fields))
			return nil
		}
		if *asJSON {
			return ui.JSON(cmd.OutOrStdout(), s)
		}
		s.Print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()))
		return nil
	}
	return cmd
}
