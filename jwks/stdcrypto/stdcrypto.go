// Package stdcrypto brings JSON Web Keys into Go's own cryptography: it checks
// signatures with them and makes signatures for them. A Worker, where that
// code is too large and too slow, uses WebCrypto instead.
package stdcrypto

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

var (
	errAlgorithm = fmt.Errorf("stdcrypto: the key cannot do the algorithm: %w", edgeward.TokenAlgorithm)
	errSignature = fmt.Errorf("stdcrypto: the signature is wrong: %w", edgeward.TokenSignature)
)

// Import implements [jwks.Importer]. It refuses a point that is not on its
// curve. The key that it returns checks k.Algorithms() and nothing else.
func Import(k *jwks.JWK) (jwt.PublicKey, error) {
	if err := k.Check(); err != nil {
		return nil, err
	}
	switch k.Type {
	case jwks.RSA:
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(k.N), E: int(k.E)}
		return rsaKey{key, k.Algorithms()}, nil
	case jwks.EC:
		point := slices.Concat([]byte{4}, k.X, k.Y) // SEC 1 §2.3.4, uncompressed
		key, err := ecdsa.ParseUncompressedPublicKey(curveOf(k.Curve), point)
		if err != nil {
			return nil, errors.New("stdcrypto: the point is not on the curve")
		}
		return ecdsaKey{key, k.Algorithms()[0]}, nil
	case jwks.OKP:
		return ed25519Key(slices.Clone(k.X)), nil
	}
	return nil, jwks.ErrUnsupported
}

// curveOf returns the curve of a JWK's crv, or nil.
func curveOf(name string) elliptic.Curve {
	switch name {
	case jwks.P256:
		return elliptic.P256()
	case jwks.P384:
		return elliptic.P384()
	case jwks.P521:
		return elliptic.P521()
	}
	return nil
}

// hashOf returns the hash of an RSA or ECDSA algorithm.
func hashOf(alg jwt.Algorithm) crypto.Hash {
	switch alg {
	case jwt.RS384, jwt.PS384, jwt.ES384:
		return crypto.SHA384
	case jwt.RS512, jwt.PS512, jwt.ES512:
		return crypto.SHA512
	}
	return crypto.SHA256
}

func digest(h crypto.Hash, message []byte) []byte {
	w := h.New()
	w.Write(message)
	return w.Sum(nil)
}

// isPSS reports whether an RSA algorithm pads by PSS.
func isPSS(alg jwt.Algorithm) bool {
	return alg == jwt.PS256 || alg == jwt.PS384 || alg == jwt.PS512
}

type rsaKey struct {
	key        *rsa.PublicKey
	algorithms []jwt.Algorithm
}

// VerifySignature implements [jwt.PublicKey].
func (k rsaKey) VerifySignature(_ context.Context, alg jwt.Algorithm, signed, signature []byte) error {
	if !slices.Contains(k.algorithms, alg) {
		return errAlgorithm
	}
	hash := hashOf(alg)
	sum := digest(hash, signed)
	var err error
	if isPSS(alg) {
		err = rsa.VerifyPSS(k.key, hash, sum, signature, pssOptions)
	} else {
		err = rsa.VerifyPKCS1v15(k.key, hash, sum, signature)
	}
	if err != nil {
		return errSignature
	}
	return nil
}

// pssOptions pins the salt to the length of the hash (RFC 7518 §3.5); a salt
// of any other length is another signature.
var pssOptions = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}

type ecdsaKey struct {
	key *ecdsa.PublicKey
	alg jwt.Algorithm
}

// VerifySignature implements [jwt.PublicKey]. The signature is r‖s, each in
// the curve's full length (RFC 7518 §3.4); DER is refused. That r and s are
// neither 0 nor beyond the order (CVE-2022-21449) is crypto/ecdsa's to check.
func (k ecdsaKey) VerifySignature(_ context.Context, alg jwt.Algorithm, signed, signature []byte) error {
	if alg != k.alg {
		return errAlgorithm
	}
	size := coordinateSize(k.key.Curve)
	if len(signature) != 2*size {
		return errSignature
	}
	r := new(big.Int).SetBytes(signature[:size])
	s := new(big.Int).SetBytes(signature[size:])
	if !ecdsa.Verify(k.key, digest(hashOf(alg), signed), r, s) {
		return errSignature
	}
	return nil
}

// coordinateSize returns the bytes of a coordinate, and of r and s.
func coordinateSize(c elliptic.Curve) int { return (c.Params().BitSize + 7) / 8 }

// An ed25519Key has ed25519.PublicKeySize bytes: JWK.Check saw to that, and
// with any other length ed25519.Verify panics.
type ed25519Key ed25519.PublicKey

// VerifySignature implements [jwt.PublicKey].
func (k ed25519Key) VerifySignature(_ context.Context, alg jwt.Algorithm, signed, signature []byte) error {
	if alg != jwt.EdDSA {
		return errAlgorithm
	}
	if !ed25519.Verify(ed25519.PublicKey(k), signed, signature) {
		return errSignature
	}
	return nil
}
