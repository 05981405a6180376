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
	"github.com/edgeward/edgeward/internal/mac"
)

var base64url = base64.RawURLEncoding.Strict()

// A seal hides and authenticates what this package leaves with browsers and in
// the store, by AES-256-GCM with random nonces, and names rows by MACs, so that
// a reader of the store learns nothing of sign-ins. NIST SP 800-38D §8.3 allows
// 2^32 seals under one key: a thousand sign-ins an hour for centuries.
type seal struct {
	aead  cipher.AEAD
	names *mac.Key
}

// newSeal derives both keys from one, so that neither tells of the other.
func newSeal(key edgeward.Secret) (*seal, error) {
	if key.Len() < sha256.Size {
		return nil, fmt.Errorf("login: the key has %d bytes, and needs %d", key.Len(), sha256.Size)
	}
	var keys [2][]byte
	for i, label := range []string{"edgeward/login/seal", "edgeward/login/name"} {
		var err error
		if keys[i], err = hkdf.Key(sha256.New, []byte(key.Reveal()), nil, label, sha256.Size); err != nil {
			return nil, fmt.Errorf("login: derive: %w", err)
		}
	}
	block, err := aes.NewCipher(keys[0])
	if err != nil {
		return nil, fmt.Errorf("login: seal: %w", err)
	}
	s := new(seal)
	if s.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, fmt.Errorf("login: seal: %w", err)
	}
	s.names, err = mac.NewKey(edgeward.NewSecret(string(keys[1])))
	return s, err
}

var errSeal = errors.New("login: not sealed here, or for another place")

// close seals plain for one place: what is opened in another place is refused.
func (s *seal) close(place string, plain []byte) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(place))
}

// open returns what close was given.
func (s *seal) open(place string, sealed []byte) ([]byte, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}

// name returns the name of a tuple in keys of the store. Lengths stand between
// the parts: no two tuples share one.
func (s *seal) name(parts ...string) string {
	var message []byte
	for _, part := range parts {
		message = append(binary.BigEndian.AppendUint64(message, uint64(len(part))), part...)
	}
	sum := s.names.Sum(message)
	return base64url.EncodeToString(sum[:])
}
