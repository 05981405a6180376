package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/inspect"
	"github.com/edgeward/edgeward/internal/cli/ui"
)

func newTokenInspect() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect TOKEN|-",
		Short: "Decode a token without verifying it",
		Long: `Decode a token and show what it says. Nothing is verified: the claims may be
forged. Warns about what is weak or what Edgeward would refuse.

Exit status: 0 it has the form of a token, 1 it has not.`,
		Example: `  edgeward token inspect "$TOKEN"
  pbpaste | edgeward token inspect -
  edgeward token inspect --json "$TOKEN" | jq .claims.exp`,
	}
	asJSON := withJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		token, err := readToken(cmd, args)
		if err != nil {
			return err
		}
		now := time.Now()
		i := inspect.Decode(token, now)
		if *asJSON {
			err = ui.JSON(cmd.OutOrStdout(), i)
		} else {
			i.Print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()), now)
		}
		if err == nil && i.Header == nil {
			err = ui.ErrRefused
		}
		return err
	}
	return cmd
}
