package secretfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// maxRing bounds the file of a key ring: as the configuration does.
const maxRing = 1 << 20

var importer = keyring.Importer{
	Private: func(jwk []byte) (keyring.Pair, error) { return keyfile.ParsePrivate(jwk) },
	Public:  stdcrypto.Import,
}

// ReadRing reads a key ring, with its text.
func ReadRing(path string) (*keyring.Ring, []byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRing+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxRing {
		return nil, nil, fmt.Errorf("%s is too large for a key ring", path)
	}
	ring, err := keyring.Parse(data, importer, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return ring, data, nil
}

// NewRingKey makes the private JWK of a key that can go into a ring.
func NewRingKey(alg jwt.Algorithm) ([]byte, error) {
	if alg.Symmetric() {
		return keyring.NewHMAC(alg, nil)
	}
	key, err := keyfile.Generate(alg)
	if err != nil {
		return nil, err
	}
	return key.AppendJWK(nil), nil
}

// RotateRing puts a new key into the ring at path, and makes the ring if there
// is none. An alg that is "" is that of the key which signs now. It returns the
// ring that the file then holds.
func RotateRing(path string, alg jwt.Algorithm, r keyring.Rotation) (*keyring.Ring, error) {
	old, set, err := ReadRing(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if alg == "" {
		alg = signingAlgorithm(old, r.Now)
	}
	if r.Key, err = NewRingKey(alg); err != nil {
		return nil, err
	}
	next, err := keyring.Rotate(set, r)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.Parse(next, importer, nil)
	if err != nil {
		return nil, err
	}
	return ring, writePrivate(path, next, old == nil)
}

// signingAlgorithm is what a ring signs with; HS256 for one that is not there
// yet: where nobody else verifies it is the fastest.
func signingAlgorithm(ring *keyring.Ring, now time.Time) jwt.Algorithm {
	if ring != nil {
		if signer, err := ring.Signer(now); err == nil {
			return signer.Algorithm()
		}
	}
	return jwt.HS256
}
