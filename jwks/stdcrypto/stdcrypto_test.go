package stdcrypto_test

import (
	"bytes"
	"crypto"
	"fmt"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// asymmetric are the algorithms that this package verifies and signs.
var asymmetric = []jwt.Algorithm{
	jwt.RS256, jwt.RS384, jwt.RS512, jwt.PS256, jwt.PS384, jwt.PS512,
	jwt.ES256, jwt.ES384, jwt.ES512, jwt.EdDSA,
}

func newSigner(t testing.TB, alg jwt.Algorithm) *stdcrypto.Signer {
	t.Helper()
	private, err := stdcrypto.GenerateKey(alg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stdcrypto.NewSigner("", alg, private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func importKey(t testing.TB, k *jwks.JWK) jwt.PublicKey {
	t.Helper()
	public, err := stdcrypto.Import(k)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// Every algorithm verifies what it signed, and each of these is refused:
// another message, a flipped bit, a cut, an addition, nothing, another algorithm.
func TestSignaturesRoundTrip(t *testing.T) {
	message := []byte("header.payload")
	for _, alg := range asymmetric {
		t.Run(string(alg), func(t *testing.T) {
			s := newSigner(t, alg)
			if s.KeyID() != s.Public().Thumbprint() {
				t.Errorf("kid = %q, want the thumbprint", s.KeyID())
			}
			signature, err := s.Sign(t.Context(), message)
			if err != nil {
				t.Fatal(err)
			}
			key := importKey(t, s.Public())
			if err := key.VerifySignature(t.Context(), alg, message, signature); err != nil {
				t.Errorf("own signature: %v", err)
			}
			flipped := bytes.Clone(signature)
			flipped[len(flipped)/2] ^= 1
			for name, wrong := range map[string][]byte{
				"flipped": flipped, "cut": signature[:len(signature)-1], "longer": append(bytes.Clone(signature), 0),
				"empty": nil, "zeros": make([]byte, len(signature)), "ones": bytes.Repeat([]byte{0xff}, len(signature)),
			} {
				if err := key.VerifySignature(t.Context(), alg, message, wrong); edgeward.ReasonOf(err) != edgeward.TokenSignature {
					t.Errorf("%s signature: got %v, want TokenSignature", name, err)
				}
			}
			if err := key.VerifySignature(t.Context(), alg, []byte("header.other"), signature); edgeward.ReasonOf(err) != edgeward.TokenSignature {
				t.Errorf("other message: got %v, want TokenSignature", err)
			}
			for _, other := range jwt.Algorithms() {
				if other == alg {
					continue
				}
				if err := key.VerifySignature(t.Context(), other, message, signature); edgeward.ReasonOf(err) != edgeward.TokenAlgorithm {
					t.Errorf("as %s: got %v, want TokenAlgorithm", other, err)
				}
			}
		})
	}
}

// A signer prints its name and never its key.
func TestSignerPrintsNoSecret(t *testing.T) {
	s := newSigner(t, jwt.ES256)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got, want := fmt.Sprintf(verb, s), `ES256 signer "`+s.KeyID()+`"`; got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
	}
}

func TestNewSignerRefuses(t *testing.T) {
	p256, _ := stdcrypto.GenerateKey(jwt.ES256)
	rsa, _ := stdcrypto.GenerateKey(jwt.RS256)
	for _, row := range []struct {
		rule string
		alg  jwt.Algorithm
		key  crypto.Signer
	}{
		{"another curve's algorithm", jwt.ES384, p256},
		{"another family's algorithm", jwt.RS256, p256},
		{"HMAC by a public key", jwt.HS256, rsa},
		{"no algorithm", "", rsa},
		{"no key", jwt.ES256, nil},
	} {
		if _, err := stdcrypto.NewSigner("", row.alg, row.key); err == nil {
			t.Errorf("%s: accepted", row.rule)
		}
	}
}
