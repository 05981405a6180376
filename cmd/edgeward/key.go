package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/secretfile"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwt"
)

// keyAlgorithms are those that "key new" makes keys for.
var keyAlgorithms = []jwt.Algorithm{jwt.RS256, jwt.PS256, jwt.ES256, jwt.EdDSA, jwt.HS256}

func newKey() *cobra.Command {
	return inGroup("make", group("key", "Make keys, and rotate the key ring", newKeyNew(), newKeyList(), newKeyRotate()))
}

func inGroup(id string, cmd *cobra.Command) *cobra.Command {
	cmd.GroupID = id
	return cmd
}

func newKeyNew() *cobra.Command {
	cmd := &cobra.Command{
		Use: "new", Args: exactly(),
		Short: "Make a signing key, or an HMAC secret",
		Long: `Make a new private key and print its public half, which is what others verify
with. The private key is a JWK (RFC 7517); with --out it goes to a new file that
only you can read, and never over an old one.

HS256 has no public half: it makes one secret line, for "secret: file:PATH".`,
		Example: `  edgeward key new --alg ES256 --out signing.jwk > public.jwks
  edgeward key new --out client.jwk > client.jwks     for client_key of a login provider
  edgeward key new --alg HS256 --out hmac.secret
  edgeward token mint --key signing.jwk --issuer https://me.example --subject alice --audience api`,
	}
	alg := cmd.Flags().String("alg", string(jwt.ES256), "`algorithm`: RS256, PS256, ES256, EdDSA or HS256")
	out := cmd.Flags().String("out", "", "new `file` for the private key; without it, the private key goes to stdout")
	names := make([]string, len(keyAlgorithms))
	for i, a := range keyAlgorithms {
		names[i] = string(a)
	}
	_ = cmd.RegisterFlagCompletionFunc("alg", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, note := cmd.OutOrStdout(), cmd.ErrOrStderr()
		switch a := jwt.AlgorithmOf(*alg); a {
		case jwt.HS256:
			return newSecret(w, note, *out)
		case jwt.RS256, jwt.PS256, jwt.ES256, jwt.EdDSA:
			return newPair(w, note, a, *out)
		}
		return ui.Advise("choose RS256, PS256, ES256, EdDSA or HS256", "no key is made for algorithm %q", *alg)
	}
	return cmd
}

// newPair makes a key pair. With a file, stdout gets the public set; without,
// the private key goes to stdout and the public one is a note.
func newPair(w, note io.Writer, alg jwt.Algorithm, out string) error {
	key, err := keyfile.Generate(alg)
	if err != nil {
		return err
	}
	public := append(jwks.AppendSet(nil, key.Public()), '\n')
	if out == "" {
		fmt.Fprintf(note, "public half, for those who verify:\n%s", public)
		_, err := fmt.Fprintf(w, "%s\n", bytes.TrimRight(key.AppendJWK(nil), "\n"))
		return err
	}
	if err := key.WriteFile(out); err != nil {
		return existing(out, err)
	}
	fmt.Fprintf(note, "private key in %s, for you alone; kid %s; public half, for those who verify:\n", out, key.KeyID())
	_, err = w.Write(public)
	return err
}

func newSecret(w, note io.Writer, out string) error {
	line := secretfile.NewSecret()
	if out == "" {
		_, err := io.WriteString(w, line)
		return err
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return existing(out, err)
	}
	_, err = io.WriteString(f, line)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		fmt.Fprintf(note, "secret in %s, for you alone; configure it as: secret: file:%s\n", out, out)
	}
	return err
}

// existing explains why a new file could not be made.
func existing(out string, err error) error {
	if os.IsExist(err) {
		return ui.Advise("choose another name: an old key may still be needed", "%s is there already", out)
	}
	return err
}
