package login

import (
	"context"

	"github.com/edgeward/edgeward"
)

// A Callback is what a provider sent a browser back with. The door refuses a
// parameter that came twice.
type Callback struct {
	State, Code, Error string
	Issuer             string // iss (RFC 9207)
	HasIssuer          bool   // tells an empty iss from none
}

// A SignIn is a person whose provider has just said who it is.
type SignIn struct {
	Provider    string   // its name
	Issuer      string   // the provider's
	Subject     string   // unique within the issuer
	Permissions []string // by the provider's mapping; sorted, each once
	SID         string   // the session at the provider, or ""
	IDToken     edgeward.Secret
	Name        string // display only, at most 100 characters, not unique, not to be trusted; "" when unknown
	ReturnTo    string // a path with query of our own, or an entry of Config.ReturnTo
	// Cookie is the transaction cookie's new value; "" means: leave it as it is.
	Cookie string
}

// Finish takes the callback that a browser with that transaction cookie brought
// and finds out who it is. A state works once.
//
// Errors wrap [ErrState], [ErrDenied] or [ErrAnswer], or mean: could not tell.
// Beside an error SignIn holds no more than Provider and ReturnTo, to begin
// anew with, where they are known, and Cookie, to be set all the same.
func (l *Login) Finish(ctx context.Context, cookie edgeward.Secret, c Callback) (SignIn, error) {
	return SignIn{}, ErrState
}
