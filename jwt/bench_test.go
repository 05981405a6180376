package jwt_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// One cold verification, claims and checks included, beside the rivals and
// beside the bare signature check, which is the limit. Compare within a run.

func BenchmarkHS256(b *testing.B) {
	secret := []byte(strings.Repeat("s", 32))
	key, err := jwt.HMACKey("k1", jwt.HS256, edgeward.NewSecret(string(secret)))
	if err != nil {
		b.Fatal(err)
	}
	bare := func(signed, signature []byte) bool {
		mac := hmac.New(sha256.New, secret)
		mac.Write(signed)
		return hmac.Equal(mac.Sum(nil), signature)
	}
	benchmarkRivals(b, golangjwt.SigningMethodHS256, secret, secret, key, bare)
}

func BenchmarkRS256(b *testing.B) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	bare := func(signed, signature []byte) bool {
		digest := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, digest[:], signature) == nil
	}
	benchmarkRivals(b, golangjwt.SigningMethodRS256, private, &private.PublicKey, publicKey(b, jwt.RS256, &private.PublicKey), bare)
}

func BenchmarkES256(b *testing.B) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	bare := func(signed, signature []byte) bool {
		digest := sha256.Sum256(signed)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(&private.PublicKey, digest[:], r, s)
	}
	benchmarkRivals(b, golangjwt.SigningMethodES256, private, &private.PublicKey, publicKey(b, jwt.ES256, &private.PublicKey), bare)
}

func BenchmarkEdDSA(b *testing.B) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	bare := func(signed, signature []byte) bool { return ed25519.Verify(public, signed, signature) }
	benchmarkRivals(b, golangjwt.SigningMethodEdDSA, private, public, publicKey(b, jwt.EdDSA, public), bare)
}

// benchmarkRivals verifies one token in four ways.
func benchmarkRivals(b *testing.B, method golangjwt.SigningMethod, private, public any, key *jwt.Key, bare func(signed, signature []byte) bool) {
	now := time.Now().Truncate(time.Second)
	token := rivalToken(b, method, private, now)
	last := strings.LastIndexByte(token, '.')
	signed := []byte(token[:last])
	signature, err := base64.RawURLEncoding.DecodeString(token[last+1:])
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, verify func() bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !verify() {
					b.Fatal("refused")
				}
			}
		})
	}
	rules := &jwt.Rules{Issuer: "https://issuer.example/", Audiences: []string{"https://api.example"}}
	run("bare", func() bool { return bare(signed, signature) })
	run("edgeward", func() bool {
		u, err := jwt.Parse(token)
		return err == nil && u.Verify(context.Background(), key) == nil && rules.Check(u, now) == nil
	})
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{method.Alg()}), golangjwt.WithIssuer("https://issuer.example/"),
		golangjwt.WithAudience("https://api.example"), golangjwt.WithExpirationRequired(), golangjwt.WithIssuedAt())
	run("golang-jwt", func() bool {
		_, err := parser.Parse(token, func(*golangjwt.Token) (any, error) { return public, nil })
		return err == nil
	})
	algorithms := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(method.Alg())}
	run("go-jose", func() bool {
		t, err := josejwt.ParseSigned(token, algorithms)
		if err != nil {
			return false
		}
		var registered josejwt.Claims
		var all map[string]any
		return t.Claims(public, &registered, &all) == nil &&
			registered.Validate(josejwt.Expected{Issuer: "https://issuer.example/", AnyAudience: josejwt.Audience{"https://api.example"}, Time: now}) == nil
	})
}

// rivalToken returns an access token as providers issue them, about 700 bytes
// with RS256.
func rivalToken(tb testing.TB, method golangjwt.SigningMethod, private any, now time.Time) string {
	t := golangjwt.NewWithClaims(method, golangjwt.MapClaims{
		"iss": "https://issuer.example/", "sub": "auth0|5f7c8ec7c33c6c004bbafe82", "aud": []string{"https://api.example", "https://issuer.example/userinfo"},
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "azp": "my_client_id", "scope": "openid profile read:invoices write:invoices",
		"jti": "ID.0a1b2c3d4e5f60718293a4b5c6d7e8f9", "permissions": []string{"read:invoices", "write:invoices"},
	})
	t.Header["kid"], t.Header["typ"] = "k1", "at+jwt"
	token, err := t.SignedString(private)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}
