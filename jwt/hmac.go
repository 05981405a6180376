package jwt

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"sync"

	"github.com/edgeward/edgeward"
)

// HMACKey returns the key that verifies alg (HS256, HS384 or HS512) with
// secret. It refuses a secret shorter than the hash, 32, 48 or 64 bytes
// (RFC 7518 §3.2), which could be guessed offline from one token. That the secret
// is no public key and no placeholder is the caller's to see to: see
// [edgeward.Secret.Public] and [edgeward.Secret.Repetitive].
func HMACKey(id string, alg Algorithm, secret edgeward.Secret) (*Key, error) {
	if !alg.Symmetric() {
		return nil, fmt.Errorf("jwt: HMAC key: %q is not an HMAC algorithm", alg)
	}
	if len(id) > maxKeyID {
		return nil, fmt.Errorf("jwt: HMAC key: key id is longer than %d bytes", maxKeyID)
	}
	if size, _ := alg.signatureSize(); secret.Len() < size {
		return nil, fmt.Errorf("jwt: HMAC key: %s needs a secret of at least %d bytes, this one has %d", alg, size, secret.Len())
	}
	return &Key{ID: id, Algorithm: alg, mac: newHMACState(alg, secret)}, nil
}

// hmacState hands out keyed MACs. Keying costs two blocks of hashing, as much
// as a short token itself, so keyed MACs are kept and reset.
type hmacState struct{ pool sync.Pool }

// A macBuffer is a keyed MAC with room to feed it a string and to hold its sum
// without allocating.
type macBuffer struct {
	hash.Hash
	chunk [512]byte
	sum   [sha512.Size]byte
}

func newHMACState(alg Algorithm, secret edgeward.Secret) *hmacState {
	newHash := sha256.New
	switch alg {
	case HS384:
		newHash = sha512.New384
	case HS512:
		newHash = sha512.New
	}
	key := []byte(secret.Reveal())
	return &hmacState{sync.Pool{New: func() any { return &macBuffer{Hash: hmac.New(newHash, key)} }}}
}

// appendSum appends the MAC of signed to dst.
func (s *hmacState) appendSum(dst []byte, signed string) []byte {
	m := s.pool.Get().(*macBuffer)
	dst = append(dst, m.of(signed)...)
	s.pool.Put(m)
	return dst
}

// verify compares in constant time.
func (s *hmacState) verify(signed string, signature []byte) error {
	m := s.pool.Get().(*macBuffer)
	right := hmac.Equal(m.of(signed), signature)
	s.pool.Put(m)
	if !right {
		return errSignature
	}
	return nil
}

// of returns the MAC of signed. It is valid until the next call.
func (m *macBuffer) of(signed string) []byte {
	m.Reset()
	for len(signed) > 0 {
		n := copy(m.chunk[:], signed)
		m.Write(m.chunk[:n])
		signed = signed[n:]
	}
	return m.Sum(m.sum[:0])
}

type hmacSigner struct{ key *Key }

// HMACSigner returns a Signer that signs as key verifies. key must come from
// [HMACKey].
func HMACSigner(key *Key) (Signer, error) {
	if key.mac == nil {
		return nil, fmt.Errorf("jwt: HMAC signer: the key holds no secret")
	}
	return hmacSigner{key}, nil
}

func (s hmacSigner) Algorithm() Algorithm { return s.key.Algorithm }

func (s hmacSigner) KeyID() string { return s.key.ID }

func (s hmacSigner) Sign(_ context.Context, signed []byte) ([]byte, error) {
	return s.key.mac.appendSum(nil, string(signed)), nil
}
