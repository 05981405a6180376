package edgeward_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
)

// TestAPublicKeyIsNoSecret: in no form in which it is found; a private one and
// random text are no public keys.
func TestAPublicKeyIsNoSecret(t *testing.T) {
	for name, key := range somePrivateKeys(t) {
		for form, text := range formsOf(t, key) {
			if !edgeward.NewSecret(text).Public() {
				t.Errorf("%s as %s is a secret", name, form)
			}
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string]string{
			"DER": string(private), "base64": base64.StdEncoding.EncodeToString(private),
			"PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		} {
			if edgeward.NewSecret(text).Public() {
				t.Errorf("the private half of %s as %s is public", name, form)
			}
		}
	}
	for range 1000 {
		b := make([]byte, 48)
		_, _ = rand.Read(b)
		for _, text := range []string{"", string(b), base64.StdEncoding.EncodeToString(b), fmt.Sprintf("%x", b), `{"kty":"oct","k":"` + rand.Text() + `"}`} {
			if edgeward.NewSecret(text).Public() {
				t.Fatalf("%q is public", text)
			}
		}
	}
}

func somePrivateKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	all := map[string]crypto.Signer{}
	for _, bits := range []int{2048, 3072} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprint("RSA ", bits)] = key
	}
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all[c.Params().Name] = key
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all["Ed25519"] = key
	return all
}

func formsOf(t *testing.T, key crypto.Signer) map[string]string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := stdcrypto.PublicJWK(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(der)
	forms := map[string]string{
		"JWK": string(k.AppendJSON(nil)), "DER": string(der), "base64": text, "base64url": base64.RawURLEncoding.EncodeToString(der),
		"base64 in lines": text[:40] + "\r\n" + text[40:], "PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})), "x5c": base64.StdEncoding.EncodeToString(certificate),
	}
	if public, ok := key.Public().(*rsa.PublicKey); ok {
		forms["PKCS#1"] = string(x509.MarshalPKCS1PublicKey(public))
	}
	return forms
}
