package keyfile_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

var message = []byte("header.payload")

// write puts data into a file of mode 0600 and returns its path.
func write(t *testing.T, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func block(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkix(t *testing.T, public crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	return block(t, "PUBLIC KEY", der, err)
}

func pkcs8(t *testing.T, private any) string {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	return block(t, "PRIVATE KEY", der, err)
}

func certificate(t *testing.T, private crypto.Signer) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	return block(t, "CERTIFICATE", der, err)
}

func generate(t *testing.T, alg jwt.Algorithm) crypto.Signer {
	t.Helper()
	private, err := stdcrypto.GenerateKey(alg)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func generateJWK(t *testing.T, alg jwt.Algorithm) *keyfile.Private {
	t.Helper()
	p, err := keyfile.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// proves demands that a signature of s is verified by the key for kid in keys.
func proves(t *testing.T, keys jwks.Keys, kid string, s jwt.Signer) {
	t.Helper()
	signature, err := s.Sign(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keys.Key(t.Context(), kid, kid != "", s.Algorithm())
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Public.VerifySignature(t.Context(), s.Algorithm(), message, signature); err != nil {
		t.Errorf("%s: %v", s.Algorithm(), err)
	}
}

// A private key comes back from its file as it was written, and its public
// half verifies what it signs.
func TestPrivateKeyRoundTrip(t *testing.T) {
	for _, alg := range []jwt.Algorithm{jwt.PS256, jwt.ES256, jwt.ES384, jwt.ES512, jwt.EdDSA} {
		t.Run(string(alg), func(t *testing.T) {
			written := generateJWK(t, alg)
			path := filepath.Join(t.TempDir(), "private.jwk")
			if err := written.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
			}
			if err := written.WriteFile(path); err == nil {
				t.Error("an existing key file was overwritten")
			}
			read, err := keyfile.ReadPrivate(path)
			if err != nil {
				t.Fatal(err)
			}
			if read.KeyID() != written.Public().Thumbprint() || read.Algorithm() != alg {
				t.Errorf("came back as %v", read)
			}
			public := write(t, string(written.Public().AppendJSON(nil)))
			keys, _, err := keyfile.ReadPublic(public)
			if err != nil {
				t.Fatal(err)
			}
			proves(t, keys, written.KeyID(), read)
		})
	}
}

// A file that cannot be written whole leaves nothing behind.
func TestWriteFileIntoNowhere(t *testing.T) {
	if err := generateJWK(t, jwt.ES256).WriteFile(filepath.Join(t.TempDir(), "no", "where")); err == nil {
		t.Error("written into a folder that does not exist")
	}
}

func TestReadPrivatePEM(t *testing.T) {
	rs, es, ed := generate(t, jwt.RS256), generate(t, jwt.ES384), generate(t, jwt.EdDSA)
	sec1, err := x509.MarshalECPrivateKey(es.(*ecdsa.PrivateKey))
	for _, row := range []struct {
		rule, data string
		key        crypto.Signer
		alg        jwt.Algorithm
	}{
		{"PKCS #8 RSA", pkcs8(t, rs), rs, jwt.RS256},
		{"PKCS #1", block(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rs.(*rsa.PrivateKey)), nil), rs, jwt.RS256},
		{"PKCS #8 EC", pkcs8(t, es), es, jwt.ES384},
		{"SEC 1", block(t, "EC PRIVATE KEY", sec1, err), es, jwt.ES384},
		{"PKCS #8 Ed25519", pkcs8(t, ed), ed, jwt.EdDSA},
	} {
		p, err := keyfile.ReadPrivate(write(t, row.data))
		if err != nil {
			t.Errorf("%s: %v", row.rule, err)
			continue
		}
		if p.Algorithm() != row.alg || p.KeyID() != p.Public().Thumbprint() {
			t.Errorf("%s: %v", row.rule, p)
		}
		keys, _, err := keyfile.ReadPublic(write(t, pkix(t, row.key.Public())))
		if err != nil {
			t.Fatal(err)
		}
		proves(t, keys, p.KeyID(), p)
	}
}

func TestReadPublic(t *testing.T) {
	rs, es := generate(t, jwt.RS256), generate(t, jwt.ES256)
	other := generateJWK(t, jwt.EdDSA)
	set := string(jwks.AppendSet(nil, other.Public()))
	withEncryption := strings.Replace(set, `"keys":[`, `"keys":[{"kty":"RSA","use":"enc"},`, 1)
	for _, row := range []struct {
		rule, data string
		algorithms int
		ignored    int
	}{
		{"PKIX", pkix(t, es.Public()), 1, 0},
		{"PKCS #1", block(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(rs.Public().(*rsa.PublicKey)), nil), 6, 0},
		{"certificate, expired", certificate(t, es), 1, 0},
		{"two keys with text around them", "# old\n" + pkix(t, es.Public()) + "\n# new\n" + pkix(t, rs.Public()) + "\n", 7, 0},
		{"JWK", string(other.Public().AppendJSON(nil)), 1, 0},
		{"JWK set", set, 1, 0},
		{"JWK set with white space", "\n\t" + set + "\n", 1, 0},
		{"JWK set with an encryption key", withEncryption, 1, 1},
	} {
		keys, ignored, err := keyfile.ReadPublic(write(t, row.data))
		if err != nil {
			t.Errorf("%s: %v", row.rule, err)
			continue
		}
		if len(keys.Keys()) != row.algorithms || len(ignored) != row.ignored {
			t.Errorf("%s: %d keys, %d ignored; want %d, %d", row.rule, len(keys.Keys()), len(ignored), row.algorithms, row.ignored)
		}
	}
}

func TestReadPublicRefuses(t *testing.T) {
	es := generate(t, jwt.ES256)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := generateJWK(t, jwt.ES256)
	jwk := string(private.AppendJWK(nil))
	for rule, data := range map[string]string{
		"empty":                       "",
		"white space":                 " \n",
		"text":                        "hello",
		"text after the key":          pkix(t, es.Public()) + "hello",
		"private key":                 pkcs8(t, es),
		"private key after a public":  pkix(t, es.Public()) + pkcs8(t, es),
		"private JWK":                 jwk,
		"private JWK in a set":        `{"keys":[` + jwk + `]}`,
		"private JWK beside a public": `{"keys":[` + jwk + `,` + string(generateJWK(t, jwt.EdDSA).Public().AppendJSON(nil)) + `]}`,
		"RSA of 1024 bits":            pkix(t, weak.Public()),
		"P-224":                       pkix(t, p224.Public()),
		"X25519":                      pkix(t, x25519.Public()),
		"another PEM block":           block(t, "X509 CRL", []byte{1}, nil),
		"broken DER":                  block(t, "PUBLIC KEY", []byte{1}, nil),
		"broken certificate":          block(t, "CERTIFICATE", []byte{1}, nil),
		"symmetric JWK":               `{"kty":"oct","k":"AAAA"}`,
		"set without usable keys":     `{"keys":[{"kty":"RSA","use":"enc"}]}`,
		"larger than 1 MiB":           pkix(t, es.Public()) + strings.Repeat("\n", 1<<20),
	} {
		path := write(t, data)
		_, _, err := keyfile.ReadPublic(path)
		if err == nil {
			t.Errorf("%s: accepted", rule)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v does not name the file", rule, err)
		}
	}
	if _, _, err := keyfile.ReadPublic(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no file: accepted")
	}
}

func TestReadPrivateRefuses(t *testing.T) {
	ec, rs := string(generateJWK(t, jwt.ES256).AppendJWK(nil)), string(generateJWK(t, jwt.RS256).AppendJWK(nil))
	ed, other := string(generateJWK(t, jwt.EdDSA).AppendJWK(nil)), string(generateJWK(t, jwt.EdDSA).AppendJWK(nil))
	replace := func(s, old, new string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("no %s to replace", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	member := func(s, name string) string {
		i := strings.Index(s, `"`+name+`":"`)
		return s[i : i+strings.Index(s[i+len(name)+4:], `"`)+len(name)+5]
	}
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	x25519, _ := ecdh.X25519().GenerateKey(rand.Reader)
	es := generate(t, jwt.ES256)
	for rule, data := range map[string]string{
		"empty":                    "",
		"text":                     "hello",
		"public PEM":               pkix(t, es.Public()),
		"two keys":                 pkcs8(t, es) + pkcs8(t, es),
		"encrypted":                block(t, "ENCRYPTED PRIVATE KEY", []byte{1}, nil),
		"broken PKCS #8":           block(t, "PRIVATE KEY", []byte{1}, nil),
		"broken SEC 1":             block(t, "EC PRIVATE KEY", []byte{1}, nil),
		"P-224":                    pkcs8(t, p224),
		"RSA of 1024 bits":         pkcs8(t, weak),
		"X25519":                   pkcs8(t, x25519),
		"public JWK":               string(generateJWK(t, jwt.ES256).Public().AppendJSON(nil)),
		"JWK for encryption":       replace(ec, `"use":"sig"`, `"use":"enc"`),
		"JWK with other key_ops":   replace(ec, `"use":"sig"`, `"key_ops":["verify"]`),
		"JWK of another algorithm": replace(ec, `"ES256"`, `"ES384"`),
		"JWK with an empty kid":    replace(ec, member(ec, "kid"), `"kid":""`),
		"JWK with a number as alg": replace(ec, `"alg":"ES256"`, `"alg":256`),
		"d of another key":         replace(ed, member(ed, "d"), member(other, "d")),
		"d too short":              replace(ed, member(ed, "d"), `"d":"AAAA"`),
		"EC d zero":                replace(ec, member(ec, "d"), `"d":"`+strings.Repeat("A", 43)+`"`),
		"EC x missing":             replace(ec, member(ec, "x")+",", ""),
		"EC y of another point":    replace(ec, member(ec, "y"), `"y":"`+strings.Repeat("A", 43)+`"`),
		"RSA d of another key":     replace(rs, member(rs, "d"), `"d":"AQAB"`),
		"RSA p missing":            replace(rs, member(rs, "p")+",", ""),
		"RSA p and q the same":     replace(rs, member(rs, "q"), `"q"`+member(rs, "p")[3:]),
		"RSA e huge":               replace(rs, `"e":"AQAB"`, `"e":"AQAAAAAAAQAB"`),
		"duplicate member":         replace(ec, `{`, `{"kty":"EC",`),
		"symmetric":                `{"kty":"oct","k":"AAAA","d":"AAAA"}`,
	} {
		path := write(t, data)
		p, err := keyfile.ReadPrivate(path)
		if err == nil {
			t.Errorf("%s: accepted as %v", rule, p)
			continue
		}
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v does not name the file", rule, err)
		}
		for _, secret := range []string{member(ec, "d"), member(rs, "d"), member(ed, "d")} {
			if strings.Contains(err.Error(), secret[5:len(secret)-1]) {
				t.Errorf("%s: the error shows the key", rule)
			}
		}
	}
}

// A private key that everybody on the machine may read is refused.
func TestReadPrivateRefusesWorldReadable(t *testing.T) {
	path := write(t, string(generateJWK(t, jwt.ES256).AppendJWK(nil)))
	for _, mode := range []os.FileMode{0o644, 0o604, 0o600, 0o640} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := keyfile.ReadPrivate(path)
		if allowed := slices.Contains([]os.FileMode{0o600, 0o640}, mode); (err == nil) != allowed {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

// FuzzParse holds the readers to not panicking, and to what they promise of
// what they accept.
func FuzzParse(f *testing.F) {
	private, err := keyfile.Generate(jwt.EdDSA)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(private.AppendJWK(nil))
	f.Add(private.Public().AppendJSON(nil))
	f.Add(jwks.AppendSet(nil, private.Public()))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if set, _, err := keyfile.ParsePublic(data); err == nil && len(set.Keys()) == 0 {
			t.Error("a set without keys was accepted")
		}
		if p, err := keyfile.ParsePrivate(data); err == nil {
			if _, err := p.Sign(t.Context(), message); err != nil {
				t.Errorf("an accepted key does not sign: %v", err)
			}
		}
	})
}
