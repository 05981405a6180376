package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

func newBan() *cobra.Command {
	return inGroup("take", group("ban", "List and lift bans of networks with too many failed attempts", newBanList(), newBanClear()))
}

func newBanList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Args: exactly(),
		Short: "List networks with too many failed attempts",
		Long: `List the networks that guessed too often and get 429 until their time is over:
an IPv4 address, or 64 bits of IPv6.`,
		Example: `  edgeward ban list
  edgeward ban list --json | jq -r '.[].source'`,
	}
	to, asJSON := withConnection(cmd), withJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var bans []client.Ban
		err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
			bans, err = pages(func(p client.Page) ([]client.Ban, string, error) {
				page, err := api.Bans(ctx, p)
				return page.Bans, page.Next, err
			})
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return ui.JSON(cmd.OutOrStdout(), bans)
		}
		now := time.Now()
		return ui.Columns(cmd.OutOrStdout(), "SOURCE\tUNTIL", func(w io.Writer) {
			for _, b := range bans {
				fmt.Fprintf(w, "%s\t%s\n", b.Source, ui.Clock(b.Until, now))
			}
		})
	}
	return cmd
}

func newBanClear() *cobra.Command {
	cmd := &cobra.Command{
		Use: "clear ADDRESS", Args: exactly("ADDRESS"),
		Short: "Let a network try again",
		Long:  `Let the network of an address try again at once. Any address of it will do.`,
		Example: `  edgeward ban clear 192.0.2.7
  edgeward ban clear 2001:db8::/64`,
	}
	to := withConnection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		address, err := netip.ParseAddr(args[0])
		if source, bad := netip.ParsePrefix(args[0]); bad == nil {
			address, err = source.Addr(), nil
		}
		if err != nil {
			return ui.Advise("for example: edgeward ban clear 192.0.2.7", "%q is no address", ui.Harmless(args[0]))
		}
		err = to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) error { return api.ClearBan(ctx, address.String()) })
		if err == nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s may try again\n", address)
		}
		return err
	}
	return cmd
}
