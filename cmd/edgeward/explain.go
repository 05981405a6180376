package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/explain"
	"github.com/edgeward/edgeward/internal/cli/ui"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use: "explain METHOD URL", GroupID: "look", Args: exactly("METHOD", "URL"),
		Short: "Say how a request would be decided, and which file says so",
		Long: `Show the chain of files that hold for a request, what each of them states, what
results, and how the request would be decided. The host of the URL chooses the routes,
as that of a request does; a path alone asks those of every host that hosts does not
list.

Without --header the request carries no credential. With a bearer token in --header
the token is verified: keys are fetched from the issuer if need be, and the exit
status is 1 when the request would be refused. API keys, sessions and revocations are
in the store, which only the running server reads: about those its log has the answer.

--group, --email and the like imagine a user, as an issuer would name it, and show
which alternative of allow holds, or which came nearest and what is missing in it.
--from is the client's address, for networks.`,
		Example: `  edgeward explain GET /api/orders/7
  edgeward explain GET https://grafana.example.com/api/health
  edgeward explain --json DELETE https://shop.example/api/orders/7 | jq .effective
  edgeward explain GET /api/orders/7 -H "Authorization: Bearer $TOKEN"
  edgeward explain GET /payroll --group hr --email ada@example.com --from 192.0.2.7`,
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	header := cmd.Flags().StringArrayP("header", "H", nil, "header field of the request, as `'Name: value'`; repeat for several")
	asked := explain.Flags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		who, err := asked()
		if err != nil {
			return err
		}
		fields, err := parseFields(*header)
		if err != nil {
			return err
		}
		if who.Fields = fields; len(fields) > 0 && who.User != nil {
			return ui.Advise("leave out --header, or what imagines a user", "a request with a credential is decided by that, and not by an imagined user")
		}
		if strings.HasPrefix(args[0], "/") {
			return ui.Advise("for example: edgeward explain GET "+ui.Harmless(args[0]), "the method comes before the path")
		}
		if !strings.HasPrefix(args[1], "/") && !strings.Contains(args[1], "://") {
			return ui.Advise("for example: edgeward explain "+ui.Harmless(args[0]+" https://"+args[1]), "a URL begins with https:// or http://, and a path with a slash")
		}
		c, err := load(*path)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), fetchTime)
		defer cancel()
		e, err := explain.Decide(ctx, c, args[0], args[1], who)
		if err != nil {
			return err
		}
		if *asJSON {
			err = ui.JSON(cmd.OutOrStdout(), e)
		} else {
			e.Print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()))
		}
		if err == nil && (len(fields) > 0 || who.User != nil) && e.Decision != nil && !e.Decision.Allow {
			err = ui.ErrRefused
		}
		return err
	}
	return cmd
}

// parseFields reads header fields as curl's -H writes them.
func parseFields(lines []string) (edgeward.Header, error) {
	h := edgeward.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if !found || strings.TrimSpace(name) == "" {
			return nil, ui.Advise(`like this: -H 'Authorization: Bearer …'`, "a header field needs a name and a colon")
		}
		h.Add(http.CanonicalHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value))
	}
	return h, nil
}
