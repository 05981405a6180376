package config

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config/connection"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/keyring"
)

// A Source is where everything is that a configuration names and that does not
// stand in it: files, the environment, a Worker's secrets. What a method returns
// holds only without a fault, which never quotes a secret.
type Source interface {
	transport.Source
	connection.Source
	tree.Source
	// Secret returns the secret that a reference names. It is zero, without a
	// fault, where only the place that the configuration is made for knows it.
	Secret(reference string) (edgeward.Secret, *document.Fault)
	// PublicKeys returns the keys of an issuer.
	PublicKeys(reference string) (PublicKeys, *document.Fault)
	// Picture returns a picture as a data: URL, for pages for users.
	Picture(reference string) (string, *document.Fault)
	// KeyRing returns the path of a key ring, and the ring, which is nil, without a
	// fault, where only the place that the configuration is made for has it.
	KeyRing(reference string) (path string, ring *keyring.Ring, fault *document.Fault)
}

// PublicKeys are those of an issuer.
type PublicKeys struct {
	Name    string // of the file
	Set     *jwks.Set
	Ignored []jwks.Ignored
	JSON    []byte // a JWK set of nothing but public keys
}
