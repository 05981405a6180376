package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

func newAPIKey() *cobra.Command {
	return inGroup("take", group("apikey", "Make, list, rotate and revoke API keys",
		newAPIKeyCreate(), newAPIKeyList(), newAPIKeyRotate(), newAPIKeyRevoke()))
}

// grantFlags say what an API key is to be.
type grantFlags struct {
	subject, name    string
	scopes, networks []string
	ttl              time.Duration
}

func newAPIKeyCreate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "create", Args: exactly(),
		Short: "Make an API key",
		Long: `Make an API key and print it on stdout, this once: the store keeps a hash, and the
key cannot be shown again. Its id, scopes, networks and end go to stderr.

With --offline the command opens the store itself, and no server may run on it:
this is how the first key is made.`,
		Example: `  export EDGEWARD_ADMIN_KEY=$(edgeward apikey create --offline --scope admin)
  edgeward apikey create --subject billing --scope orders:read --scope orders:write
  edgeward apikey create --subject ci --scope deploy --network 192.0.2.0/24 --ttl 720h --json`,
	}
	to, asJSON := withConnection(cmd), withJSON(cmd)
	offline := withOffline(cmd)
	f := withGrant(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		wanted, err := f.grant(time.Now())
		if err != nil {
			return err
		}
		var made client.CreatedAPIKey
		if *offline {
			made, err = createOffline(cmd.Context(), *to.config, wanted)
		} else {
			err = to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
				made, err = api.CreateAPIKey(ctx, wanted)
				return err
			})
		}
		if err != nil {
			return err
		}
		return showMade(cmd, made, *asJSON)
	}
	return cmd
}

func withGrant(cmd *cobra.Command) *grantFlags {
	f, flags := new(grantFlags), cmd.Flags()
	flags.StringVar(&f.subject, "subject", "operator", "whose it is: the `name` that upstreams see")
	flags.StringVar(&f.name, "name", "", "`text` to recognise it by")
	flags.StringSliceVar(&f.scopes, "scope", nil, "a `permission`; \"admin\" may do everything here; repeat for several")
	flags.StringSliceVar(&f.networks, "network", nil, "`CIDR` that it may be used from; repeat for several; none: from anywhere")
	flags.DurationVar(&f.ttl, "ttl", 0, "how long it is valid; 0: until it is revoked")
	return f
}

func (f *grantFlags) grant(now time.Time) (client.NewAPIKey, error) {
	k := client.NewAPIKey{Subject: f.subject, Name: f.name, Permissions: f.scopes}
	for _, text := range f.networks {
		network, err := netip.ParsePrefix(text)
		if err != nil || network != network.Masked() {
			return k, ui.Advise("for example: --network 192.0.2.0/24", "%q is no network", text)
		}
		k.Networks = append(k.Networks, network)
	}
	switch {
	case f.ttl < 0:
		return k, ui.Advise("for example: --ttl 720h", "--ttl must be more than nothing")
	case f.ttl > 0:
		k.Expires = now.Add(f.ttl).UTC()
	}
	return k, nil
}

// showMade prints a key: the secret on stdout, the rest on stderr.
func showMade(cmd *cobra.Command, made client.CreatedAPIKey, asJSON bool) error {
	if asJSON {
		return ui.JSON(cmd.OutOrStdout(), made)
	}
	k := made.APIKey
	fmt.Fprintf(cmd.ErrOrStderr(), "API key %s of %s, shown this once; scopes: %s; from: %s; expires: %s\n",
		k.ID, ui.Harmless(k.Subject), ui.OrNone(k.Permissions), origins(k.Networks), ui.Expiry(k.Expires))
	_, err := fmt.Fprintln(cmd.OutOrStdout(), made.Secret.Reveal())
	return err
}

// origins says from where a key may be used.
func origins(networks []netip.Prefix) string {
	if len(networks) == 0 {
		return "anywhere"
	}
	all := make([]string, len(networks))
	for i, network := range networks {
		all[i] = network.String()
	}
	return strings.Join(all, " ")
}

