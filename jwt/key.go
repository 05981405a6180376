package jwt

import (
	"context"
	"fmt"

	"github.com/edgeward/edgeward"
)

// A PublicKey checks signatures with one RSA, elliptic-curve or Ed25519 key.
// The host supplies it: Go's crypto natively (jwks/stdcrypto), WebCrypto on a
// Worker, because Go's own is too large and too slow in WebAssembly.
//
// VerifySignature returns nil when signature is alg's signature of signed, an
// error that wraps [edgeward.TokenSignature] when it is not, one that wraps
// [edgeward.TokenAlgorithm] when the key cannot do alg at all, and any other
// error when it could not tell. It neither changes nor keeps the slices, and
// it is safe for concurrent use.
type PublicKey interface {
	VerifySignature(ctx context.Context, alg Algorithm, signed, signature []byte) error
}

// A Key verifies tokens by exactly one algorithm (RFC 8725 §3.1): that is what
// keeps an RSA public key from serving as an HMAC secret (CVE-2023-48223).
//
// A Key is immutable and used by pointer; its identity is what a cache of
// verifications remembers. The zero Key verifies nothing.
type Key struct {
	ID        string    // kid, or "" when the key has none
	Algorithm Algorithm // the only one
	Public    PublicKey // nil for an HMAC key

	mac *hmacState // nil unless made by HMACKey
}

var (
	errKeyAlgorithm  = fmt.Errorf("jwt: alg is not the key's algorithm: %w", edgeward.TokenAlgorithm)
	errKeyKind       = fmt.Errorf("jwt: key is not of the kind that its algorithm needs: %w", edgeward.TokenAlgorithm)
	errSignatureSize = fmt.Errorf("jwt: signature has the wrong length: %w", edgeward.TokenSignature)
	errSignature     = fmt.Errorf("jwt: signature is wrong: %w", edgeward.TokenSignature)
)

// verify checks signature over signed. alg is what the token claims.
func (k *Key) verify(ctx context.Context, alg Algorithm, signed string, signature []byte) error {
	size, known := alg.signatureSize()
	if !known || alg != k.Algorithm {
		return errKeyAlgorithm
	}
	// A truncated MAC, DER instead of r‖s, an empty ECDSA signature.
	if size != 0 && size != len(signature) {
		return errSignatureSize
	}
	switch {
	case alg.Symmetric() && k.mac != nil:
		return k.mac.verify(signed, signature)
	case !alg.Symmetric() && k.Public != nil:
		return k.Public.VerifySignature(ctx, alg, []byte(signed), signature)
	}
	return errKeyKind
}
