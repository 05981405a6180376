// Package jwks holds what is known about an issuer's keys: JSON Web Key sets
// (RFC 7517), read strictly and checked key by key, the choice of the one key
// that may verify a token, and the rules by which a set grows old.
//
// The package is pure. It does no I/O, holds no lock and asks no clock, so that
// it serves natively (jwks/remote fetches, jwks/keyfile reads files) and on a
// Worker alike. Turning checked parameters into something that verifies is an
// [Importer]'s work: jwks/stdcrypto with Go's crypto.
package jwks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Keys is where a verifier finds the keys of one issuer, and of that issuer
// only: keys are never looked up by kid across issuers (CVE-2026-49998).
// Implementations are safe for concurrent use.
type Keys interface {
	// Key returns the one key that a token of kid and alg must be verified with.
	// Without hasKid, or with an empty kid, it is the only one of alg. It may
	// fetch, within ctx.
	//
	// An error that wraps [edgeward.TokenKey] or [edgeward.TokenAlgorithm]
	// means that the issuer has no such key. Any other, most often an
	// [edgeward.UnavailableError], means: could not tell.
	Key(ctx context.Context, kid string, hasKid bool, alg jwt.Algorithm) (*jwt.Key, error)

	// Holds reports whether k, returned by Key before, may still be relied on
	// at now. It does no I/O and takes no lock: a cache of verifications asks
	// on every hit. False means: ask Key again.
	Holds(k *jwt.Key, now time.Time) bool
}

// An Importer makes the public key of k usable. k has passed [JWK.Check]; what
// only a crypto library can see, a point off the curve say, is the importer's
// to refuse. It keeps no reference to k's slices that anybody may change.
type Importer func(k *JWK) (jwt.PublicKey, error)

// What a set answers when it has no key for a token.
var (
	// ErrUnknown wraps TokenKey: no key bears the kid. A newer set may.
	ErrUnknown = fmt.Errorf("jwks: no key fits the token: %w", edgeward.TokenKey)
	// ErrAmbiguous wraps TokenKey: the token names no kid and several keys
	// could serve. Trying them all would let a flood multiply its cost.
	ErrAmbiguous = fmt.Errorf("jwks: token names no kid and several keys could serve: %w", edgeward.TokenKey)
	// ErrNameless wraps TokenKey: no key bears the token's kid, and of those
	// without a kid, which serve any, several could.
	ErrNameless = fmt.Errorf("jwks: no key has the token's kid, and several keys without a kid could serve; give each its kid, in a JWK set: %w", edgeward.TokenKey)
	// ErrContested says that different keys of the set have the token's kid and
	// algorithm. It wraps no Reason: the issuer has to say which one it means, and
	// until then nobody can tell whether the token is genuine.
	ErrContested = errors.New("jwks: the set has different keys of one kid and algorithm")
	// ErrAlgorithm wraps TokenAlgorithm: the key that bears the kid is for
	// another algorithm (RFC 7517 §4.4).
	ErrAlgorithm = fmt.Errorf("jwks: the key is for another algorithm: %w", edgeward.TokenAlgorithm)
)
