package edgeward

import "context"

// A Credential is what a request presented as proof, taken from one place and
// not yet believed.
type Credential struct {
	Value Secret
	// Header is the canonical name of the field it came in, so that a door can
	// keep it from travelling on. Cookie is the cookie's name when Header is
	// "Cookie".
	Header, Cookie string
	// Username is what was sent beside the value as HTTP Basic does (RFC 7617), ""
	// for nothing. It proves nothing, and may hold any octet.
	Username string
}

// A Source finds the credential of one kind in a request. It returns an error
// that wraps [CredentialMissing] when the request carries none, and one that
// wraps another Reason when it carries one that cannot be read: an absent
// credential lets the next strategy look, a malformed one ends the walk.
//
// A Source does no I/O and is safe for concurrent use.
type Source func(r *Request) (Credential, error)

// A Verifier says whose a credential is.
//
// An error that wraps a [Reason] means: this credential proves no identity.
// Any other error means: could not tell, which is answered 503 and never 401;
// an [UnavailableError] says when to come back.
//
// The Identity is one that [NewIdentity] made; any other, and nil without an
// error, is answered 503. It may be shared between requests: nobody changes it. A Verifier
// is safe for concurrent use and holds no lock while it waits for I/O.
type Verifier interface {
	Verify(ctx context.Context, r *Request, c Credential) (*Identity, error)
}
