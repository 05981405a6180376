package login

import "context"

// Ended is what a provider said has ended: all sessions of Subject, or when SID
// is not "" that one session at the provider. At least one of the two is there.
type Ended struct {
	Provider, Issuer, Subject, SID string
}

// Logout reads a back-channel logout token (OpenID Connect Back-Channel Logout
// 1.0 §2.4 to §2.6) and calls end with what it says. Once end has returned nil,
// the token is refused as a replay on every node. When end returns an error, so
// does Logout, and the provider may try again with the same token: a logout is
// not lost to a store's trouble. end can therefore be called more than once for
// a token, also at the same time.
//
// Errors wrap [ErrLogoutToken], or mean: could not tell.
func (l *Login) Logout(ctx context.Context, token string, end func(context.Context, Ended) error) (Ended, error) {
	return Ended{}, ErrLogoutToken
}