func newAPIKeyList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Args: exactly(),
		Short: "List API keys",
		Long: `List API keys, and the personal tokens that users made: whose they are, what they permit, when they were last used (to
within some minutes). Revoked and expired ones too. Never the keys themselves.`,
		Example: `  edgeward apikey list
  edgeward apikey list --json | jq -r '.[] | select(.used == null) | .id'`,
	}
	to, asJSON := withConnection(cmd), withJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var keys []client.APIKey
		err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
			keys, err = pages(func(p client.Page) ([]client.APIKey, string, error) {
				page, err := api.APIKeys(ctx, p)
				return page.APIKeys, page.Next, err
			})
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return ui.JSON(cmd.OutOrStdout(), keys)
		}
		now := time.Now()
		return ui.Columns(cmd.OutOrStdout(), "ID\tSUBJECT\tNAME\tSCOPES\tFROM\tSTATE\tUSED", func(w io.Writer) {
			for _, k := range keys {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, ui.Cell(ownerOf(&k)), ui.Cell(k.Name), ui.Cell(strings.Join(k.Permissions, " ")), origins(k.Networks), keyState(&k, now), ui.Ago(k.Used, now))
			}
		})
	}
	return cmd
}

// ownerOf names whose a key is: of a personal token a user at a provider.
func ownerOf(k *client.APIKey) string {
	if k.Issuer == "" {
		return k.Subject
	}
	return k.Subject + " (user at " + k.Issuer + ")"
}

func keyState(k *client.APIKey, now time.Time) string {
	switch {
	case !k.Revoked.IsZero():
		return "revoked " + ui.Ago(k.Revoked, now)
	case !k.Expires.IsZero() && !k.Expires.After(now):
		return "expired " + ui.Ago(k.Expires, now)
	case k.OldUntil.After(now):
		return "active, old secret for " + ui.Span(k.OldUntil.Sub(now))
	case !k.Expires.IsZero():
		return "active for " + ui.Span(k.Expires.Sub(now))
	default:
		return "active"
	}
}

func newAPIKeyRotate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate ID", Args: publicID,
		Short: "Give an API key a new secret",
		Long: `Give an API key a new secret and print it on stdout, this once. The old one
works until --keep-old is over, so that a fleet can change over; with 0s it ends
at once, as after a leak.`,
		Example: `  edgeward apikey rotate g3s4ay3eqtuvzxiy --keep-old 24h
  edgeward apikey rotate g3s4ay3eqtuvzxiy --keep-old 0s`,
	}
	to, asJSON := withConnection(cmd), withJSON(cmd)
	keep := cmd.Flags().Duration("keep-old", 24*time.Hour, "how long the old secret works beside the new one")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *keep < 0 {
			return ui.Advise("for example: --keep-old 24h", "--keep-old cannot be negative")
		}
		var made client.CreatedAPIKey
		err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
			made, err = api.RotateAPIKey(ctx, args[0], client.Rotation{KeepOldSeconds: int64(*keep / time.Second)})
			return err
		})
		if err != nil {
			return err
		}
		return showMade(cmd, made, *asJSON)
	}
	return cmd
}

func newAPIKeyRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke {ID | --personal-of SUBJECT}",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("personal-of") {
				return exactly()(cmd, args)
			}
			return publicID(cmd, args)
		},
		Short: "End an API key, or a user's personal tokens, for good",
		Long: `End an API key or a personal token for good: it is refused from the next request
on. With several nodes, on the others within their lag. With --personal-of all
personal tokens of a user end; sessions and sign-ins stay (see edgeward revoke).`,
		Example: `  edgeward apikey revoke g3s4ay3eqtuvzxiy
  edgeward apikey revoke --personal-of 248289761001 --issuer https://id.example.com`,
	}
	to := withConnection(cmd)
	var of client.EndPersonalTokens
	cmd.Flags().StringVar(&of.Subject, "personal-of", "", "end all personal tokens of this user: the `subject` at the provider")
	cmd.Flags().StringVar(&of.Issuer, "issuer", "", "the `issuer` of the user's provider; none: every provider")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if of.Subject != "" {
			return endPersonal(cmd, to, of)
		}
		err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) error { return api.RevokeAPIKey(ctx, args[0]) })
		if err == nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "revoked API key %s\n", ui.Harmless(args[0]))
		}
		return err
	}
	return cmd
}

func endPersonal(cmd *cobra.Command, to connection, of client.EndPersonalTokens) error {
	var done client.EndedPersonalTokens
	err := to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
		done, err = api.EndPersonalTokens(ctx, of)
		return err
	})
	if err == nil {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "ended %d personal tokens of %s\n", done.Ended, ui.Harmless(done.Subject))
	}
	return err
}

// grantOf is what the control API would make of k.
func grantOf(k client.NewAPIKey) apikey.Grant {
	return apikey.Grant{Subject: k.Subject, Name: k.Name, Permissions: k.Permissions, Networks: k.Networks, Expires: k.Expires}
}
