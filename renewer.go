package edgeward

import "context"

// A Renewer issues a fresh credential in place of one that is absent or has
// expired, on the way of a request that would be refused without it. Whether the
// client gets the cookies is unknown: they travel with the application's answer,
// or a proxy that asked drops them. So what it renews by stays valid.
//
// An error that wraps a [Reason] means that the credential cannot be renewed; a
// reason of the class 400 ends the request. Any other error means that the
// outcome is unknown, which is answered 503, so that the client keeps what it
// has.
//
// A Renewer is safe for concurrent use: many requests of one browser ask at once,
// and all of them have to get the same credential. It keeps no reference to r.
type Renewer interface {
	Renew(ctx context.Context, r *Request) (Renewed, error)
}

// Renewed is a fresh credential, whose it is, and how the browser is given it.
// The Identity is one that [NewIdentity] made and may be shared; Cookies belong to
// the caller.
type Renewed struct {
	Identity   *Identity
	Credential Credential
	Cookies    []string // Set-Cookie values
}
