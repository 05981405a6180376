// Package seal hides and authenticates what is left with browsers and in the store,
// by AES-256-GCM with random nonces, and names rows by MACs, so that a reader of the
// store learns nothing of sign-ins. NIST SP 800-38D §8.3 allows 2^32 seals under one
// key: a thousand sign-ins an hour for centuries.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/mac"
)

var base64url = base64.RawURLEncoding.Strict()

// A Seal is some keys: the first one seals and names, all of them open and find. It
// is safe for concurrent use.
type Seal []Key

// A Key is one of them.
type Key struct {
	aead  cipher.AEAD
	names *mac.Key
}

// New returns the seal of keys of 32 bytes or more. It refuses shorter ones.
func New(first edgeward.Secret, previous ...edgeward.Secret) (Seal, error) {
	s := make(Seal, 1+len(previous))
	for i, secret := range append([]edgeward.Secret{first}, previous...) {
		if err := s[i].derive(secret); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// derive makes both keys of one, so that neither tells of the other.
func (k *Key) derive(secret edgeward.Secret) (err error) {
	if secret.Len() < sha256.Size {
		return fmt.Errorf("seal: the key has %d bytes, and needs %d", secret.Len(), sha256.Size)
	}
	var keys [2][]byte
	for i, label := range []string{"edgeward/login/seal", "edgeward/login/name"} {
		if keys[i], err = hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, label, sha256.Size); err != nil {
			return fmt.Errorf("seal: derive: %w", err)
		}
	}
	block, err := aes.NewCipher(keys[0])
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if k.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	k.names, err = mac.NewKey(edgeward.NewSecret(string(keys[1])))
	return err
}

// ErrSeal says that something was not sealed by one of the keys, or for another
// place.
var ErrSeal = errors.New("seal: not sealed here, or for another place")

// Close seals plain for one place: what is opened in another place is refused.
func (s Seal) Close(place string, plain []byte) []byte {
	return s[0].aead.Seal(nil, nil, plain, []byte(place))
}

// Open returns what Close was given. The error wraps [ErrSeal].
func (s Seal) Open(place string, sealed []byte) ([]byte, error) {
	for _, k := range s {
		if plain, err := k.aead.Open(nil, nil, sealed, []byte(place)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSeal
}

// CloseText is Close for cookies and URLs.
func (s Seal) CloseText(place string, plain []byte) string {
	return base64url.EncodeToString(s.Close(place, plain))
}

// OpenText returns what CloseText was given. Nothing has two spellings: what is used
// once would be used twice. The error wraps [ErrSeal].
func (s Seal) OpenText(place, text string) ([]byte, error) {
	sealed, err := base64url.DecodeString(text)
	if err != nil || base64url.EncodedLen(len(sealed)) != len(text) { // the decoder skips CR and LF
		return nil, ErrSeal
	}
	return s.Open(place, sealed)
}

// Name returns the name of a tuple in keys of the store. Lengths stand between
// the parts: no two tuples share one.
func (k *Key) Name(parts ...string) string {
	var message []byte
	for _, part := range parts {
		message = append(binary.BigEndian.AppendUint64(message, uint64(len(part))), part...)
	}
	sum := k.names.Sum(message)
	return base64url.EncodeToString(sum[:])
}
