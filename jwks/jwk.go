package jwks

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

// The key types and curves that Edgeward verifies with (RFC 7518 §6, RFC 8037 §2).
const (
	RSA = "RSA"
	EC  = "EC"
	OKP = "OKP"

	P256    = "P-256"
	P384    = "P-384"
	P521    = "P-521"
	Ed25519 = "Ed25519"
)

// A JWK is the public half of one asymmetric key (RFC 7517 §4). Numbers are
// big-endian. Whoever fills one in by hand calls [JWK.Check].
type JWK struct {
	Type      string        // kty: RSA, EC or OKP
	KeyID     string        // kid, or "" for none
	Algorithm jwt.Algorithm // alg, or "" when the key may serve its whole family

	N []byte // RSA modulus, without leading zeros
	E uint32 // RSA public exponent

	Curve string // crv of EC and OKP
	X, Y  []byte // coordinates in the curve's full length; OKP has X only
}

// Why a key of a set is ignored although it may be well-formed.
var (
	// ErrPrivate says that a private key was published. The issuer has lost
	// it to everybody: worth an alarm, and never worth believing.
	ErrPrivate = errors.New("jwks: private members in a public key")
	// ErrPurpose says that the key is not for verifying signatures. Sets
	// often hold encryption keys too.
	ErrPurpose = errors.New("jwks: key is not meant for verifying signatures")
	// ErrUnsupported says that the key is of a type, curve or algorithm that
	// is not verified here.
	ErrUnsupported = errors.New("jwks: unsupported key type, curve or algorithm")

	errSymmetric = errors.New("jwks: the set holds a symmetric key, with which every holder could sign")
	errKeyID     = fmt.Errorf("jwks: kid is not a string of up to %d bytes", maxKeyID)
)

// maxKeyID bounds a kid in bytes: it is a map key and nothing else.
const maxKeyID = 256

// privateMembers carry secrets (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// parseJWK reads one key. errSymmetric condemns the set that it is in, any
// other error this key only. k.KeyID is filled in wherever it is legible.
func parseJWK(m strictjson.Members) (k *JWK, err error) {
	k = &JWK{}
	if k.KeyID, err = keyID(m); err != nil {
		return k, err
	}
	if k.Type, _ = text(m, "kty"); k.Type == "oct" {
		return k, errSymmetric
	}
	if slices.ContainsFunc(privateMembers, func(name string) bool { return has(m, name) }) {
		_ = k.parameters(m) // the public half, to be left out wherever else it stands
		return k, ErrPrivate
	}
	if err := checkPurpose(m); err != nil {
		return k, err
	}
	if err := k.parameters(m); err != nil {
		return k, err
	}
	return k, k.Check()
}

// keyID returns kid. An empty one names no key: it is as good as absent, here as
// in a token's header.
func keyID(m strictjson.Members) (string, error) {
	v, found := m.Stated("kid")
	if !found {
		return "", nil
	}
	kid, ok := v.String()
	if !ok || len(kid) > maxKeyID {
		return "", errKeyID
	}
	return kid, nil
}

// checkPurpose demands that use and key_ops, where present, allow verifying
// (RFC 7517 §4.2, §4.3).
func checkPurpose(m strictjson.Members) error {
	if use, found := m.Stated("use"); found {
		if s, _ := use.String(); s != "sig" {
			return ErrPurpose
		}
	}
	if ops, found := m.Stated("key_ops"); found {
		if list, ok := ops.Strings(); !ok || !slices.Contains(list, "verify") {
			return ErrPurpose
		}
	}
	return nil
}

// parameters reads alg and what kty calls for (RFC 7518 §6.2.1, §6.3.1).
func (k *JWK) parameters(m strictjson.Members) (err error) {
	if v, found := m.Stated("alg"); found {
		alg, ok := v.String()
		if !ok || alg == "" { // the empty one would pass for an absent one
			return ErrUnsupported
		}
		k.Algorithm = jwt.AlgorithmOf(alg)
	}
	switch k.Type {
	case RSA:
		return k.rsaParameters(m)
	case EC:
		k.Curve, _ = text(m, "crv")
		if k.X, err = octets(m, "x"); err == nil {
			k.Y, err = octets(m, "y")
		}
		return err
	case OKP:
		k.Curve, _ = text(m, "crv")
		k.X, err = octets(m, "x")
		return err
	}
	return ErrUnsupported
}

func (k *JWK) rsaParameters(m strictjson.Members) (err error) {
	if k.N, err = octets(m, "n"); err != nil {
		return err
	}
	e, err := octets(m, "e")
	if err != nil {
		return err
	}
	if len(e) > 4 || len(e) > 0 && e[0] == 0 {
		return errExponent
	}
	for _, b := range e {
		k.E = k.E<<8 | uint32(b)
	}
	return nil
}

var base64url = base64.RawURLEncoding.Strict()

// octets decodes strict base64url. Go's decoder skips CR and LF even when
// strict, which would give one key several spellings.
func octets(m strictjson.Members, name string) ([]byte, error) {
	s, ok := text(m, name)
	if !ok {
		return nil, fmt.Errorf("jwks: %q is missing or not a string", name)
	}
	b, err := base64url.DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("jwks: %q is not strict base64url", name)
	}
	return b, nil
}

func text(m strictjson.Members, name string) (string, bool) {
	v, _ := m.Lookup(name)
	return v.String()
}

func has(m strictjson.Members, name string) bool {
	_, found := m.Stated(name)
	return found
}
