package jwks

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/edgeward/edgeward/jwt"
)

const (
	minModulus = 2048 // bits, NIST SP 800-131A
	maxModulus = 8192 // bits: a longer one makes each verification a small attack
)

var (
	errModulus    = fmt.Errorf("jwks: RSA modulus is not of %d to %d bits without leading zeros", minModulus, maxModulus)
	errExponent   = errors.New("jwks: RSA exponent is not odd and between 3 and 2^31-1")
	errFactor     = errors.New("jwks: RSA modulus has a small factor")
	errROCA       = errors.New("jwks: RSA modulus bears the ROCA fingerprint and can be factored (CVE-2017-15361)")
	errSmallOrder = errors.New("jwks: Ed25519 key of small order, under which anyone can sign")
	errPoint      = errors.New("jwks: coordinates do not have the length of their curve")
)

// rsaAlgorithms are what an RSA key without alg may serve. Which of them an
// issuer may use is for its configuration to say.
var rsaAlgorithms = []jwt.Algorithm{jwt.RS256, jwt.RS384, jwt.RS512, jwt.PS256, jwt.PS384, jwt.PS512}

// A curve fixes the algorithm of its keys and the length of a coordinate in bytes.
type curve struct {
	kty        string
	algorithms []jwt.Algorithm
	size       int
}

var curves = map[string]curve{
	P256:    {EC, []jwt.Algorithm{jwt.ES256}, 32},
	P384:    {EC, []jwt.Algorithm{jwt.ES384}, 48},
	P521:    {EC, []jwt.Algorithm{jwt.ES512}, 66},
	Ed25519: {OKP, []jwt.Algorithm{jwt.EdDSA}, 32},
}

// Algorithms returns the algorithms that k may verify: its own alg, or all of
// its family. The slice is shared and read-only.
func (k *JWK) Algorithms() []jwt.Algorithm {
	if k.Algorithm != "" {
		return []jwt.Algorithm{k.Algorithm}
	}
	return k.family()
}

func (k *JWK) family() []jwt.Algorithm {
	if k.Type == RSA {
		return rsaAlgorithms
	}
	return curves[k.Curve].algorithms
}

// Check refuses a key that is weak or contradicts itself. It does not see
// whether a point lies on its curve: that is the [Importer]'s.
func (k *JWK) Check() error {
	if len(k.KeyID) > maxKeyID {
		return errKeyID
	}
	check := k.checkCurve
	if k.Type == RSA {
		check = k.checkRSA
	}
	if err := check(); err != nil {
		return err
	}
	if k.Algorithm != "" && !slices.Contains(k.family(), k.Algorithm) {
		return fmt.Errorf("jwks: alg does not fit the key type and curve: %w", ErrUnsupported)
	}
	return nil
}

func (k *JWK) checkRSA() error {
	if k.Curve != "" || k.X != nil || k.Y != nil {
		return errors.New("jwks: an RSA key has no curve")
	}
	if len(k.N) == 0 || k.N[0] == 0 || len(k.N) > maxModulus/8 {
		return errModulus
	}
	if len(k.N)*8-bits.LeadingZeros8(k.N[0]) < minModulus {
		return errModulus
	}
	// Go's crypto/rsa stops at 31 bits as well, on all platforms.
	if k.E < 3 || k.E%2 == 0 || k.E > 1<<31-1 {
		return errExponent
	}
	return checkModulus(k.N)
}

func (k *JWK) checkCurve() error {
	c, found := curves[k.Curve]
	if !found || c.kty != k.Type {
		return ErrUnsupported
	}
	if k.N != nil || k.E != 0 {
		return errors.New("jwks: a key on a curve has no modulus")
	}
	if len(k.X) != c.size || len(k.Y) != 0 && k.Type == OKP || len(k.Y) != c.size && k.Type == EC {
		return errPoint
	}
	if k.Type == OKP && hasSmallOrder(k.X) {
		return errSmallOrder
	}
	return nil
}
