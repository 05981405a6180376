package login

import (
	"context"

	"github.com/edgeward/edgeward/internal/wire/form"
)

// maxHint bounds an ID token that goes into a URL, in bytes: servers take 8 KiB
// of a request line, rarely more.
const maxHint = 4 << 10

// EndSession returns the URL at the provider that ends the session there, too,
// and sends the browser back to returnTo, a path of ours that is registered
// with the provider as post_logout_redirect_uri (OpenID Connect RP-Initiated
// Logout 1.0 §2). ok is false when the provider has no such URL, or is
// configured no more. Errors wrap [ErrReturnTo] or [ErrAnswer], or mean: could
// not tell.
func (l *Login) EndSession(ctx context.Context, r Record, returnTo string) (location string, ok bool, err error) {
	path, err := ReturnTo(returnTo, l.origin, nil)
	if err != nil {
		return "", false, err
	}
	s := l.named(r.Provider)
	if s == nil || s.Issuer != r.Issuer {
		return "", false, nil
	}
	m, err := l.metadata(ctx, s)
	if err != nil || m.endSession == "" {
		return "", false, err
	}
	var query form.Text
	if n := r.IDToken.Len(); 0 < n && n <= maxHint {
		query = query.Add("id_token_hint", r.IDToken.Reveal())
	}
	return query.Add("client_id", s.ClientID).Add("post_logout_redirect_uri", l.origin+path).Below(m.endSession), true, nil
}
