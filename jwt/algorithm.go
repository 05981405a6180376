package jwt

// An Algorithm is a JWS "alg" value that Edgeward verifies (RFC 7518 §3.1,
// RFC 8037 §3.1, RFC 9864 §2.2). The names are case-sensitive. Whether a token may use one is
// never for the token to say: it must equal the algorithm of the [Key].
type Algorithm string

// The algorithms. "none" is not one of them, nor is anything with SHA-1,
// secp256k1 or a truncated MAC.
const (
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
	EdDSA Algorithm = "EdDSA" // Ed25519 only, also by that name: see [AlgorithmOf]
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
)

// Ed25519 is the name that RFC 9864 §2.2 gives to [EdDSA] with that curve, the only
// one that there is here. Ed448 stays unknown.
const Ed25519 = "Ed25519"

// AlgorithmOf returns the algorithm that name stands for. Wherever a name comes
// from outside, a header, a JWK or a configuration, it is read by this, so that
// both names of EdDSA are one algorithm for one key. A name that stands for none
// is returned as it is, and is not [Algorithm.Known].
func AlgorithmOf(name string) Algorithm {
	if name == Ed25519 {
		return EdDSA
	}
	return Algorithm(name)
}

// Algorithms returns all of them, in a fixed order.
func Algorithms() []Algorithm {
	return []Algorithm{
		RS256, RS384, RS512, PS256, PS384, PS512,
		ES256, ES384, ES512, EdDSA, HS256, HS384, HS512,
	}
}

// Known reports whether a is one of the constants above, spelled exactly so.
func (a Algorithm) Known() bool {
	_, known := a.signatureSize()
	return known
}

// Symmetric reports whether a is an HMAC: whoever verifies with such a key can
// also sign with it, so it never comes from a remote key set.
func (a Algorithm) Symmetric() bool { return a == HS256 || a == HS384 || a == HS512 }

// signatureSize returns the one length in bytes that a signature has, 0 where
// it depends on the key (RSA).
func (a Algorithm) signatureSize() (size int, known bool) {
	switch a {
	case RS256, RS384, RS512, PS256, PS384, PS512:
		return 0, true
	case ES256, EdDSA, HS512:
		return 64, true
	case ES384:
		return 96, true
	case ES512:
		return 132, true
	case HS256:
		return 32, true
	case HS384:
		return 48, true
	}
	return 0, false
}
