package login

import (
	"context"
	"fmt"

	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

// MaxGranted bounds each token of a [Grant], in bytes.
const MaxGranted = 8 << 10

// A Grant is by what a provider is asked about a user later, and what an application
// asks the provider's APIs by. The zero Grant asks nothing.
type Grant struct {
	Refresh, Access edgeward.Secret // each at most MaxGranted, or zero
	Expires         time.Time       // of Access; zero when the provider does not say
	Sub             string          // by which the provider knows the user
}

// ErrGrantEnded is [openid.ErrGrantEnded].
var ErrGrantEnded = openid.ErrGrantEnded

// ErrNoGrant says that a Grant has nothing to ask by, or the provider nothing to ask.
var ErrNoGrant = fmt.Errorf("login: nothing asks the provider about the user again: %w", edgeward.CredentialMissing)

// grantOf keeps what is within the bounds, and says what is not.
func (s *source) grantOf(got openid.Tokens, sub string) Grant {
	g := Grant{Refresh: got.Refresh, Access: got.Access, Expires: got.Expires, Sub: sub}
	for _, row := range []struct {
		name  string
		token *edgeward.Secret
	}{{"refresh_token", &g.Refresh}, {"access_token", &g.Access}} {
		if n := row.token.Len(); n > MaxGranted {
			*row.token = edgeward.Secret{}
			s.note(claim.Note{Claim: row.name, Problem: fmt.Sprintf("has %d bytes, more than %d, and is not kept", n, MaxGranted)})
		}
	}
	return g
}

// Fresh is what a provider says of a user who signed in before.
type Fresh struct {
	Permissions []string
	Profile     edgeward.Profile
	// Said says that the provider was asked and answered. Without it there are neither
	// permissions nor a profile, and the user has neither lost nor gained any.
	Said bool
	// Grant is what to ask by next time. It may be filled beside an error: a refresh
	// token that was used is worth nothing any more, so keep it all the same.
	Grant Grant
}

// Refresh asks the provider of that name and issuer about a user again: by the refresh
// token (RFC 6749 §6, OpenID Connect Core §12), else by userinfo with the access token.
// subject is that of the sign-in, and what is said has to be about the same user.
//
// The error wraps [ErrGrantEnded] when the provider has ended the grant, [ErrNotAllowed]
// when the user is no longer among those who may sign in, [ErrNoGrant]
// when there is nothing to ask by, [ErrProvider] when the provider is configured no
// more. Else it wraps [ErrAnswer] or means: could not tell; the user keeps what was
// said before. It keeps nothing, and two calls at once with one refresh token may end
// the grant: the caller has one node ask at a time.
func (l *Login) Refresh(ctx context.Context, provider, issuer, subject string, g Grant) (Fresh, error) {
	s := l.named(provider)
	if s == nil || s.Issuer != issuer {
		return Fresh{Grant: g}, ErrProvider
	}
	if g.Sub == "" {
		g.Sub = subject
	}
	fresh := Fresh{Grant: g}
	if g.Refresh.IsZero() && g.Access.IsZero() {
		return fresh, ErrNoGrant
	}
	fresh, err := l.refresh(ctx, s, subject, fresh)
	if err == nil {
		err = s.allows(subject, fresh.Permissions, fresh.Profile, l.clock.Now())
	}
	if err != nil {
		return Fresh{Grant: fresh.Grant}, err
	}
	return fresh, nil
}

// refresh is [Login.Refresh] of a provider, before its allow is asked.
func (l *Login) refresh(ctx context.Context, s *source, subject string, fresh Fresh) (Fresh, error) {
	g := fresh.Grant
	if s.api != nil {
		return l.refreshByAPI(ctx, s, subject, g)
	}
	m, err := s.client.Metadata(ctx)
	if err != nil {
		return fresh, err
	}
	var id *jwt.Claims
	if !g.Refresh.IsZero() {
		if id, err = s.renew(ctx, m, &fresh); err != nil {
			return fresh, err
		}
	}
	if id == nil && (s.Userinfo == openid.UserinfoNever || !m.HasUserinfo()) {
		return fresh, ErrNoGrant
	}
	documents, err := s.documents(ctx, m, id, fresh.Grant.Access, g.Sub)
	if err != nil { // what could not be had is not lost
		return fresh, err
	}
	user, err := s.read(g.Sub, documents...)
	switch {
	case err != nil:
		return fresh, err
	case user.Subject != subject:
		return fresh, fmt.Errorf("%w: %s: %w", ErrAnswer, s.Name, openid.ErrSubject)
	}
	fresh.Said, fresh.Permissions = true, user.Permissions
	if user.Profile != nil {
		fresh.Profile = *user.Profile
	}
	return fresh, nil
}

// renew redeems the refresh token and puts what came of it into fresh, before anything
// else can fail. It returns the claims of the ID token, nil where there was none.
func (s *source) renew(ctx context.Context, m *openid.Metadata, fresh *Fresh) (*jwt.Claims, error) {
	if err := s.client.Enter(); err != nil {
		return nil, err
	}
	defer s.client.Leave()
	got, err := s.client.Refresh(ctx, m, fresh.Grant.Refresh)
	if err != nil {
		return nil, err
	}
	sub := fresh.Grant.Sub
	fresh.Grant = s.grantOf(got, sub)
	if got.ID == "" {
		return nil, nil
	}
	return s.client.VerifyRefreshed(ctx, got, sub)
}
