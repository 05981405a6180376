package jwt

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A Signer signs with one private key or secret, by one algorithm. HMAC is
// [HMACSigner]; the host supplies the others (jwks/stdcrypto natively).
//
// Sign returns the signature of signed in the JWS form (ECDSA as r‖s, RFC 7518
// §3.4) or an error that wraps no Reason. It neither changes nor keeps signed.
// A Signer is safe for concurrent use.
type Signer interface {
	Algorithm() Algorithm
	KeyID() string // kid to put into the header; "" for none
	Sign(ctx context.Context, signed []byte) ([]byte, error)
}

// Sign returns the compact JWS of payload, with a header of alg, kid and typ;
// an empty typ is left out. It mints only what [Parse] can read back: payload
// is one strict JSON object and the token has at most 8 KiB.
func Sign(ctx context.Context, s Signer, typ string, payload []byte) (string, error) {
	if !s.Algorithm().Known() || len(s.KeyID()) > maxKeyID {
		return "", fmt.Errorf("jwt: sign: signer has no known algorithm or too long a key id")
	}
	if _, err := strictjson.Object(payload); err != nil {
		return "", fmt.Errorf("jwt: sign: claims: %w", err)
	}
	token := base64.RawURLEncoding.AppendEncode(nil, appendHeader(nil, s, typ))
	token = append(token, '.')
	token = base64.RawURLEncoding.AppendEncode(token, payload)
	signature, err := s.Sign(ctx, token)
	if err != nil {
		return "", fmt.Errorf("jwt: sign: %w", err)
	}
	token = append(token, '.')
	token = base64.RawURLEncoding.AppendEncode(token, signature)
	if len(token) > MaxToken {
		return "", fmt.Errorf("jwt: sign: token would be longer than %d bytes", MaxToken)
	}
	return string(token), nil
}

func appendHeader(dst []byte, s Signer, typ string) []byte {
	dst = append(dst, `{"alg":`...)
	dst = strictjson.AppendString(dst, string(s.Algorithm()))
	if kid := s.KeyID(); kid != "" {
		dst = append(dst, `,"kid":`...)
		dst = strictjson.AppendString(dst, kid)
	}
	if typ != "" {
		dst = append(dst, `,"typ":`...)
		dst = strictjson.AppendString(dst, typ)
	}
	return append(dst, '}')
}
