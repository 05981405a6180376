package stdcrypto_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"sync"
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

// rsaPrivate is one RSA key for all tests: making them is slow.
var rsaPrivate = sync.OnceValues(func() (crypto.Signer, error) { return stdcrypto.GenerateKey(jwt.RS256) })

func newSigner(t testing.TB, alg jwt.Algorithm) *stdcrypto.Signer {
	t.Helper()
	generate := func() (crypto.Signer, error) { return stdcrypto.GenerateKey(alg) }
	if alg[0] == 'R' || alg[0] == 'P' {
		generate = rsaPrivate
	}
	private, err := generate()
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
	rsa, _ := rsaPrivate()
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

// A key generated for an algorithm is as long as it should be.
func TestGenerateKey(t *testing.T) {
	for alg, size := range map[jwt.Algorithm]int{jwt.PS256: 256, jwt.RS512: 384} {
		private, err := stdcrypto.GenerateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		public, err := stdcrypto.PublicJWK(private.Public())
		if err != nil || len(public.N) != size {
			t.Errorf("%s: modulus of %d bytes, want %d: %v", alg, len(public.N), size, err)
		}
	}
	for _, alg := range []jwt.Algorithm{jwt.HS256, "none", ""} {
		if _, err := stdcrypto.GenerateKey(alg); err == nil {
			t.Errorf("%q: generated", alg)
		}
	}
}

// A PSS signature has a salt as long as its hash (RFC 7518 §3.5): with another
// salt it is valid to many libraries, and another spelling of the same token.
func TestPSSSaltLength(t *testing.T) {
	private, err := rsaPrivate()
	if err != nil {
		t.Fatal(err)
	}
	key := importKey(t, newSigner(t, jwt.PS256).Public())
	sum := sha256.Sum256([]byte("header.payload"))
	for salt, want := range map[int]bool{32: true, 1: false, 20: false, 33: false, 48: false} {
		signature, err := private.Sign(rand.Reader, sum[:], &rsa.PSSOptions{SaltLength: salt, Hash: crypto.SHA256})
		if err != nil {
			t.Fatal(err)
		}
		err = key.VerifySignature(t.Context(), jwt.PS256, []byte("header.payload"), signature)
		if (err == nil) != want {
			t.Errorf("salt of %d bytes: %v", salt, err)
		}
	}
}

// ECDSA signatures are r‖s in full length. DER, a cut zero and numbers beyond
// the order are refused (CVE-2022-21449).
func TestECDSAForm(t *testing.T) {
	s := newSigner(t, jwt.ES256)
	key := importKey(t, s.Public())
	message := []byte("header.payload")
	order := elliptic.P256().Params().N
	for range 300 { // long enough for an r with a leading zero
		signature, err := s.Sign(t.Context(), message)
		if err != nil || len(signature) != 64 {
			t.Fatalf("%d bytes, %v", len(signature), err)
		}
		if err := key.VerifySignature(t.Context(), jwt.ES256, message, signature); err != nil {
			t.Fatal(err)
		}
	}
	good, _ := s.Sign(t.Context(), message)
	r, scalar := good[:32], good[32:]
	zero := make([]byte, 32)
	for rule, wrong := range map[string][]byte{
		"r zero":      slices.Concat(zero, scalar),
		"s zero":      slices.Concat(r, zero),
		"r the order": slices.Concat(order.Bytes(), scalar),
		"s beyond":    slices.Concat(r, new(big.Int).Add(order, big.NewInt(1)).Bytes()),
		"padded":      slices.Concat([]byte{0}, r, []byte{0}, scalar),
		"odd":         good[:63],
	} {
		if err := key.VerifySignature(t.Context(), jwt.ES256, message, wrong); edgeward.ReasonOf(err) != edgeward.TokenSignature {
			t.Errorf("%s: %v, want TokenSignature", rule, err)
		}
	}
}
