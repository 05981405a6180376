package jwt_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// Wycheproof's raw signatures go through the same check as a token's. Where a
// file's parameters are not those of the algorithm (another hash, another
// salt, a truncated MAC), what it calls valid has to be refused; of what it
// calls invalid some is only wrong for its own parameters.

// A primitiveFile is one of Wycheproof's files about signatures or MACs.
type primitiveFile struct {
	NumberOfTests int
	TestGroups    []primitiveGroup
}

type primitiveGroup struct {
	Type             string
	Sha, MgfSha      string
	SLen             int
	KeySize, TagSize int
	PublicKey        json.RawMessage
	Tests            []primitive
}

type primitive struct {
	TcID    int `json:"tcId"`
	Comment string
	Flags   []string
	Result  string

	Key, Msg, Sig, Tag hexBytes
}

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// runPrimitives checks every vector of a file with the key that keyOf makes of
// its group.
func runPrimitives(t *testing.T, name string, alg jwt.Algorithm, keyOf func(primitiveGroup, primitive) (*jwt.Key, error), conforms func(primitiveGroup) bool) {
	t.Run(fmt.Sprint(name, " ", alg), func(t *testing.T) {
		var file primitiveFile
		readVectors(t, name, &file)
		ran, accepted := 0, 0
		for _, group := range file.TestGroups {
			for _, v := range group.Tests {
				ran++
				key, err := keyOf(group, v)
				if err == nil {
					err = key.VerifySignature(alg, v.Msg, append(v.Sig, v.Tag...))
				}
				if err == nil {
					accepted++
				}
				if valid, ours := v.Result == "valid", conforms(group); ours && valid != (err == nil) || !ours && valid && err == nil {
					t.Errorf("%d %s %v: %s, conforms %v, but %v", v.TcID, v.Comment, v.Flags, v.Result, ours, err)
				}
			}
		}
		if ran == 0 || ran != file.NumberOfTests {
			t.Errorf("ran %d of %d", ran, file.NumberOfTests)
		}
		t.Logf("%d vectors, %d accepted", ran, accepted)
	})
}

func always(primitiveGroup) bool { return true }
func never(primitiveGroup) bool  { return false }

func TestWycheproofECDSA(t *testing.T) {
	for _, c := range []struct {
		name     string
		alg      jwt.Algorithm
		conforms func(primitiveGroup) bool
	}{
		{"ecdsa_secp256r1_sha256_p1363", jwt.ES256, always},
		{"ecdsa_secp384r1_sha384_p1363", jwt.ES384, always},
		{"ecdsa_secp521r1_sha512_p1363", jwt.ES512, always},
		{"ecdsa_secp256r1_sha512_p1363", jwt.ES256, never},
		{"ecdsa_secp384r1_sha512_p1363", jwt.ES384, never},
		{"ecdsa_secp256r1_sha256", jwt.ES256, never}, // DER
		{"ecdsa_secp384r1_sha384", jwt.ES384, never},
		{"ecdsa_secp521r1_sha512", jwt.ES512, never},
		{"ecdsa_secp256k1_sha256_p1363", jwt.ES256, never},
	} {
		runPrimitives(t, c.name, c.alg, ecKey(c.alg), c.conforms)
	}
}

func ecKey(alg jwt.Algorithm) func(primitiveGroup, primitive) (*jwt.Key, error) {
	curves := map[string]string{"secp256r1": jwks.P256, "secp384r1": jwks.P384, "secp521r1": jwks.P521}
	return func(g primitiveGroup, _ primitive) (*jwt.Key, error) {
		var public struct {
			Curve        string
			Uncompressed hexBytes
		}
		if err := json.Unmarshal(g.PublicKey, &public); err != nil {
			return nil, err
		}
		point := public.Uncompressed[1:]
		size := len(point) / 2
		return imported(alg, &jwks.JWK{Type: jwks.EC, Algorithm: alg, Curve: curves[public.Curve], X: point[:size], Y: point[size:]})
	}
}

