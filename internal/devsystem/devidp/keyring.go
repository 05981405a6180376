package devidp

import (
	"slices"
	"sync"
	"time"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// spare keys are published before they sign: a verifier asks for keys at
	// most every 30 s, so one that is used the moment it appears would be
	// refused for as long.
	spare = 2
	// maxRetired bounds the old keys that are still published.
	maxRetired = 20
)

// A key is one key pair with its dates.
type key struct {
	signer    *stdcrypto.Signer
	published time.Time
	retires   time.Time // when its last token has expired; it is withdrawn then
}

// keyring holds the keys of the provider in the order in which they sign.
type keyring struct {
	lifetime time.Duration

	mu      sync.Mutex // guards all below; not held while a key is made
	retired []key
	current key
	next    []key
}

func newKeyring(lifetime time.Duration, now time.Time) (*keyring, error) {
	k := &keyring{lifetime: lifetime}
	keys := make([]key, 1+spare)
	for i := range keys {
		var err error
		if keys[i], err = newKey(now); err != nil {
			return nil, err
		}
	}
	k.current, k.next = keys[0], keys[1:]
	return k, nil
}

func newKey(now time.Time) (key, error) {
	private, err := stdcrypto.GenerateKey(jwt.RS256)
	if err != nil {
		return key{}, err
	}
	signer, err := stdcrypto.NewSigner("", jwt.RS256, private)
	return key{signer: signer, published: now}, err
}

// signer returns the key that signs now and remembers how long its tokens live.
func (k *keyring) signer(now time.Time) *stdcrypto.Signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current.retires = now.Add(k.lifetime)
	return k.current.signer
}

// A Rotation says which key signs from now on.
type Rotation struct {
	From, To string
	// Published is when To appeared in the key set: verifiers that have asked
	// since then know it.
	Published time.Time
}

func (k *keyring) rotate(now time.Time) (Rotation, error) {
	fresh, err := newKey(now)
	if err != nil {
		return Rotation{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.current
	k.retired = append(k.retired, old)
	if surplus := len(k.retired) - maxRetired; surplus > 0 {
		k.retired = k.retired[surplus:]
	}
	k.current, k.next = k.next[0], append(slices.Clone(k.next[1:]), fresh)
	return Rotation{old.signer.KeyID(), k.current.signer.KeyID(), k.current.published}, nil
}

// published returns the keys that verifiers should know at now.
func (k *keyring) published(now time.Time) []*jwks.JWK {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.retired = slices.DeleteFunc(k.retired, func(old key) bool { return !now.Before(old.retires) })
	all := make([]*jwks.JWK, 0, 1+len(k.next)+len(k.retired))
	for _, one := range slices.Concat([]key{k.current}, k.next, k.retired) {
		all = append(all, one.signer.Public())
	}
	return all
}
