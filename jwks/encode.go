package jwks

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// AppendSet appends the JWK set of keys, fit for /.well-known/jwks.json. The
// order is kept, so that equal sets have equal bytes.
func AppendSet(dst []byte, keys ...*JWK) []byte {
	dst = append(dst, `{"keys":[`...)
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = k.AppendJSON(dst)
	}
	return append(dst, "]}"...)
}

// AppendJSON appends k as a public JWK for verifying signatures.
func (k *JWK) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if k.KeyID != "" {
		dst = append(appendMember(dst, "kid", k.KeyID), ',')
	}
	if k.Algorithm != "" {
		dst = append(appendMember(dst, "alg", string(k.Algorithm)), ',')
	}
	dst = append(appendMember(dst, "use", "sig"), ',')
	return append(k.appendRequired(dst), '}')
}

// Thumbprint returns the RFC 7638 thumbprint with SHA-256, in base64url. It
// depends on the key alone, which makes it a good kid.
func (k *JWK) Thumbprint() string {
	sum := k.thumbprint()
	return base64url.EncodeToString(sum[:])
}

func (k *JWK) thumbprint() thumbprint {
	return sha256.Sum256(append(k.appendRequired([]byte{'{'}), '}'))
}

// appendRequired appends the members that define the key, in the order of
// RFC 7638 §3 and without space.
func (k *JWK) appendRequired(dst []byte) []byte {
	if k.Type == RSA {
		e := binary.BigEndian.AppendUint32(nil, k.E)
		dst = append(appendOctets(dst, "e", e[bits.LeadingZeros32(k.E)/8:]), ',')
		dst = append(appendMember(dst, "kty", k.Type), ',')
		return appendOctets(dst, "n", k.N)
	}
	dst = append(appendMember(dst, "crv", k.Curve), ',')
	dst = append(appendMember(dst, "kty", k.Type), ',')
	dst = appendOctets(dst, "x", k.X)
	if k.Type == EC {
		dst = appendOctets(append(dst, ','), "y", k.Y)
	}
	return dst
}

func appendOctets(dst []byte, name string, value []byte) []byte {
	return appendMember(dst, name, base64url.EncodeToString(value))
}

func appendMember(dst []byte, name, value string) []byte {
	dst = append(strictjson.AppendString(dst, name), ':')
	return strictjson.AppendString(dst, value)
}