func TestWycheproofEd25519(t *testing.T) {
	keyOf := func(g primitiveGroup, _ primitive) (*jwt.Key, error) {
		var public struct{ PK hexBytes }
		if err := json.Unmarshal(g.PublicKey, &public); err != nil {
			return nil, err
		}
		return imported(jwt.EdDSA, &jwks.JWK{Type: jwks.OKP, Algorithm: jwt.EdDSA, Curve: jwks.Ed25519, X: public.PK})
	}
	runPrimitives(t, "ed25519", jwt.EdDSA, keyOf, always)
	runPrimitives(t, "ed448", jwt.EdDSA, keyOf, never)
}

func TestWycheproofRSA(t *testing.T) {
	algorithms := map[string]jwt.Algorithm{"sha256": jwt.RS256, "sha384": jwt.RS384, "sha512": jwt.RS512}
	for _, size := range []string{"2048", "3072", "4096", "8192"} {
		for hash, alg := range algorithms {
			runPrimitives(t, "rsa_signature_"+size+"_"+hash, alg, rsaKey(alg), always)
		}
	}
	for _, hash := range []string{"sha224", "sha3_256", "sha512_256"} {
		runPrimitives(t, "rsa_signature_2048_"+hash, jwt.RS256, rsaKey(jwt.RS256), never)
	}
}

// The salt is as long as the hash and MGF1 uses the same hash (RFC 7518 §3.5).
func TestWycheproofPSS(t *testing.T) {
	salts := map[jwt.Algorithm]struct {
		hash string
		salt int
	}{jwt.PS256: {"SHA-256", 32}, jwt.PS384: {"SHA-384", 48}, jwt.PS512: {"SHA-512", 64}}
	for _, name := range []string{
		"rsa_pss_2048_sha256_mgf1_32", "rsa_pss_3072_sha256_mgf1_32", "rsa_pss_4096_sha256_mgf1_32", "rsa_pss_2048_sha384_mgf1_48",
		"rsa_pss_4096_sha384_mgf1_48", "rsa_pss_4096_sha512_mgf1_64", "rsa_pss_4096_sha512_mgf1_32", "rsa_pss_2048_sha256_mgf1_0",
		"rsa_pss_2048_sha256_mgf1sha1_20", "rsa_pss_2048_sha1_mgf1_20", "rsa_pss_2048_sha512_256_mgf1_32", "rsa_pss_misc",
	} {
		for alg, want := range salts {
			runPrimitives(t, name, alg, rsaKey(alg), func(g primitiveGroup) bool {
				return g.Sha == want.hash && g.MgfSha == want.hash && g.SLen == want.salt
			})
		}
	}
}

func rsaKey(alg jwt.Algorithm) func(primitiveGroup, primitive) (*jwt.Key, error) {
	return func(g primitiveGroup, _ primitive) (*jwt.Key, error) {
		var public struct{ Modulus, PublicExponent hexBytes }
		if err := json.Unmarshal(g.PublicKey, &public); err != nil {
			return nil, err
		}
		e := new(big.Int).SetBytes(public.PublicExponent)
		if !e.IsUint64() || e.Uint64() > 1<<32-1 {
			return nil, fmt.Errorf("exponent %v", e)
		}
		n := bytes.TrimLeft(public.Modulus, "\x00")
		return imported(alg, &jwks.JWK{Type: jwks.RSA, Algorithm: alg, N: n, E: uint32(e.Uint64())})
	}
}

// The whole MAC, and a secret as long as the hash.
func TestWycheproofHMAC(t *testing.T) {
	for _, c := range []struct {
		name string
		alg  jwt.Algorithm
		bits int
	}{{"hmac_sha256", jwt.HS256, 256}, {"hmac_sha384", jwt.HS384, 384}, {"hmac_sha512", jwt.HS512, 512}, {"hmac_sha512_256", jwt.HS256, 0}} {
		keyOf := func(_ primitiveGroup, v primitive) (*jwt.Key, error) {
			return jwt.HMACKey("", c.alg, edgeward.NewSecret(string(v.Key)))
		}
		runPrimitives(t, c.name, c.alg, keyOf, func(g primitiveGroup) bool {
			return c.bits > 0 && g.TagSize == c.bits && g.KeySize >= c.bits
		})
	}
}

func imported(alg jwt.Algorithm, k *jwks.JWK) (*jwt.Key, error) {
	public, err := stdcrypto.Import(k)
	if err != nil {
		return nil, err
	}
	return &jwt.Key{Algorithm: alg, Public: public}, nil
}
