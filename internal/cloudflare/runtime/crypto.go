package runtime

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// A publicKey verifies by the platform's WebCrypto: Go's own RSA would take five
// times as long in WebAssembly, and its curves thirty times. The effect "verify"
// takes the algorithm, the key as a set of one JWK, what was signed and the
// signature, and says 1 or 0.
type publicKey struct{ set string }

// ImportKey implements [jwks.Importer].
func ImportKey(k *jwks.JWK) (jwt.PublicKey, error) {
	return &publicKey{string(jwks.AppendSet(nil, k))}, nil
}

var errVerdict = errors.New("runtime: verify: neither yes nor no")

// VerifySignature implements [jwt.PublicKey].
func (k *publicKey) VerifySignature(ctx context.Context, alg jwt.Algorithm, signed, signature []byte) error {
	f, err := Perform(ctx, "verify", string(alg), k.set, string(signed), string(signature))
	if err != nil {
		return err
	}
	switch f.At(0) {
	case "1":
		return nil
	case "0":
		return edgeward.TokenSignature
	}
	return errVerdict
}
