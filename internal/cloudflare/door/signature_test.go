package door_test

import (
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"

	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/c2sp/wycheproof"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// A vectors file is one of Wycheproof's files of signatures.
type vectors struct {
	TestGroups []struct {
		PublicKeyDER string `json:"publicKeyDer"`
		Tests        []struct {
			TcID              int `json:"tcId"`
			Comment, Msg, Sig string
			Result            string
		}
	}
}

// TestWycheproof holds the platform's WebCrypto, as the driver uses it, to the
// vectors of signatures, row 13.
func TestWycheproof(t *testing.T) {
	host := &bridge{workerd: start(t, bridged(t))}
	for _, file := range []struct {
		name string
		alg  jwt.Algorithm
		none bool // must be refused, whatever the file says,
		but  int  // all but this one, which the file made invalid by what makes it good for us
	}{
		{name: "rsa_signature_2048_sha256", alg: jwt.RS256},
		{name: "rsa_signature_2048_sha512", alg: jwt.RS512},
		{name: "rsa_signature_3072_sha384", alg: jwt.RS384},
		{name: "rsa_pss_2048_sha256_mgf1_32", alg: jwt.PS256},
		{name: "rsa_pss_2048_sha384_mgf1_48", alg: jwt.PS384},
		{name: "rsa_pss_4096_sha512_mgf1_64", alg: jwt.PS512},
		{name: "rsa_pss_2048_sha256_mgf1_0", alg: jwt.PS256, none: true, but: 69}, // RFC 7518 §3.5: the salt is as long as the hash
		{name: "ecdsa_secp256r1_sha256_p1363", alg: jwt.ES256},
		{name: "ecdsa_secp384r1_sha384_p1363", alg: jwt.ES384},
		{name: "ecdsa_secp521r1_sha512_p1363", alg: jwt.ES512},
		{name: "ecdsa_secp256r1_sha256", alg: jwt.ES256, none: true}, // DER
		{name: "ed25519", alg: jwt.EdDSA},
	} {
		t.Run(file.name, func(t *testing.T) {
			ran := 0
			for _, group := range readVectors(t, file.name).TestGroups {
				key := keyOf(t, group.PublicKeyDER)
				var tests sync.WaitGroup
				for i, v := range group.Tests {
					ran++
					tests.Go(func() {
						signed, _ := hex.DecodeString(v.Msg)
						signature, _ := hex.DecodeString(v.Sig)
						err := key.VerifySignature(runtime.WithHost(t.Context(), host), file.alg, signed, signature)
						valid := v.Result == "valid" && !file.none || file.but != 0 && v.TcID == file.but
						if valid != (err == nil) || err != nil && !errors.Is(err, edgeward.TokenSignature) {
							t.Errorf("%d %s: %s, but %v", v.TcID, v.Comment, v.Result, err)
						}
					})
					if i%16 == 15 {
						tests.Wait()
					}
				}
				tests.Wait()
			}
			t.Logf("%d vectors", ran)
		})
	}
}

func keyOf(t *testing.T, der string) jwt.PublicKey {
	t.Helper()
	raw, err := hex.DecodeString(der)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := stdcrypto.PublicJWK(public)
	if err != nil {
		t.Fatal(err)
	}
	key, err := runtime.ImportKey(jwk)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func readVectors(t *testing.T, name string) (file vectors) {
	t.Helper()
	f, err := wycheproof.TestVectors.Open(name + "_test.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}
