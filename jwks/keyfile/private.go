package keyfile

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// A Private is a private key that signs by one algorithm. It prints as its
// kid; the key itself leaves it only by [Private.AppendJWK] and
// [Private.WriteFile].
type Private struct {
	*stdcrypto.Signer
	key crypto.Signer
}

// Generate returns a new private key for alg, whose kid is its RFC 7638
// thumbprint.
func Generate(alg jwt.Algorithm) (*Private, error) {
	key, err := stdcrypto.GenerateKey(alg)
	if err != nil {
		return nil, err
	}
	return newPrivate("", alg, key)
}

func newPrivate(kid string, alg jwt.Algorithm, key crypto.Signer) (*Private, error) {
	if k, ok := key.(*rsa.PrivateKey); ok && len(k.Primes) != 2 {
		return nil, errors.New("keyfile: RSA key does not have two primes")
	}
	if alg == "" {
		alg = usual(key)
	}
	s, err := stdcrypto.NewSigner(kid, alg, key)
	if err != nil {
		return nil, err
	}
	return &Private{s, key}, nil
}

// usual returns the algorithm of a key that does not name one: RS256 for RSA,
// otherwise the only one of its curve.
func usual(key crypto.Signer) jwt.Algorithm {
	switch key.(type) {
	case nil:
		return ""
	case *rsa.PrivateKey:
		return jwt.RS256
	}
	public, err := stdcrypto.PublicJWK(key.Public())
	if err != nil || len(public.Algorithms()) == 0 {
		return ""
	}
	return public.Algorithms()[0]
}

// ReadPrivate reads the private key in the file at path: a JWK, or PEM
// ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"), whose kid then is its
// thumbprint. It refuses a file that everybody may read. Errors name the path
// and hold nothing of the key.
func ReadPrivate(path string) (*Private, error) {
	data, err := read(path, true)
	if err != nil {
		return nil, err
	}
	p, err := ParsePrivate(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// ParsePrivate is [ReadPrivate] for data that was read already.
func ParsePrivate(data []byte) (*Private, error) {
	if isJSON(data) {
		return parsePrivateJWK(data)
	}
	block, rest := pem.Decode(data)
	if block == nil {
		return nil, errors.New("keyfile: neither PEM nor JSON")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("keyfile: more than one private key")
	}
	key, err := parsePrivateBlock(block)
	if err != nil {
		return nil, err
	}
	return newPrivate("", "", key)
}

func parsePrivateBlock(b *pem.Block) (key crypto.Signer, err error) {
	switch b.Type {
	case "PRIVATE KEY":
		parsed, err := x509.ParsePKCS8PrivateKey(b.Bytes)
		if err != nil {
			return nil, errors.New("keyfile: not a valid PRIVATE KEY")
		}
		key, _ = parsed.(crypto.Signer) // nil, an ECDH key say, no signer takes
		return key, nil
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(b.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(b.Bytes)
	default:
		return nil, fmt.Errorf("keyfile: a PEM block of type %q is no private key that can be read", b.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("keyfile: not a valid %s", b.Type)
	}
	return key, nil
}

// WriteFile writes the key to a new file at path, for its owner only, and
// makes sure that it is on the disk. It never overwrites a file: an old key
// may still be needed.
func (p *Private) WriteFile(path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	if _, err = f.Write(append(p.AppendJWK(nil), '\n')); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// worldReadable reports whether everybody may read a file of mode. Windows has
// no such bits.
func worldReadable(mode os.FileMode) bool { return runtime.GOOS != "windows" && mode&0o004 != 0 }
