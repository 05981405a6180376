// Package mac computes HMAC-SHA256 (RFC 2104) under one key again and again,
// on the way of every request, without allocating.
package mac

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"

	"github.com/edgeward/edgeward"
)

const (
	// Size is that of a MAC, in bytes.
	Size = sha256.Size
	// minKey bounds a key from below, in bytes (RFC 2104 §3).
	minKey = sha256.Size
)

// A Key authenticates messages. It is safe for concurrent use.
type Key struct{ idle sync.Pool }

// state is a computation under way. Message and sum live in it because what
// goes through an interface would escape to the heap.
type state struct {
	hash    hash.Hash
	message []byte
	sum     [Size]byte
}

// NewKey refuses a secret shorter than the hash.
func NewKey(secret edgeward.Secret) (*Key, error) {
	if secret.Len() < minKey {
		return nil, fmt.Errorf("mac: the key has %d bytes, and needs %d", secret.Len(), minKey)
	}
	key := []byte(secret.Reveal())
	return &Key{sync.Pool{New: func() any { return &state{hash: hmac.New(sha256.New, key)} }}}, nil
}

// NewKeys is [NewKey] for several secrets, the first of which makes MACs while
// all of them verify.
func NewKeys(first edgeward.Secret, others ...edgeward.Secret) ([]*Key, error) {
	keys := make([]*Key, 0, 1+len(others))
	for _, secret := range append([]edgeward.Secret{first}, others...) {
		key, err := NewKey(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Sum returns the MAC of message. A message of several parts needs lengths
// between them that only one split fits.
func (k *Key) Sum(message []byte) [Size]byte {
	s := k.idle.Get().(*state)
	s.hash.Reset()
	s.message = append(s.message[:0], message...)
	s.hash.Write(s.message)
	s.hash.Sum(s.sum[:0])
	sum := s.sum
	k.idle.Put(s)
	return sum
}
