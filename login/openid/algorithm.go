package openid

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// refuseAlgorithm says which algorithm a token was signed with and which ones
// are allowed.
func (p *Provider) refuseAlgorithm(used jwt.Algorithm) error {
	if used.Symmetric() {
		return fmt.Errorf("openid: the token is signed with %s; HMAC is never accepted, because every holder of the client's secret could sign: have the provider sign with one of %s: %w", used, p.allowed(), edgeward.TokenAlgorithm)
	}
	return fmt.Errorf("openid: the token is signed with %s; the provider's algorithms allow %s: %w", used, p.allowed(), edgeward.TokenAlgorithm)
}

func (p *Provider) allowed() string {
	names := make([]string, len(p.Algorithms))
	for i, a := range p.Algorithms {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}

// Check asks the provider for its metadata, unless that is known, and returns an
// error when no user can sign in there as things are: because the
// metadata cannot be had or used, or because the provider signs ID tokens with no
// algorithm that is allowed, or has no userinfo where that is always asked for. It keeps no user from trying: what a provider lists
// may be wrong.
func (c *Client) Check(ctx context.Context) error {
	m, err := c.Metadata(ctx)
	switch {
	case err != nil:
		return err
	case c.provider.Userinfo == UserinfoAlways && !m.HasUserinfo():
		return errors.New("userinfo is always asked for, and its metadata has no userinfo_endpoint: state it, or leave userinfo at auto")
	}
	return c.checkAlgorithms(m)
}

// checkAlgorithms compares what the provider signs with and what it may. Ed25519
// is EdDSA by another name (RFC 9864).
func (p *Provider) checkAlgorithms(m *Metadata) error {
	for _, listed := range m.algorithms {
		if listed == "Ed25519" {
			listed = string(jwt.EdDSA)
		}
		if slices.Contains(p.Algorithms, jwt.Algorithm(listed)) {
			return nil
		}
	}
	if len(m.algorithms) == 0 {
		return nil
	}
	return fmt.Errorf("it says that it signs ID tokens with %.200q, and its algorithms allow %s: set algorithms to one that it lists, HMAC (HS…) is never accepted", strings.Join(m.algorithms, ", "), p.allowed())
}
