package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/internal/cli/ui"
)

func newToken() *cobra.Command {
	return inGroup("make", group("token", "Mint, verify and look into tokens", newTokenMint(), newTokenVerify(), newTokenInspect()))
}

// maxInput bounds a token read from stdin: well above what a token may have.
const maxInput = 64 << 10

// readToken returns the token given as the argument, or on stdin for "-". A
// scheme in front, as copied from a header field, is taken off.
func readToken(cmd *cobra.Command, args []string) (string, error) {
	if len(args) > 1 {
		return "", ui.Advise("quote it, or pipe it in: … | "+cmd.CommandPath()+" -", "more than one token was given")
	}
	if len(args) == 0 {
		return "", ui.Advise("give it as the argument, or pipe it in: … | "+cmd.CommandPath()+" -", "no token was given")
	}
	token := args[0]
	if token == "-" {
		input, err := io.ReadAll(io.LimitReader(bufio.NewReader(cmd.InOrStdin()), maxInput))
		if err != nil {
			return "", fmt.Errorf("stdin: %w", err)
		}
		token = string(input)
	}
	token = strings.TrimSpace(token)
	if scheme, rest, found := strings.Cut(token, " "); found && strings.EqualFold(scheme, "bearer") {
		token = strings.TrimSpace(rest)
	}
	if token == "" {
		return "", ui.Advise("give it as the argument, or pipe it in: … | "+cmd.CommandPath()+" -", "the token is empty")
	}
	return token, nil
}
