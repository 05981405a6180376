// Package keyfile reads keys from files: public ones, by which an issuer's
// tokens are verified without asking anybody, and private ones, by which
// Edgeward signs. It reads PEM and JWK and writes JWK.
package keyfile

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// ReadPublic reads the verification keys in the file at path: a JWK set, a
// single JWK, or PEM blocks ("PUBLIC KEY", "RSA PUBLIC KEY", or "CERTIFICATE",
// of which the key is taken and nothing else: that the operator put it there
// is what it is believed for).
//
// A PEM key and a single JWK must be sound. In a set, which is often a copy of
// a provider's, keys that are of no use are ignored and reported. A file with
// a private key in it is refused: it does not belong where tokens are only
// verified. Errors name the path.
func ReadPublic(path string) (*jwks.Static, []jwks.Ignored, error) {
	data, err := read(path, false)
	if err != nil {
		return nil, nil, err
	}
	set, ignored, err := ParsePublic(data)
	if err != nil {
		return nil, ignored, fmt.Errorf("%s: %w", path, err)
	}
	return set.Static(), ignored, nil
}

// ParsePublic is [ReadPublic] for data that was read already.
func ParsePublic(data []byte) (*jwks.Set, []jwks.Ignored, error) {
	return parsePublic(data, stdcrypto.Import)
}

// PublicSet returns the keys that [ParsePublic] takes, as a JWK set with what
// verifying needs and nothing else, for who cannot read the file.
func PublicSet(data []byte) ([]byte, error) {
	var keys []*jwks.JWK
	_, _, err := parsePublic(data, func(k *jwks.JWK) (jwt.PublicKey, error) {
		public, err := stdcrypto.Import(k)
		if err == nil {
			keys = append(keys, k)
		}
		return public, err
	})
	if err != nil {
		return nil, err
	}
	return jwks.AppendSet(nil, keys...), nil
}

func parsePublic(data []byte, imp jwks.Importer) (*jwks.Set, []jwks.Ignored, error) {
	if !isJSON(data) {
		keys, err := parsePEM(data)
		if err != nil {
			return nil, nil, err
		}
		set, err := jwks.NewSet(imp, keys...)
		return set, nil, err
	}
	if m, err := strictjson.Object(data); err == nil {
		if _, found := m.Lookup("keys"); !found {
			return parseJWK(data, imp)
		}
	}
	set, ignored, err := jwks.Parse(data, imp)
	for _, i := range ignored {
		if errors.Is(i.Err, jwks.ErrPrivate) {
			return nil, ignored, errPrivate
		}
	}
	return set, ignored, err
}

var errPrivate = errors.New("keyfile: the file holds a private key; only its public half belongs here")

func parseJWK(data []byte, imp jwks.Importer) (*jwks.Set, []jwks.Ignored, error) {
	k, err := jwks.ParseKey(data)
	if errors.Is(err, jwks.ErrPrivate) {
		err = errPrivate
	}
	if err != nil {
		return nil, nil, err
	}
	set, err := jwks.NewSet(imp, k)
	return set, nil, err
}

func parsePEM(data []byte) (keys []*jwks.JWK, err error) {
	for len(bytes.TrimSpace(data)) > 0 {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, errors.New("keyfile: neither PEM nor JSON")
		}
		public, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		k, err := stdcrypto.PublicJWK(public)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errors.New("keyfile: the file is empty")
	}
	return keys, nil
}

func parseBlock(b *pem.Block) (crypto.PublicKey, error) {
	switch b.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(b.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(b.Bytes)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, err
		}
		return c.PublicKey, nil
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return nil, errPrivate
	}
	return nil, fmt.Errorf("keyfile: a PEM block of type %q is no key", b.Type)
}

// isJSON reports whether data looks like JSON rather than PEM.
func isJSON(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) }

// read reads at most [jwks.MaxSize] bytes. A secret file must not be readable
// by everybody on the machine.
func read(path string, secret bool) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if secret && worldReadable(info.Mode()) {
		return nil, fmt.Errorf("%s: keyfile: this private key is world-readable (mode %04o); chmod 600 it", path, info.Mode().Perm())
	}
	data, err := io.ReadAll(io.LimitReader(f, jwks.MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > jwks.MaxSize {
		return nil, fmt.Errorf("%s: keyfile: larger than %d bytes", path, jwks.MaxSize)
	}
	return data, nil
}
