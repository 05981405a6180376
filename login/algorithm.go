package login

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// refuseAlgorithm says which algorithm a token was signed with and which ones
// are allowed.
func (p *Provider) refuseAlgorithm(used jwt.Algorithm) error {
	if used.Symmetric() {
		return fmt.Errorf("login: the token is signed with %s; HMAC is never accepted, because everybody who knows the client's secret could sign: have the provider sign with one of %s: %w", used, p.allowed(), edgeward.TokenAlgorithm)
	}
	return fmt.Errorf("login: the token is signed with %s; the provider's algorithms allow %s: %w", used, p.allowed(), edgeward.TokenAlgorithm)
}

func (p *Provider) allowed() string {
	names := make([]string, len(p.Algorithms))
	for i, a := range p.Algorithms {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}
