package doorstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// newPair returns an ES256 key and what verifies with it.
func newPair(t testing.TB) (*ecdsa.PrivateKey, *jwt.Key) {
	t.Helper()
	signer, err := stdcrypto.GenerateKey(jwt.ES256)
	must(t, err)
	jwk, err := stdcrypto.PublicJWK(signer.Public())
	must(t, err)
	set, err := jwks.NewSet(stdcrypto.Import, jwk)
	must(t, err)
	return signer.(*ecdsa.PrivateKey), set.Keys()[0]
}

// twins returns a token of c with both of its signatures: with (r, s), also
// (r, n-s) verifies, so that anybody can make the second of the first.
func (s *System) twins(t testing.TB, c jwt.Claims) (first, second string) {
	t.Helper()
	signer, err := stdcrypto.NewSigner("", jwt.ES256, s.pair)
	must(t, err)
	first, err = jwt.Sign(t.Context(), signer, "at+jwt", c.AppendJSON(nil))
	must(t, err)
	const half = 32
	signature := first[len(first)-base64.RawURLEncoding.EncodedLen(2*half):]
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	must(t, err)
	other := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(raw[half:]))
	other.FillBytes(raw[half:])
	return first, first[:len(first)-len(signature)] + base64.RawURLEncoding.EncodeToString(raw)
}
