package keyfile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

var base64url = base64.RawURLEncoding.Strict()

// parsePrivateJWK reads a private JWK (RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2).
func parsePrivateJWK(data []byte) (*Private, error) {
	m, err := strictjson.Object(data)
	if err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	if err := checkSigning(m); err != nil {
		return nil, err
	}
	key, err := privateKey(m)
	if err != nil {
		return nil, err
	}
	if err := checkPublicHalf(m, key.Public()); err != nil {
		return nil, err
	}
	return newPrivate(text(m, "kid"), jwt.AlgorithmOf(text(m, "alg")), key)
}

// checkSigning demands that kid and alg are strings where present, and that
// use and key_ops allow signing (RFC 7517 §4.2, §4.3).
func checkSigning(m strictjson.Members) error {
	for _, name := range []string{"kid", "alg"} {
		if _, found := m.Lookup(name); found && text(m, name) == "" {
			return fmt.Errorf("keyfile: %q is not a string, or empty", name)
		}
	}
	if _, found := m.Lookup("use"); found && text(m, "use") != "sig" {
		return errors.New("keyfile: the key is not meant for signing")
	}
	if ops, found := m.Lookup("key_ops"); found {
		if list, ok := ops.Strings(); !ok || !slices.Contains(list, "sign") {
			return errors.New("keyfile: the key is not meant for signing")
		}
	}
	return nil
}

func privateKey(m strictjson.Members) (crypto.Signer, error) {
	d, err := octets(m, "d")
	if err != nil {
		return nil, err
	}
	switch text(m, "kty") + " " + text(m, "crv") {
	case "RSA ":
		return rsaPrivateKey(m, d)
	case "EC P-256":
		return ecPrivateKey(elliptic.P256(), d)
	case "EC P-384":
		return ecPrivateKey(elliptic.P384(), d)
	case "EC P-521":
		return ecPrivateKey(elliptic.P521(), d)
	case "OKP Ed25519":
		if len(d) != ed25519.SeedSize {
			return nil, errors.New("keyfile: d has the wrong length")
		}
		return ed25519.NewKeyFromSeed(d), nil
	}
	return nil, jwks.ErrUnsupported
}

func ecPrivateKey(c elliptic.Curve, d []byte) (crypto.Signer, error) {
	key, err := ecdsa.ParseRawPrivateKey(c, d)
	if err != nil {
		return nil, errors.New("keyfile: d is not a private key of the curve")
	}
	return key, nil
}

// rsaPrivateKey takes n, e, d, p and q, checks that they belong together, and
// computes the rest itself. An e that does not fit an int comes out as another,
// which checkPublicHalf notices.
func rsaPrivateKey(m strictjson.Members, d []byte) (crypto.Signer, error) {
	var numbers [4]*big.Int
	for i, name := range []string{"n", "e", "p", "q"} {
		b, err := octets(m, name)
		if err != nil {
			return nil, err
		}
		numbers[i] = new(big.Int).SetBytes(b)
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: numbers[0], E: int(numbers[1].Int64())},
		D:         new(big.Int).SetBytes(d),
		Primes:    numbers[2:],
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		return nil, errors.New("keyfile: the numbers of the RSA key do not belong together")
	}
	return key, nil
}

// checkPublicHalf demands that the public members of the file are those of the
// private key: whoever publishes them must publish the right ones.
func checkPublicHalf(m strictjson.Members, public crypto.PublicKey) error {
	k, err := stdcrypto.PublicJWK(public)
	if err != nil {
		return err
	}
	half, err := strictjson.Object(k.AppendJSON(nil))
	if err != nil {
		return err
	}
	for _, name := range []string{"n", "e", "x", "y"} {
		if text(m, name) != text(half, name) {
			return fmt.Errorf("keyfile: %q does not belong to the private key", name)
		}
	}
	return nil
}

// AppendJWK appends the private JWK, secrets included.
func (p *Private) AppendJWK(dst []byte) []byte {
	dst = p.Public().AppendJSON(dst)
	dst = dst[:len(dst)-1] // reopen the object
	switch key := p.key.(type) {
	case *rsa.PrivateKey:
		dst = appendOctets(dst, "d", key.D.Bytes())
		dst = appendOctets(dst, "p", key.Primes[0].Bytes())
		dst = appendOctets(dst, "q", key.Primes[1].Bytes())
		dst = appendOctets(dst, "dp", key.Precomputed.Dp.Bytes())
		dst = appendOctets(dst, "dq", key.Precomputed.Dq.Bytes())
		dst = appendOctets(dst, "qi", key.Precomputed.Qinv.Bytes())
	case *ecdsa.PrivateKey:
		d, _ := key.Bytes() // fails for foreign curves only
		dst = appendOctets(dst, "d", d)
	case ed25519.PrivateKey:
		dst = appendOctets(dst, "d", key.Seed())
	}
	return append(dst, '}')
}

func appendOctets(dst []byte, name string, value []byte) []byte {
	dst = strictjson.AppendString(append(dst, ','), name)
	return strictjson.AppendString(append(dst, ':'), base64url.EncodeToString(value))
}

func octets(m strictjson.Members, name string) ([]byte, error) {
	b, err := base64url.DecodeString(text(m, name))
	if err != nil || len(b) == 0 {
		return nil, fmt.Errorf("keyfile: %q is missing or not base64url", name)
	}
	return b, nil
}

// text returns a string member, or "".
func text(m strictjson.Members, name string) string {
	v, _ := m.Lookup(name)
	s, _ := v.String()
	return s
}
