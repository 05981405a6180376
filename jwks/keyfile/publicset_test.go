package keyfile_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
)

// An RSA key that names no algorithm is six keys to us, and one in the set.
func TestAPublicSetHasEachKeyOnce(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	set, err := keyfile.PublicSet(data)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(set, []byte(`"kty"`)); n != 1 {
		t.Errorf("%d keys: %s", n, set)
	}
	want, _, err := keyfile.ParsePublic(data)
	if err != nil {
		t.Fatal(err)
	}
	got, ignored, err := jwks.Parse(set, stdcrypto.Import)
	if err != nil || len(ignored) > 0 || len(got.Keys()) != len(want.Keys()) {
		t.Errorf("%v, %v, %d keys, want %d", err, ignored, len(got.Keys()), len(want.Keys()))
	}
}

func TestAPublicSetOfAPrivateKeyIsRefused(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	if set, err := keyfile.PublicSet(data); err == nil {
		t.Errorf("taken: %s", set)
	}
}
