package login

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

// A seal hides and authenticates what this package leaves with browsers and in
// the store, by AES-256-GCM with random nonces, and names rows by MACs, so that
// a reader of the store learns nothing of sign-ins. NIST SP 800-38D §8.3 allows
// 2^32 seals under one key: a thousand sign-ins an hour for centuries.
//
// The first key seals and names; all of them open and find.
type seal []sealKey

type sealKey struct {
	aead  cipher.AEAD
	names *mac.Key
}

func newSeal(first edgeward.Secret, previous ...edgeward.Secret) (seal, error) {
	var s seal
	for _, secret := range append([]edgeward.Secret{first}, previous...) {
		k, err := newSealKey(secret)
		if err != nil {
			return nil, err
		}
		s = append(s, k)
	}
	return s, nil
}

// newSealKey derives both keys from one, so that neither tells of the other.
func newSealKey(secret edgeward.Secret) (k sealKey, err error) {
	if secret.Len() < sha256.Size {
		return k, fmt.Errorf("login: the key has %d bytes, and needs %d", secret.Len(), sha256.Size)
	}
	var keys [2][]byte
	for i, label := range []string{"edgeward/login/seal", "edgeward/login/name"} {
		if keys[i], err = hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, label, sha256.Size); err != nil {
			return k, fmt.Errorf("login: derive: %w", err)
		}
	}
	block, err := aes.NewCipher(keys[0])
	if err != nil {
		return k, fmt.Errorf("login: seal: %w", err)
	}
	if k.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return k, fmt.Errorf("login: seal: %w", err)
	}
	k.names, err = mac.NewKey(edgeward.NewSecret(string(keys[1])))
	return k, err
}

var errSeal = errors.New("login: not sealed here, or for another place")

// close seals plain for one place: what is opened in another place is refused.
func (s seal) close(place string, plain []byte) []byte {
	return s[0].aead.Seal(nil, nil, plain, []byte(place))
}

// open returns what close was given.
func (s seal) open(place string, sealed []byte) ([]byte, error) {
	for _, k := range s {
		if plain, err := k.aead.Open(nil, nil, sealed, []byte(place)); err == nil {
			return plain, nil
		}
	}
	return nil, errSeal
}

// name returns the name of a tuple in keys of the store. Lengths stand between
// the parts: no two tuples share one.
func (k *sealKey) name(parts ...string) string {
	var message []byte
	for _, part := range parts {
		message = append(binary.BigEndian.AppendUint64(message, uint64(len(part))), part...)
	}
	sum := k.names.Sum(message)
	return base64url.EncodeToString(sum[:])
}
