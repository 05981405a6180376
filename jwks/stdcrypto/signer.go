package stdcrypto

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// A Signer signs by one algorithm with one private key. It implements
// [jwt.Signer], never prints its key, and is safe for concurrent use.
type Signer struct {
	private crypto.Signer
	public  jwks.JWK
}

var _ jwt.Signer = (*Signer)(nil)

// NewSigner returns a signer for private, an *rsa.PrivateKey,
// *ecdsa.PrivateKey or ed25519.PrivateKey. Its public half must pass
// [jwks.JWK.Check] for alg. An empty kid becomes the RFC 7638 thumbprint.
func NewSigner(kid string, alg jwt.Algorithm, private crypto.Signer) (*Signer, error) {
	switch private.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
	default:
		return nil, fmt.Errorf("stdcrypto: no signer for a %T", private)
	}
	public, err := PublicJWK(private.Public())
	if err != nil {
		return nil, err
	}
	if alg == "" {
		return nil, errors.New("stdcrypto: a signer needs an algorithm")
	}
	public.Algorithm, public.KeyID = alg, kid
	if kid == "" {
		public.KeyID = public.Thumbprint()
	}
	if err := public.Check(); err != nil {
		return nil, err
	}
	return &Signer{private, *public}, nil
}

// Algorithm implements [jwt.Signer].
func (s *Signer) Algorithm() jwt.Algorithm { return s.public.Algorithm }

// KeyID implements [jwt.Signer].
func (s *Signer) KeyID() string { return s.public.KeyID }

// Public returns what verifies the signer's signatures, for publishing.
func (s *Signer) Public() *jwks.JWK {
	public := s.public
	return &public
}

// String implements [fmt.Stringer] and tells nothing of the private key.
func (s *Signer) String() string { return fmt.Sprintf("%s signer %q", s.Algorithm(), s.KeyID()) }

// Format implements [fmt.Formatter], so that not even %#v tells.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// Sign implements [jwt.Signer].
func (s *Signer) Sign(_ context.Context, signed []byte) ([]byte, error) {
	hash := hashOf(s.Algorithm())
	switch key := s.private.(type) {
	case *rsa.PrivateKey:
		if isPSS(s.Algorithm()) {
			return rsa.SignPSS(rand.Reader, key, hash, digest(hash, signed), pssOptions)
		}
		return rsa.SignPKCS1v15(rand.Reader, key, hash, digest(hash, signed))
	case *ecdsa.PrivateKey:
		return signECDSA(key, digest(hash, signed))
	case ed25519.PrivateKey:
		return ed25519.Sign(key, signed), nil
	}
	return nil, errors.New("stdcrypto: unsupported private key")
}

// signECDSA returns r‖s in full length (RFC 7518 §3.4).
func signECDSA(key *ecdsa.PrivateKey, sum []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, key, sum)
	if err != nil {
		return nil, err
	}
	size := coordinateSize(key.Curve)
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signature, nil
}

// GenerateKey returns a new private key for alg. RSA keys have 2048 bits for
// the 256-bit hash and 3072 for the others.
func GenerateKey(alg jwt.Algorithm) (crypto.Signer, error) {
	switch alg {
	case jwt.RS256, jwt.PS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	case jwt.RS384, jwt.RS512, jwt.PS384, jwt.PS512:
		return rsa.GenerateKey(rand.Reader, 3072)
	case jwt.ES256:
		return ecdsa.GenerateKey(curveOf(jwks.P256), rand.Reader)
	case jwt.ES384:
		return ecdsa.GenerateKey(curveOf(jwks.P384), rand.Reader)
	case jwt.ES512:
		return ecdsa.GenerateKey(curveOf(jwks.P521), rand.Reader)
	case jwt.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("stdcrypto: no key pair signs by %q", alg)
}

// PublicJWK returns the parameters of an *rsa.PublicKey, *ecdsa.PublicKey or
// ed25519.PublicKey, without kid and alg and unchecked.
func PublicJWK(public crypto.PublicKey) (*jwks.JWK, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.E < 0 || key.E > 1<<31-1 {
			return nil, errors.New("stdcrypto: RSA exponent is out of bounds")
		}
		return &jwks.JWK{Type: jwks.RSA, N: key.N.Bytes(), E: uint32(key.E)}, nil
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, x, y
		if err != nil {
			return nil, fmt.Errorf("stdcrypto: %w", err)
		}
		size := coordinateSize(key.Curve)
		return &jwks.JWK{Type: jwks.EC, Curve: key.Curve.Params().Name, X: point[1 : 1+size], Y: point[1+size:]}, nil
	case ed25519.PublicKey:
		return &jwks.JWK{Type: jwks.OKP, Curve: jwks.Ed25519, X: key}, nil
	}
	return nil, fmt.Errorf("stdcrypto: %T: %w", public, jwks.ErrUnsupported)
}
