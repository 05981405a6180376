// Package secretfile makes files that only their owner may read: key rings and
// secrets.
package secretfile

import (
	"crypto/rand"
	"encoding/base64"
)

// NewSecret returns a line with 48 random bytes: enough for HS384 too.
func NewSecret() string {
	secret := make([]byte, 48)
	_, _ = rand.Read(secret) // never fails: crypto/rand aborts the process instead
	return base64.RawURLEncoding.EncodeToString(secret) + "\n"
}
