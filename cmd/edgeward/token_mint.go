package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/secretfile"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwt"
)

// mintFlags say what to put into a token.
type mintFlags struct {
	config                        string
	key, secret, issuer, subject  string
	audience, permissions, claims []string
	ttl                           time.Duration
}

func newTokenMint() *cobra.Command {
	cmd := &cobra.Command{
		Use: "mint", Args: exactly(),
		Short: "Sign an access token",
		Long: `Sign an access token (RFC 9068, typ at+jwt) and print it, and nothing else.

It is signed with our own key ring, as the configuration says: issuer, audience
and lifetime are those of tokens unless flags say else.

For another issuer name its key, a private JWK or PEM file ("edgeward key new"
makes one), or its HMAC secret in an environment variable or a file. A secret
never stands on the command line: everybody on the machine can read that.`,
		Example: `  edgeward token mint --subject alice --permission orders:read
  edgeward token mint --key signing.jwk --issuer https://me.example --subject alice --audience api
  edgeward token mint --secret env:HMAC_SECRET --issuer https://me.example --subject alice --audience api \
      --ttl 5m --permission orders:read --claim 'plan="gold"'
  curl -H "Authorization: Bearer $(edgeward token mint …)" http://127.0.0.1:8080/api/orders`,
	}
	var f mintFlags
	path, flags := withConfig(cmd), cmd.Flags()
	flags.StringVar(&f.key, "key", "", "`file` with the private key, as JWK or PEM")
	flags.StringVar(&f.secret, "secret", "", "HMAC secret for HS256, as `env:NAME` or file:PATH")
	flags.StringVar(&f.issuer, "issuer", "", "iss, exactly as verifiers have it configured; tokens.issuer with the local key ring")
	flags.StringVar(&f.subject, "subject", "", "sub, who the token is for (required)")
	flags.StringSliceVar(&f.audience, "audience", nil, "aud, who shall accept it; repeat for several; tokens.audience with the local key ring")
	flags.DurationVar(&f.ttl, "ttl", 15*time.Minute, "how long it is valid; tokens.access_lifetime with the local key ring")
	flags.StringSliceVar(&f.permissions, "permission", nil, "a `permission`, for the claim scope; repeat for several")
	flags.StringArrayVar(&f.claims, "claim", nil, `another claim, as name=`+"`JSON`"+`; repeat for several`)
	_ = cmd.MarkFlagRequired("subject")
	cmd.MarkFlagsMutuallyExclusive("key", "secret")
	cmd.MarkFlagsMutuallyExclusive("key", "config")
	cmd.MarkFlagsMutuallyExclusive("secret", "config")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f.config = *path
		signer, err := f.signer(cmd.Flags().Changed("ttl"))
		if err != nil {
			return err
		}
		payload, err := f.payload(time.Now())
		if err != nil {
			return err
		}
		token, err := jwt.Sign(cmd.Context(), signer, "at+jwt", payload)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
		return err
	}
	return cmd
}

// signer returns what signs. With our own keys it fills in what the
// configuration says of their tokens.
func (f *mintFlags) signer(ttlSaid bool) (jwt.Signer, error) {
	if f.key == "" && f.secret == "" {
		return f.own(ttlSaid)
	}
	if f.issuer == "" || len(f.audience) == 0 {
		return nil, ui.Advise("see: edgeward token mint --help", "with --key or --secret, --issuer and --audience are needed")
	}
	if f.key != "" {
		key, err := keyfile.ReadPrivate(f.key)
		if err != nil {
			return nil, ui.Advised(err, `"edgeward key new --out FILE" makes a key`)
		}
		return key, nil
	}
	secret, err := readSecret(f.secret)
	if err != nil {
		return nil, err
	}
	key, err := jwt.HMACKey("", jwt.HS256, secret)
	if err != nil {
		return nil, ui.Advised(err, `"edgeward key new --alg HS256 --out FILE" makes a good secret`)
	}
	return jwt.HMACSigner(key)
}

func (f *mintFlags) own(ttlSaid bool) (jwt.Signer, error) {
	c, err := load(f.config)
	if err != nil {
		return nil, err
	}
	t := &c.Tokens
	if t.Keys == "" {
		return nil, ui.Advise("add tokens: {issuer, audience, keys}, or name a key: --key FILE or --secret env:NAME", "%s names no key ring", f.config)
	}
	ring, _, err := secretfile.ReadRing(t.Keys)
	if err != nil {
		return nil, err
	}
	f.issuer = cmp.Or(f.issuer, t.Issuer)
	if len(f.audience) == 0 {
		f.audience = []string{t.Audience}
	}
	if !ttlSaid {
		f.ttl = t.AccessLifetime
	}
	return ring.Signer(time.Now())
}

// readSecret reads a secret from where the flag says it is.
func readSecret(from string) (edgeward.Secret, error) {
	kind, name, _ := strings.Cut(from, ":")
	switch kind {
	case "env":
		if value := os.Getenv(name); value != "" {
			return edgeward.NewSecret(value), nil
		}
		return edgeward.Secret{}, ui.Advise("set it, and export it", "environment variable %s is not set", name)
	case "file":
		f, err := os.Open(name)
		if err != nil {
			return edgeward.Secret{}, err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxInput))
		return edgeward.NewSecret(string(source.TrimSecret(data))), err
	}
	return edgeward.Secret{}, ui.Advise("write --secret env:NAME or --secret file:PATH", "a secret does not belong on the command line, which every process on this machine can read")
}

// registered are the claims that have flags, or are set by minting.
var registered = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope"}

func (f *mintFlags) payload(now time.Time) ([]byte, error) {
	if f.ttl <= 0 {
		return nil, ui.Advise("for example: --ttl 15m", "--ttl must be more than nothing")
	}
	claims := jwt.Claims{
		Issuer: f.issuer, Subject: f.subject, Audience: f.audience,
		IssuedAt: now, Expires: now.Add(f.ttl), TokenID: rand.Text(),
	}
	var extra []jwt.Extra
	for _, p := range f.permissions {
		if !edgeward.IsScopeToken(p) {
			return nil, ui.Advise("printable ASCII without space, quote and backslash (RFC 6749 §3.3)", "%q cannot be a permission", p)
		}
	}
	if len(f.permissions) > 0 {
		extra = append(extra, jwt.StringClaim("scope", strings.Join(f.permissions, " ")))
	}
	for _, claim := range f.claims {
		name, value, _ := strings.Cut(claim, "=")
		if slices.Contains(registered, name) {
			return nil, ui.Advise("see: edgeward token mint --help", "claim %s has a flag of its own, or is set by minting", name)
		}
		if name == "" || !json.Valid([]byte(value)) {
			return nil, ui.Advise(`a string needs JSON's quotes too: --claim 'plan="gold"'`, "--claim %s is not name=JSON", claim)
		}
		extra = append(extra, jwt.Extra{Name: name, JSON: value})
	}
	return claims.AppendJSON(nil, extra...), nil
}
