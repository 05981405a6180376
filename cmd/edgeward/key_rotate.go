package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/inspect"
	"github.com/edgeward/edgeward/internal/cli/secretfile"
	"github.com/edgeward/edgeward/internal/cli/settings"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// ringAlgorithms are those that "key rotate" makes keys for.
var ringAlgorithms = []jwt.Algorithm{jwt.HS256, jwt.ES256, jwt.EdDSA}

func newKeyRotate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate", Args: exactly(),
		Short: "Put a new key into the key ring, or make the ring",
		Long: `Put a new key into the ring of tokens.keys, which signs Edgeward's own tokens.
The new key is published at once and signs after --delay, when all verifiers have
it; the old ones verify until their last token has expired. A new key takes the
place of one that does not sign yet. A ring that is not there is made, and signs at once.

The file is replaced whole, mode 0600: run it as the user that runs the server,
which picks it up by itself.`,
		Example: `  edgeward key rotate
  edgeward key rotate --alg ES256          others verify by /.well-known/jwks.json
  edgeward key rotate --delay 1s           after a leak; then: edgeward revoke --key KID`,
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	alg := cmd.Flags().String("alg", "", "`algorithm`: HS256, ES256 or EdDSA; without it, that of the ring, HS256 for a new one")
	delay := cmd.Flags().Duration("delay", keyring.DefaultDelay, "from being published to signing")
	_ = cmd.RegisterFlagCompletionFunc("alg", cobra.FixedCompletions([]string{"HS256", "ES256", "EdDSA"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *alg != "" && !slices.Contains(ringAlgorithms, jwt.AlgorithmOf(*alg)) {
			return ui.Advise("choose HS256, ES256 or EdDSA", "no key is made for algorithm %q", *alg)
		}
		if *delay <= 0 {
			return ui.Advise("for example: --delay 10m", "--delay must be more than nothing")
		}
		file, lifetime, err := ringOf(*path)
		if err != nil {
			return err
		}
		now := time.Now()
		ring, err := secretfile.RotateRing(file, jwt.AlgorithmOf(*alg), keyring.Rotation{Delay: *delay, Lifetime: lifetime, Now: now})
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "a new key is in %s\n", file)
		return inspect.Ring(cmd.OutOrStdout(), ring, now, *asJSON)
	}
	return cmd
}

// ringOf returns where the configuration's ring is, and how long its tokens
// live.
func ringOf(path string) (file string, lifetime time.Duration, err error) {
	s, err := settings.Peek(path)
	if err == nil {
		lifetime, err = s.AccessLifetime()
	}
	if err == nil {
		file, err = s.Ring()
	}
	return file, lifetime, err
}

func newKeyList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Args: exactly(),
		Short: "List the keys of the key ring",
		Long: `List the keys of the ring of tokens.keys: which one signs, which are still to
come, which verify until their last token has died, which are retired.`,
		Example: `  edgeward key list
  edgeward key list --json | jq -r '.[] | select(.signs) | .kid'`,
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		file, _, err := ringOf(*path)
		if err != nil {
			return err
		}
		ring, _, err := secretfile.ReadRing(file)
		if errors.Is(err, fs.ErrNotExist) {
			return ui.Advise(`"edgeward key rotate" makes it`, "there is no key ring %s", file)
		}
		if err != nil {
			return err
		}
		return inspect.Ring(cmd.OutOrStdout(), ring, time.Now(), *asJSON)
	}
	return cmd
}
