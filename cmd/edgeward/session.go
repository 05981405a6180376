package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

func newSession() *cobra.Command {
	return inGroup("take", group("session", "List and end sessions", newSessionList(), newSessionRevoke()))
}

func newSessionList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Args: exactly(),
		Short: "List sessions",
		Long:  `List the sessions that are alive, by their public ids: all, or those of a subject.`,
		Example: `  edgeward session list
  edgeward session list --subject alice --json | jq -r '.[].id'`,
	}
	to, asJSON := withConnection(cmd), withJSON(cmd)
	subject := cmd.Flags().String("subject", "", "only those of this `subject`")
	issuer := cmd.Flags().String("issued-by", "", "the subject's `issuer`; without it, every one that is accepted")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *issuer != "" && *subject == "" {
			return ui.Advise("add --subject", "--issued-by says whose subject is meant")
		}
		var sessions []client.Session
		err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
			sessions, err = pages(func(p client.Page) ([]client.Session, string, error) {
				page, err := api.Sessions(ctx, *issuer, *subject, p)
				return page.Sessions, page.Next, err
			})
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return ui.JSON(cmd.OutOrStdout(), sessions)
		}
		now := time.Now()
		return ui.Columns(cmd.OutOrStdout(), "ID\tSUBJECT\tISSUER\tSIGNED IN\tSEEN\tENDS\tFROM\tWITH", func(w io.Writer) {
			for _, s := range sessions {
				from := "-"
				if s.ClientIP.IsValid() {
					from = s.ClientIP.String()
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\tin %s\t%s\t%s\n", s.ID, ui.Cell(s.Subject), ui.Cell(s.Issuer), ui.Ago(s.Created, now), ui.Ago(s.Seen, now), ui.Span(s.Expires.Sub(now)), from, ui.Cell(s.UserAgent))
			}
		})
	}
	return cmd
}

func newSessionRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke ID", Args: publicID,
		Short: "End a session",
		Long: `End a session by its public id, as "session list" and X-Auth-Session show it:
its cookie is refused from the next request on. "revoke --subject" ends all of
somebody's at once.`,
		Example: `  edgeward session revoke rCSadJz1n9eM69UGFlW7vw`,
	}
	to := withConnection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) error { return api.EndSession(ctx, args[0]) })
		if err == nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "ended session %s\n", ui.Harmless(args[0]))
		}
		return err
	}
	return cmd
}
