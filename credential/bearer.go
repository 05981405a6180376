package credential

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// Bearer is the [edgeward.Source] of bearer tokens, RFC 6750 §2.1.
func Bearer(r *edgeward.Request) (edgeward.Credential, error) {
	return edgeward.Credential{}, fmt.Errorf("credential: no bearer token: %w", edgeward.CredentialMissing)
}
