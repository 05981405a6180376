// Package jwt reads, verifies and mints JSON Web Tokens (RFC 7519) in the
// compact serialization of JWS (RFC 7515), strictly: whatever could be read in
// two ways is refused (RFC 8725).
//
// [Parse] proves nothing; what it returns is called [Unverified] so that no
// caller forgets. [Unverified.Verify] proves who signed, with a [Key] that the
// caller chose and that has exactly one algorithm. [Rules.Check] says whether
// the token is meant for us, now.
//
// The package knows no key set, fetches nothing (jku, x5u, jwk and x5c in a
// header are ignored, RFC 8725 §3.10) and holds no asymmetric cryptography:
// [PublicKey] and [Signer] are supplied by the host.
package jwt

import (
	"context"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// MaxToken bounds a token that [Parse] reads, in bytes, before anything is decoded
// (CVE-2025-30204).
const MaxToken = 8 << 10

const (
	// maxKeyID bounds a kid in bytes: it is a map key and nothing else.
	maxKeyID = 256
	// usualClaims is how many claims a token has room for before it grows.
	usualClaims = 12
)

// An Unverified token is read but not believed: anybody can have written it.
// It belongs to the goroutine that parsed it.
type Unverified struct {
	Header Header
	Claims Claims // believe nothing of them before Verify and Rules.Check

	message  message
	verified bool
}

// A message is a compact JWS (RFC 7515 §7.1), split and decoded.
type message struct {
	header, payload string // decoded
	signed          string // what the signature covers, as it arrived
	signature       []byte
}

var (
	errSize     = fmt.Errorf("jwt: token is longer than %d bytes: %w", MaxToken, edgeward.TokenMalformed)
	errOpaque   = fmt.Errorf("jwt: token is opaque, no JWT; many issuers give JWTs only to clients that ask for an audience or a resource: %w", edgeward.TokenMalformed)
	errUnsigned = fmt.Errorf("jwt: token is unsigned, its signature is empty: %w", edgeward.TokenMalformed)
	errJWE      = fmt.Errorf("jwt: token has five segments, as one that is encrypted (JWE); have the issuer only sign it: %w", edgeward.TokenMalformed)
	errSegments = fmt.Errorf("jwt: token has not three segments: %w", edgeward.TokenMalformed)
	errBase64   = fmt.Errorf("jwt: token is not strict base64url: %w", edgeward.TokenMalformed)
)

// Parse reads a compact JWS whose payload is a JSON object of claims. It
// checks form only. Its errors wrap [edgeward.TokenMalformed],
// [edgeward.TokenAlgorithm] or [edgeward.TokenClaim]; none contains a part of
// the token. Time is linear in the token, which has at most 8 KiB.
func Parse(token string) (*Unverified, error) { return ParseUpTo(token, MaxToken) }

// ParseUpTo is [Parse] for a token of at most size bytes. Larger ones are for what
// an issuer answers itself, as an ID token with the user's groups.
func ParseUpTo(token string, size int) (*Unverified, error) {
	var memory struct { // one allocation for both
		token Unverified
		room  [usualClaims]strictjson.Member
	}
	u, room := &memory.token, memory.room[:0]
	if err := u.message.parse(token, size); err != nil {
		return nil, err
	}
	if err := u.Header.parse(u.message.header, room); err != nil {
		return nil, err
	}
	if err := u.Claims.parse(u.message.payload, room); err != nil {
		return nil, err
	}
	return u, nil
}

// Verify checks that key signed the token, by key's algorithm. Errors wrap
// [edgeward.TokenAlgorithm] or [edgeward.TokenSignature]; any other error
// means: could not tell. A nil key is refused.
func (u *Unverified) Verify(ctx context.Context, key *Key) error {
	u.verified = false
	if key == nil {
		return errKeyKind
	}
	if err := key.verify(ctx, u.Header.Algorithm, u.message.signed, u.message.signature); err != nil {
		return err
	}
	u.verified = true
	return nil
}

// parse splits token and decodes its segments.
func (m *message) parse(token string, size int) error {
	if len(token) > size {
		if size == MaxToken { // of any request, and a flood of them must cost nothing
			return errSize
		}
		return fmt.Errorf("jwt: token is longer than %d bytes: %w", size, edgeward.TokenMalformed)
	}
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	// More than three segments are a JWE, or dots to choke on (CVE-2025-27144).
	// That header and payload are not empty is for their JSON to say.
	if signature == "" || strings.IndexByte(signature, '.') >= 0 {
		return misshapen(token)
	}
	m.signed = token[:len(header)+1+len(payload)]
	return m.decode(header, payload, signature)
}

// misshapen says what a token is that has not three segments, the last one not
// empty. That is a hint to an operator and decides nothing.
func misshapen(token string) error {
	switch strings.Count(token, ".") {
	case 0:
		return errOpaque
	case 2:
		return errUnsigned
	case 4:
		return errJWE
	}
	return errSegments
}

// decode fills header and payload with one allocation, signature with another.
func (m *message) decode(header, payload, signature string) error {
	var text strings.Builder
	text.Grow(decodedLen(len(header)) + decodedLen(len(payload)))
	if !decodeText(&text, header) {
		return errBase64
	}
	split := text.Len()
	if !decodeText(&text, payload) {
		return errBase64
	}
	m.header, m.payload = text.String()[:split], text.String()[split:]
	m.signature = make([]byte, decodedLen(len(signature)))
	if !decode(m.signature, signature) {
		return errBase64
	}
	return nil
}
