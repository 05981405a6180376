package jwks

import "context"

// A Cause is why a key set is asked for. Each brakes itself alone: what strangers
// make an issuer be asked for must keep neither a scheduled fetch nor a sign-in
// from asking.
type Cause uint8

// The causes.
const (
	Schedule Cause = iota // there is no set, or it has grown old
	Unknown               // a token names a key that the set does not know: anybody can make one up
	Vouched               // so does one that its caller had from the issuer itself

	causes
)

type vouchedKey struct{}

// Vouch returns a ctx for [Keys.Key] by which the caller vouches that it had the
// token from the issuer itself, from its token endpoint over TLS say, and from
// nobody else. An unknown kid in it is no stranger's invention.
func Vouch(ctx context.Context) context.Context {
	return context.WithValue(ctx, vouchedKey{}, true)
}

// CauseOf returns [Vouched] or [Unknown], whichever an unknown kid is under ctx.
func CauseOf(ctx context.Context) Cause {
	if vouched, _ := ctx.Value(vouchedKey{}).(bool); vouched {
		return Vouched
	}
	return Unknown
}
