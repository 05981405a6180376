package jwt_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// oneRSAKey serves all RSA algorithms: making one takes a while.
var oneRSAKey = sync.OnceValues(func() (crypto.Signer, error) { return stdcrypto.GenerateKey(jwt.RS256) })

func newPrivate(t *testing.T, alg jwt.Algorithm) crypto.Signer {
	t.Helper()
	generate := func() (crypto.Signer, error) { return stdcrypto.GenerateKey(alg) }
	if strings.HasPrefix(string(alg), "RS") || strings.HasPrefix(string(alg), "PS") {
		generate = oneRSAKey
	}
	private, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// newPair returns a signer by alg and the key that verifies it.
func newPair(t *testing.T, alg jwt.Algorithm) (*stdcrypto.Signer, *jwt.Key) {
	t.Helper()
	private := newPrivate(t, alg)
	signer, err := stdcrypto.NewSigner("k1", alg, private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, publicKey(t, alg, private.Public())
}

func mint(t *testing.T, signer jwt.Signer) string {
	t.Helper()
	token, err := jwt.Sign(context.Background(), signer, "at+jwt", []byte(goodClaims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// resign replaces the signature of token.
func resign(token string, signature []byte) string {
	return token[:strings.LastIndexByte(token, '.')+1] + base64.RawURLEncoding.EncodeToString(signature)
}

func signatureOf(t *testing.T, token string) []byte {
	t.Helper()
	signature, err := base64.RawURLEncoding.DecodeString(token[strings.LastIndexByte(token, '.')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// Every algorithm: what it signs it verifies, and nothing else does.
func TestEveryAlgorithm(t *testing.T) {
	keys, tokens := map[jwt.Algorithm]*jwt.Key{}, map[jwt.Algorithm]string{}
	for _, alg := range jwt.Algorithms() {
		if alg.Symmetric() {
			keys[alg] = hmacKey(t, alg)
			signer, err := jwt.HMACSigner(keys[alg])
			if err != nil {
				t.Fatal(err)
			}
			tokens[alg] = mint(t, signer)
			continue
		}
		signer, key := newPair(t, alg)
		keys[alg], tokens[alg] = key, mint(t, signer)
	}
	for tokenAlg, token := range tokens {
		for keyAlg, key := range keys {
			want := edgeward.TokenAlgorithm
			if tokenAlg == keyAlg {
				want = edgeward.Authenticated
			}
			wantReason(t, walk(token, key, rules), want)
		}
		signature := signatureOf(t, token)
		for _, at := range []int{0, len(signature) / 2, len(signature) - 1} {
			signature[at] ^= 1
			wantReason(t, walk(resign(token, signature), keys[tokenAlg], rules), edgeward.TokenSignature)
			signature[at] ^= 1
		}
		tampered := strings.Replace(token, ".", "."+base64url(`{"`), 1)
		if err := walk(tampered, keys[tokenAlg], rules); err == nil {
			t.Errorf("%s: tampered payload accepted", tokenAlg)
		}
	}
}

// Row 3: a public key is no secret (CVE-2023-48223, CVE-2026-34950).
func TestPublicKeyIsNoSecret(t *testing.T) {
	for _, alg := range []jwt.Algorithm{jwt.RS256, jwt.PS256, jwt.ES256, jwt.EdDSA} {
		public := newPrivate(t, alg).Public()
		key := publicKey(t, alg, public)
		confused := &jwt.Key{ID: "k1", Algorithm: jwt.HS256, Public: key.Public}
		for form, secret := range publicForms(t, public) {
			forger, err := jwt.HMACKey("k1", jwt.HS256, edgeward.NewSecret(secret))
			if err != nil {
				t.Fatal(err)
			}
			signer, err := jwt.HMACSigner(forger)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(string(alg)+" as "+form, func(t *testing.T) {
				token := mint(t, signer)
				wantReason(t, walk(token, key, rules), edgeward.TokenAlgorithm)
				// Not even a key that was put together wrongly verifies it.
				wantReason(t, walk(token, confused, rules), edgeward.TokenAlgorithm)
			})
		}
	}
}

// publicForms returns the spellings of a public key that libraries have taken
// for a secret.
func publicForms(t *testing.T, public crypto.PublicKey) map[string]string {
	t.Helper()
	k, err := stdcrypto.PublicJWK(public)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{
		"JWK": string(k.AppendJSON(nil)), "DER": string(der), "PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}
	if rsaKey, ok := public.(*rsa.PublicKey); ok {
		der := x509.MarshalPKCS1PublicKey(rsaKey)
		forms["modulus"], forms["PKCS#1 DER"] = string(k.N), string(der)
		forms["PKCS#1 PEM"] = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der}))
	} else {
		forms["coordinate"] = string(k.X)
	}
	return forms
}

// A yesKey believes everything: what is refused with it is refused before.
type yesKey struct{ t *testing.T }

func (k yesKey) VerifySignature(context.Context, jwt.Algorithm, []byte, []byte) error { return nil }

// Rows 4 and 13: the length of a signature is fixed by its algorithm, whatever
// the host's cryptography thinks (CVE-2022-21449 began with empty ones).
func TestSignatureLength(t *testing.T) {
	for alg, size := range map[jwt.Algorithm]int{jwt.ES256: 64, jwt.ES384: 96, jwt.ES512: 132, jwt.EdDSA: 64} {
		key := &jwt.Key{Algorithm: alg, Public: yesKey{t}}
		for _, length := range []int{1, size / 2, size - 1, size, size + 1, 2 * size, 512} {
			token := resign(base64url(`{"alg":"`+string(alg)+`"}`)+"."+base64url(goodClaims)+".", make([]byte, length))
			want := edgeward.TokenSignature
			if length == size {
				want = edgeward.Authenticated
			}
			wantReason(t, walk(token, key, rules), want)
		}
	}
}

// Row 13: truncated and extended MACs.
func TestMACLength(t *testing.T) {
	token := signParts(t, goodHeader, goodClaims)
	mac := signatureOf(t, token)
	for length := 1; length < len(mac); length++ {
		wantReason(t, walk(resign(token, mac[:length]), hmacKey(t, jwt.HS256), rules), edgeward.TokenSignature)
	}
	wantReason(t, walk(resign(token, append(mac, 0)), hmacKey(t, jwt.HS256), rules), edgeward.TokenSignature)
	wantReason(t, walk(resign(token, append(mac, mac...)), hmacKey(t, jwt.HS256), rules), edgeward.TokenSignature)
}

// Row 13: r and s that are no numbers of the field, and DER.
func TestECDSAForgeries(t *testing.T) {
	private, err := stdcrypto.GenerateKey(jwt.ES256)
	if err != nil {
		t.Fatal(err)
	}
	key, order := publicKey(t, jwt.ES256, private.Public()), private.(*ecdsa.PrivateKey).Params().N
	token := base64url(`{"alg":"ES256"}`) + "." + base64url(goodClaims) + "."
	pair := func(r, s *big.Int) []byte {
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	zero, one := new(big.Int), big.NewInt(1)
	for rule, signature := range map[string][]byte{
		"r = s = 0": pair(zero, zero), "r = 0": pair(zero, one), "s = 0": pair(one, zero), "r = n": pair(order, one),
		"s = n": pair(one, order), "r = s = n": pair(order, order), "all ones": pair(one, one), "DER": derSignature(t, private.(*ecdsa.PrivateKey)),
	} {
		if err := walk(resign(token, signature), key, rules); edgeward.ReasonOf(err) != edgeward.TokenSignature {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func derSignature(t *testing.T, private *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := ecdsa.SignASN1(rand.Reader, private, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Row 5: a key inside the token is the attacker's.
func TestEmbeddedKeyIsIgnored(t *testing.T) {
	public, attacker, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	header := `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}}`
	signed := base64url(header) + "." + base64url(goodClaims)
	token := resign(signed+".", ed25519.Sign(attacker, []byte(signed)))
	_, ours := newPair(t, jwt.EdDSA)
	wantReason(t, walk(token, ours, rules), edgeward.TokenSignature)
}

// A brokenKey is a host that cannot answer.
type brokenKey struct{}

var errHost = errors.New("host: out of order")

func (brokenKey) VerifySignature(context.Context, jwt.Algorithm, []byte, []byte) error {
	return errHost
}

// Could not tell is neither yes nor no.
func TestHostTroubleIsNoRefusal(t *testing.T) {
	token := resign(base64url(`{"alg":"RS256"}`)+"."+base64url(goodClaims)+".", make([]byte, 256))
	err := walk(token, &jwt.Key{Algorithm: jwt.RS256, Public: brokenKey{}}, rules)
	if _, isReason := errors.AsType[edgeward.Reason](err); !errors.Is(err, errHost) || isReason {
		t.Errorf("%v", err)
	}
}

// A key that was not made whole verifies nothing.
func TestZeroKeyVerifiesNothing(t *testing.T) {
	token := signParts(t, goodHeader, goodClaims)
	mixed := *hmacKey(t, jwt.HS256)
	mixed.Algorithm = jwt.RS256
	for rule, key := range map[string]*jwt.Key{
		"nil": nil, "zero": {}, "HS256 without a secret": {Algorithm: jwt.HS256}, "secret, but RS256": &mixed, "none": {Algorithm: "none", Public: yesKey{t}},
		"HS256 with a public key": {Algorithm: jwt.HS256, Public: yesKey{t}},
	} {
		t.Run(rule, func(t *testing.T) { wantReason(t, walk(token, key, rules), edgeward.TokenAlgorithm) })
	}
	err := new(jwt.Unverified).Verify(context.Background(), &jwt.Key{Public: yesKey{t}})
	wantReason(t, err, edgeward.TokenAlgorithm)
	rs := resign(base64url(`{"alg":"RS256"}`)+"."+base64url(goodClaims)+".", make([]byte, 256))
	wantReason(t, walk(rs, &mixed, rules), edgeward.TokenAlgorithm)
	wantReason(t, walk(rs, &jwt.Key{Algorithm: jwt.RS256}, rules), edgeward.TokenAlgorithm)
}

// RFC 7518 §3.2: a secret has at least the length of the hash.
func TestHMACKeyRefuses(t *testing.T) {
	for alg, size := range map[jwt.Algorithm]int{jwt.HS256: 32, jwt.HS384: 48, jwt.HS512: 64} {
		if _, err := jwt.HMACKey("", alg, edgeward.NewSecret(strings.Repeat("s", size))); err != nil {
			t.Error(err)
		}
		_, err := jwt.HMACKey("", alg, edgeward.NewSecret(strings.Repeat("s", size-1)))
		if err == nil || strings.Contains(err.Error(), "sss") {
			t.Errorf("%s with %d bytes: %v", alg, size-1, err)
		}
	}
	for _, alg := range []jwt.Algorithm{"", "none", "HS1", jwt.RS256, jwt.ES256, jwt.EdDSA} {
		if _, err := jwt.HMACKey("", alg, secret); err == nil {
			t.Errorf("HMAC key for %q", alg)
		}
	}
	if _, err := jwt.HMACKey(strings.Repeat("k", 257), jwt.HS256, secret); err == nil {
		t.Error("key id of 257 bytes")
	}
}

// MACs are pooled; goroutines must not see each other's.
func TestHMACConcurrently(t *testing.T) {
	key := hmacKey(t, jwt.HS256)
	var group sync.WaitGroup
	for i := range 8 {
		token := signParts(t, goodHeader, withClaim("pad", `"`+strings.Repeat("x", 300*i)+`"`))
		group.Go(func() {
			for range 200 {
				if err := walk(token, key, rules); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// EdDSA with Ed25519 has two names (RFC 8037 §3.1, RFC 9864 §2.2). Whichever the
// header says, it is the one algorithm of the key.
func TestBothNamesOfEd25519(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := publicKey(t, jwt.EdDSA, public)
	for name, want := range map[string]edgeward.Reason{"EdDSA": edgeward.Authenticated, "Ed25519": edgeward.Authenticated, "Ed448": edgeward.TokenAlgorithm} {
		signed := base64url(`{"alg":"`+name+`","kid":"k1"}`) + "." + base64url(goodClaims)
		token := signed + "." + base64url(string(ed25519.Sign(private, []byte(signed))))
		wantReason(t, walk(token, key, rules), want)
	}
}

// An empty kid names no key, so it is as good as none.
func TestAnEmptyKeyID(t *testing.T) {
	u, err := jwt.Parse(signParts(t, `{"alg":"HS256","kid":""}`, goodClaims))
	if err != nil || u.Header.HasKeyID {
		t.Errorf("%+v, %v", u, err)
	}
}
