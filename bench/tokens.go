package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// What every contender demands of a token.
const (
	issuer   = "https://issuer.example"
	audience = "https://api.example"
)

// warm is how many different tokens "many" walks.
const warm = 20_000

// mint writes public.pem, same.txt with one token and many.txt with 20,000, a
// line each, into dir. The tokens live for an hour.
func mint(dir string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	if err := os.WriteFile(filepath.Join(dir, "public.pem"), public, 0o600); err != nil {
		return err
	}
	tokens, err := signAll(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "same.txt"), []byte(tokens[0]+"\n"), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "many.txt"), []byte(strings.Join(tokens, "\n")+"\n"), 0o600)
}

// signAll signs on every core: 20,000 RSA signatures are seconds of work.
func signAll(key *rsa.PrivateKey) ([]string, error) {
	tokens := make([]string, warm)
	errs := make([]error, runtime.NumCPU())
	now := time.Now()
	var wg sync.WaitGroup
	for core := range errs {
		wg.Go(func() {
			for i := core; i < len(tokens) && errs[core] == nil; i += len(errs) {
				tokens[i], errs[core] = sign(key, i, now)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// sign makes an access token as providers issue them (RFC 9068), number i.
func sign(key *rsa.PrivateKey, i int, now time.Time) (string, error) {
	header := `{"alg":"RS256","typ":"at+jwt","kid":"bench"}`
	payload := fmt.Sprintf(`{"iss":%q,"sub":"user-%05d","aud":%q,"iat":%d,"exp":%d,"jti":"token-%05d","client_id":"bench","scope":"orders:read orders:write"}`,
		issuer, i, audience, now.Unix(), now.Add(time.Hour).Unix(), i)
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
