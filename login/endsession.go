package login

import "context"

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
	if s.api != nil { // it has no such page
		return "", false, nil
	}
	m, err := s.client.Metadata(ctx)
	if err != nil {
		return "", false, err
	}
	location = s.client.EndSessionURL(m, r.IDToken, l.origin+path)
	return location, location != "", nil
}
