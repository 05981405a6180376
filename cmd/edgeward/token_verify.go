package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// fetchTime bounds how long a command waits for an issuer's keys.
const fetchTime = 20 * time.Second

func newTokenVerify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify TOKEN|-",
		Short: "Verify a token as the gateway would",
		Long: `Verify a token against the issuers in the configuration, our own included, as the
gateway would: form, algorithm, issuer, signature, times, audience and type. Keys
are fetched from the issuer if need be. Whether it was revoked only the running
server knows. Prints who the token proves, or why it is refused.

Exit status: 0 it is valid, 1 it is refused, 2 it could not be verified.`,
		Example: `  edgeward token verify "$TOKEN"
  pbpaste | edgeward token verify -
  edgeward token verify --config .edgeward/edgeward.yaml --json "$TOKEN" | jq .subject`,
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		token, err := readToken(cmd, args)
		if err != nil {
			return err
		}
		c, err := load(*path)
		if err != nil {
			return err
		}
		v, err := verifyToken(cmd.Context(), c, token)
		if err != nil {
			return err
		}
		if *asJSON {
			err = ui.JSON(cmd.OutOrStdout(), v)
		} else {
			v.print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()))
		}
		if err == nil && !v.Valid {
			err = ui.ErrRefused
		}
		return err
	}
	return cmd
}

// A verdict is what verifying a token said.
type verdict struct {
	Valid       bool            `json:"valid"`
	Subject     string          `json:"subject,omitempty"`
	Issuer      string          `json:"issuer,omitempty"`
	Permissions []string        `json:"permissions,omitempty"`
	Username    string          `json:"username,omitempty"`
	Email       string          `json:"email,omitempty"`
	Groups      []string        `json:"groups,omitempty"`
	Expires     *time.Time      `json:"expires,omitempty"`
	Claims      json.RawMessage `json:"claims,omitempty"`

	Reason      string `json:"reason,omitempty"`
	Explanation string `json:"explanation,omitempty"`
	Detail      string `json:"detail,omitempty"`
}

// verifyToken asks the issuers of c. An error means that nothing could be told.
func verifyToken(ctx context.Context, c *source.Loaded, token string) (*verdict, error) {
	system, err := gateway.Build(c.Config, gateway.Environment{}, nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	id, err := system.Verifier.Verify(ctx, nil, edgeward.Credential{Value: edgeward.NewSecret(token)})
	if err == nil {
		return &verdict{
			Valid: true, Subject: id.Subject, Issuer: id.Issuer, Permissions: id.Permissions,
			Username: id.Profile.Username, Email: id.Profile.Email, Groups: id.Profile.Groups,
			Expires: &id.Expires, Claims: json.RawMessage(id.Claims),
		}, nil
	}
	reason := edgeward.ReasonOf(err)
	if reason.Status() >= 500 {
		return nil, ui.Advised(fmt.Errorf("unavailable: %w", err), "the token may be valid or not; make sure that the issuer can be reached from here")
	}
	return &verdict{Reason: reason.Error(), Explanation: reason.Explanation(), Detail: problem.Detail(err)}, nil
}

func (v *verdict) print(w io.Writer, p ui.Paint) {
	if !v.Valid {
		fmt.Fprintf(w, "%s %s: %s\n  %s\n", p.Red("✗ refused"), p.Bold(v.Reason), v.Explanation, p.Dim(ui.Harmless(v.Detail)))
		return
	}
	fmt.Fprintln(w, p.Green("✓ valid"))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %s %s\n", p.Dim(fmt.Sprintf("%-12s", name)), ui.Harmless(value))
		}
	}
	row("subject", v.Subject)
	row("issuer", v.Issuer)
	row("permissions", strings.Join(v.Permissions, " "))
	row("username", v.Username)
	row("email", v.Email)
	row("groups", strings.Join(v.Groups, ", "))
	row("expires", ui.Clock(*v.Expires, time.Now()))
}
