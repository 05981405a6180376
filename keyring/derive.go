package keyring

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/edgeward/edgeward"
)

// minRoot bounds a root secret from below, in bytes.
const minRoot = 32

// A Purpose is what a derived secret is for. Two purposes never share a
// secret, so that what one room hands out proves nothing in another.
type Purpose string

// The purposes. Changing one ends whatever was made with its secret.
const (
	RefreshMAC   Purpose = "refresh token mac"   // authenticates refresh tokens
	SessionHash  Purpose = "session id hash"     // hides session ids in the store
	APIKeyPepper Purpose = "api key pepper"      // hides API-key secrets in the store
	LoginSeal    Purpose = "login seal"          // hides sign-ins under way in cookies, and what they leave behind in the store
	CopyMAC      Purpose = "worker copy mac"     // authenticates the copies that a Worker keeps in Workers KV
	StorePrint   Purpose = "store fingerprint"   // stands in the store, to know the root again; protects nothing
	derivedFor           = "edgeward/v1/derive/" // before every purpose
)

// A Root is a secret that others are derived from. The zero Root derives
// nothing.
type Root struct{ secret edgeward.Secret }

// NewRoot takes a secret of 32 random bytes or more. It is not stretched: a
// passphrase is no such secret.
func NewRoot(secret edgeward.Secret) (Root, error) {
	if secret.Len() < minRoot {
		return Root{}, fmt.Errorf("keyring: the root secret has %d bytes, and needs %d", secret.Len(), minRoot)
	}
	return Root{secret}, nil
}

// IsZero reports whether it derives nothing.
func (r Root) IsZero() bool { return r.secret.IsZero() }

// Equal compares in constant time.
func (r Root) Equal(other Root) bool { return r.secret.Equal(other.secret) }

// Derive returns the 32-byte secret for a purpose by HKDF with SHA-256 (RFC
// 5869). The same root and purpose give the same secret.
func (r Root) Derive(p Purpose) (edgeward.Secret, error) {
	if r.secret.IsZero() || p == "" {
		return edgeward.Secret{}, fmt.Errorf("keyring: nothing to derive a secret from, or for")
	}
	key, err := hkdf.Key(sha256.New, []byte(r.secret.Reveal()), nil, derivedFor+string(p), sha256.Size)
	if err != nil {
		return edgeward.Secret{}, fmt.Errorf("keyring: derive: %w", err)
	}
	return edgeward.NewSecret(string(key)), nil
}
