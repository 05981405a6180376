package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/control"
	"github.com/edgeward/edgeward/internal/control/client"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/revocation"
)

// revocable are the flags of "revoke", each with its scope.
var revocable = []struct {
	flag    string
	scope   revocation.Scope
	meaning string
}{
	{"subject", revocation.Subject, "whatever this `subject` was issued until now: sessions, refresh tokens, access tokens, API keys"},
	{"session", revocation.Session, "the session with this public `id`"},
	{"token", revocation.Token, "the access `token`, itself or by its jti; - reads it from stdin"},
	{"issuer", revocation.Issuer, "whatever this `issuer` issued until now"},
	{"key", revocation.Key, "whatever the key with this `kid` signed, whenever"},
	{"family", revocation.Family, "the refresh family with this public `id` (sid), and its access tokens"},
	{"api-key", revocation.APIKey, "the API key with this public `id`"},
}

func newRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke", GroupID: "take", Args: exactly(),
		Short: "Take back any credential, from the next request on",
		Long: `Take back one credential, or all that somebody has, also those that another
issuer made: they are refused from the next request on, whatever was cached. With
several nodes, on the others within their lag. There is no way back.

--issued-by says whose subject, token or key is meant; without it, our own. A
token given itself says it.`,
		Example: `  edgeward revoke --subject alice --reason "laptop stolen"
  edgeward revoke --subject alice --issued-by https://login.example.com
  pbpaste | edgeward revoke --token -
  edgeward revoke --key 2026-01 --issued-by https://login.example.com`,
	}
	to, asJSON := withConnection(cmd), withJSON(cmd)
	names := make([]string, len(revocable))
	for i, r := range revocable {
		names[i] = r.flag
		cmd.Flags().String(r.flag, "", r.meaning)
	}
	issuer := cmd.Flags().String("issued-by", "", "`issuer` of the subject, token or key; without it, our own")
	reason := cmd.Flags().String("reason", "", "`text` for people who read the list or the audit log")
	cmd.MarkFlagsOneRequired(names...)
	cmd.MarkFlagsMutuallyExclusive(names...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		wanted, err := whatToRevoke(cmd)
		if err != nil {
			return err
		}
		if err := wanted.issuedBy(*issuer); err != nil {
			return err
		}
		wanted.Reason = *reason
		var done control.Revocation
		err = to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
			done, err = wanted.send(ctx, api)
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), done)
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), describeRevocation(&done))
		return err
	}
	return cmd
}

// public refuses a credential where its public id is meant: it names nothing,
// so nothing would be revoked, and it would be written into the store and the
// audit log.
func public(id string) error {
	if kind := opaque(id); kind != "" {
		return advise(`"apikey list" and "session list" show ids; a refresh token's is the sid of its access tokens`, "this is %s itself, not its public id", kind)
	}
	return nil
}

// A taking is what to take back.
type taking struct{ control.Revocation }

func whatToRevoke(cmd *cobra.Command) (*taking, error) {
	for _, r := range revocable {
		if !cmd.Flags().Changed(r.flag) {
			continue
		}
		value, _ := cmd.Flags().GetString(r.flag) // it is a string
		if err := public(value); err != nil {
			return nil, err
		}
		if r.scope == revocation.Token {
			return tokenToRevoke(cmd, value)
		}
		if value == "" {
			return nil, advise("see: edgeward revoke --help", "--%s names nothing", r.flag)
		}
		return &taking{control.Revocation{Scope: r.scope, Value: value}}, nil
	}
	return nil, advise("see: edgeward revoke --help", "nothing is named") // cobra has refused that
}

// tokenToRevoke reads a token's jti and issuer, believing them: the worst that
// a forged token revokes is one that whoever asks may revoke anyhow.
func tokenToRevoke(cmd *cobra.Command, value string) (*taking, error) {
	text, err := readToken(cmd, []string{value})
	if err != nil {
		return nil, err
	}
	if err := public(text); err != nil { // from stdin
		return nil, err
	}
	if strings.Count(text, ".") != 2 {
		return &taking{control.Revocation{Scope: revocation.Token, Value: text}}, nil
	}
	u, err := jwt.Parse(text)
	if err != nil {
		return nil, advise("give its jti instead, with --issued-by", "the token cannot be read: %s", strings.TrimPrefix(err.Error(), "jwt: "))
	}
	if u.Claims.TokenID == "" {
		return nil, advise("revoke its subject instead: --subject … --issued-by …", "the token has no jti, and cannot be revoked by itself")
	}
	return &taking{control.Revocation{Scope: revocation.Token, Issuer: u.Claims.Issuer, Value: u.Claims.TokenID}}, nil
}

// issuedBy sets the issuer where there can be one.
func (t *taking) issuedBy(issuer string) error {
	if issuer == "" {
		return nil
	}
	switch t.Scope {
	case revocation.Subject, revocation.Token, revocation.Key:
		t.Issuer = issuer
		return nil
	}
	return advise("leave it out", "--issued-by goes with --subject, --token and --key")
}

func (t *taking) send(ctx context.Context, api *client.Client) (control.Revocation, error) {
	if t.Scope == revocation.Subject {
		return api.LogoutEverywhere(ctx, control.Logout{Issuer: t.Issuer, Subject: t.Value, Reason: t.Reason})
	}
	return api.Revoke(ctx, t.Revocation)
}

func describeRevocation(r *control.Revocation) string {
	if r.Scope == revocation.Logout {
		return "logged out " + harmless(r.Value) + " of " + harmless(r.Issuer) + "; API keys with power over edgeward live on: only an administrator ends them so"
	}
	text := "revoked " + strings.ReplaceAll(string(r.Scope), "_", " ") + " " + harmless(r.Value)
	if r.Issuer != "" {
		text += " of " + harmless(r.Issuer)
	}
	if !r.NotBefore.IsZero() {
		text += ": what was issued until " + r.NotBefore.UTC().Format("2006-01-02 15:04:05 UTC") + " is refused"
	}
	return text
}
