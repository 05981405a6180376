package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/inspect"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/revocation"
)

// revocable are the flags of "revoke", each with its scope.
var revocable = []struct {
	flag    string
	scope   revocation.Scope
	meaning string
}{
	{"subject", revocation.Subject, "everything that this `subject` was issued until now, by every issuer: sessions, refresh tokens, access tokens, API keys"},
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
		Short: "Revoke any credential, from the next request on",
		Long: `Revoke one credential, or all that a user holds, also those that another issuer
made: they are refused from the next request on, whatever was cached. With several
nodes, on the others within their lag. A revocation cannot be lifted.

--subject reaches the user at every issuer: sessions of every login provider and
issuer, refresh tokens, our own access tokens, API keys, and bearer tokens of every
configured issuer. --issued-by keeps it to one issuer. Of --token and --key it says
the issuer; without it, our own. A token given itself says it.

What names nothing that is known here is not revoked, and that is exit status 1: an
unknown subject or id, an issuer that is not configured, a kid that is not in the
issuer's key set. --force revokes it nevertheless.`,
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
	issuer := cmd.Flags().String("issued-by", "", "`issuer` of the subject, token or key; without it, every issuer of the subject, else Edgeward's own")
	reason := cmd.Flags().String("reason", "", "`text` for the list and the audit log")
	force := cmd.Flags().Bool("force", false, "revoke although nothing of that name is known here")
	cmd.MarkFlagsMutuallyExclusive(names...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		wanted, err := whatToRevoke(cmd)
		if err != nil {
			return err
		}
		if err := wanted.issuedBy(*issuer); err != nil {
			return err
		}
		wanted.Reason, wanted.Force = *reason, *force
		var done any
		var text string
		var nothing bool
		err = to.ask(cmd.Context(), func(ctx context.Context, api *client.Client) (err error) {
			done, text, err = wanted.send(ctx, api)
			nothing = namesNothing(err)
			return err
		})
		if nothing {
			return ui.Advised(err, nothingRevoked)
		}
		if err != nil {
			return err
		}
		if *asJSON {
			return ui.JSON(cmd.OutOrStdout(), done)
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
		return err
	}
	return cmd
}

// nothingRevoked says what to do when nothing of that name is known.
const nothingRevoked = "\"issuer\" is --issued-by here, and \"force\" is --force"

func namesNothing(err error) bool {
	problem, ok := errors.AsType[*client.Problem](err)
	return ok && problem.Status == http.StatusNotFound
}

// public refuses a credential where its public id is meant: it names nothing,
// so nothing would be revoked, and it would be written into the store and the
// audit log.
func public(id string) error {
	if kind := inspect.Opaque(id); kind != "" {
		return ui.Advise(`"apikey list" and "session list" show ids; a refresh token's is the sid of its access tokens`, "this is %s itself, not its public id", kind)
	}
	return nil
}

// A revokeRequest is what to revoke.
type revokeRequest struct{ client.Revocation }

func whatToRevoke(cmd *cobra.Command) (*revokeRequest, error) {
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
			return nil, ui.Advise("see: edgeward revoke --help", "--%s names nothing", r.flag)
		}
		return &revokeRequest{client.Revocation{Scope: r.scope, Value: value}}, nil
	}
	return nil, ui.Advise("for example: edgeward revoke --subject alice; see: edgeward revoke --help", "nothing is named that is to be revoked")
}

// maxSkew is how far clocks may differ by the configuration, and some more: a
// token that expired longer ago is accepted nowhere.
const maxSkew = 5 * time.Minute

// tokenToRevoke reads a token's jti and issuer, believing them: the worst that
// a forged token revokes is one that whoever asks may revoke anyhow.
func tokenToRevoke(cmd *cobra.Command, value string) (*revokeRequest, error) {
	text, err := readToken(cmd, []string{value})
	if err != nil {
		return nil, err
	}
	if err := public(text); err != nil { // from stdin
		return nil, err
	}
	if strings.Count(text, ".") != 2 {
		return &revokeRequest{client.Revocation{Scope: revocation.Token, Value: text}}, nil
	}
	u, err := jwt.Parse(text)
	if err != nil {
		return nil, ui.Advise("give its jti instead, with --issued-by", "the token cannot be read: %w", err)
	}
	if !u.Claims.Expires.IsZero() && time.Since(u.Claims.Expires) > maxSkew {
		return nil, ui.Advise("nothing has to be revoked: it is refused everywhere", "the token expired at %s", instant(u.Claims.Expires))
	}
	if u.Claims.TokenID == "" {
		return nil, ui.Advise("revoke its subject instead: --subject … --issued-by …", "the token has no jti, and cannot be revoked by itself")
	}
	return &revokeRequest{client.Revocation{Scope: revocation.Token, Issuer: u.Claims.Issuer, Value: u.Claims.TokenID}}, nil
}

// issuedBy sets the issuer where there can be one.
func (t *revokeRequest) issuedBy(issuer string) error {
	if issuer == "" {
		return nil
	}
	switch t.Scope {
	case revocation.Subject, revocation.Token, revocation.Key:
		t.Issuer = issuer
		return nil
	}
	return ui.Advise("leave it out", "--issued-by goes with --subject, --token and --key")
}

// send revokes, and returns the answer and how it reads.
func (t *revokeRequest) send(ctx context.Context, api *client.Client) (done any, text string, err error) {
	if t.Scope == revocation.Subject {
		out, err := api.LogoutEverywhere(ctx, client.Logout{Issuer: t.Issuer, Subject: t.Value, Reason: t.Reason, Force: t.Force})
		return out, describeLogout(&out), err
	}
	out, err := api.Revoke(ctx, t.Revocation)
	return out, describeRevocation(&out), err
}

// describeLogout says what has ended, and at whose.
func describeLogout(out *client.LoggedOut) string {
	var b strings.Builder
	fmt.Fprintf(&b, "revoked subject %s: %s ended", ui.Harmless(out.Subject), countEnded(out.Ended))
	for i := range out.Revocations {
		r := &out.Revocations[i]
		name := ""
		if r.Value != out.Subject {
			name = " as " + ui.Harmless(r.Value)
		}
		fmt.Fprintf(&b, "\n  what %s issued%s until %s is refused", ui.Harmless(r.Issuer), name, instant(r.NotBefore))
	}
	if out.Scope == revocation.Logout {
		b.WriteString("\n  API keys with an administrative scope and sign-ins at the console live on: only an administrator ends them so")
	}
	return b.String()
}

func countEnded(e client.Ended) string {
	var all []string
	for _, one := range []struct {
		n         int
		one, many string
	}{
		{e.Sessions, "session", "sessions"}, {e.Families, "refresh family", "refresh families"},
		{e.APIKeys, "API key", "API keys"}, {e.Consoles, "sign-in at the console", "sign-ins at the console"},
	} {
		switch {
		case one.n == 1:
			all = append(all, "1 "+one.one)
		case one.n > 1:
			all = append(all, fmt.Sprintf("%d %s", one.n, one.many))
		}
	}
	if len(all) == 0 {
		return "no session, refresh family or API key"
	}
	return strings.Join(all, ", ")
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func describeRevocation(r *client.Revocation) string {
	text := "revoked " + strings.ReplaceAll(string(r.Scope), "_", " ") + " " + ui.Harmless(r.Value)
	if r.Issuer != "" {
		text += " of " + ui.Harmless(r.Issuer)
	}
	if !r.NotBefore.IsZero() {
		text += ": what was issued until " + instant(r.NotBefore) + " is refused"
	}
	return text
}
