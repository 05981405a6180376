package edgeward

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Public reports whether the secret is a public key or a certificate: in PEM, as a
// JWK or a set of them, in DER, or in DER as base64. As the secret of HMAC it lets
// everybody sign (CVE-2023-48223). It knows RSA, the NIST curves and Ed25519.
func (s Secret) Public() bool {
	pem := strings.Contains(s.value, "-----BEGIN ") && (strings.Contains(s.value, "PUBLIC KEY") || strings.Contains(s.value, "CERTIFICATE"))
	jwk := strings.Contains(s.value, `"kty"`) && !strings.Contains(s.value, `"oct"`) && !strings.Contains(s.value, `"d"`)
	return pem || jwk || publicDER(s.value) || publicDER(decoded(s.value))
}

// keyInfo are what a SubjectPublicKeyInfo holds (RFC 5280 §4.1), in a certificate
// too: the end of its algorithm, and the tag of the BIT STRING that comes after. In
// a private key something else comes after.
var keyInfo = []string{
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03", // RSA
	"\x2a\x86\x48\xce\x3d\x03\x01\x07\x03",             // P-256
	"\x2b\x81\x04\x00\x22\x03",                         // P-384
	"\x2b\x81\x04\x00\x23\x03",                         // P-521
	"\x2b\x65\x70\x03\x21\x00",                         // Ed25519
}

// rsaPublicKey are what an RSAPublicKey of 2048, 3072 and 4096 bits begins with
// (RFC 8017 §A.1.1).
var rsaPublicKey = []string{"\x30\x82\x01\x0a\x02\x82\x01\x01", "\x30\x82\x01\x8a\x02\x82\x01\x81", "\x30\x82\x02\x0a\x02\x82\x02\x01"}

func publicDER(s string) bool {
	return strings.HasPrefix(s, "\x30") && slices.ContainsFunc(keyInfo, func(info string) bool { return strings.Contains(s, info) }) ||
		slices.ContainsFunc(rsaPublicKey, func(start string) bool { return strings.HasPrefix(s, start) })
}

// decoded returns what s is the base64 of, in either alphabet and over several
// lines too, "" when it is none.
func decoded(s string) string {
	s = strings.Map(func(c rune) rune {
		switch c {
		case '-':
			return '+'
		case '_':
			return '/'
		case '=', ' ', '\r', '\n':
			return -1
		}
		return c
	}, s)
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}
