package login

import (
	"context"
	"errors"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

// documents returns what the provider says of a user, in the order in which it counts:
// the ID token, and userinfo where that is asked for. id is nil where a refreshed
// access token came without one. sub is by which the provider knows the user.
//
// Where the provider refuses to say more, and names alone are missing, documents are
// returned beside the error. One that does not answer is another matter: what it would
// have said is not lost by that.
func (s *source) documents(ctx context.Context, m *openid.Metadata, id *jwt.Claims, access edgeward.Secret, sub string) ([]claim.Document, error) {
	var all []claim.Document
	if id != nil {
		all = []claim.Document{id}
	}
	if !s.asks(m, all) {
		return all, nil
	}
	v, err := s.client.Userinfo(ctx, m, access, sub)
	switch {
	case err == nil:
		return append(all, claim.Object(v)), nil
	case !errors.Is(err, ErrAnswer) || errors.Is(err, openid.ErrSubject) || id == nil || s.Userinfo == openid.UserinfoAlways:
		return nil, err
	}
	if needed := s.needed(); needed.Missing(all...) {
		return nil, err
	}
	return all, err
}

// asks reports whether userinfo is asked for beside what there is.
func (s *source) asks(m *openid.Metadata, all []claim.Document) bool {
	switch s.Userinfo {
	case openid.UserinfoNever:
		return false
	case openid.UserinfoAlways:
		return true
	}
	wanted := s.wanted()
	return m.HasUserinfo() && (len(all) == 0 || wanted.Missing(all...))
}

// Claims that a scope is asked for by (OpenID Connect Core §5.4). Without the scope no
// provider has them anywhere.
var byScope = map[string]string{"preferred_username": "profile", "name": "profile", "email": "email"}

// wanted is what userinfo may have.
func (s *source) wanted() claim.Map {
	m := s.Claims
	for _, of := range []*claim.Source{&m.Username, &m.Email, &m.Name} {
		if scope := byScope[of.Name]; scope != "" && !slices.Contains(s.Scopes, scope) {
			*of = claim.Source{}
		}
	}
	return m
}

// needed is what users are let in by. The others are names, and a user without one
// signs in all the same.
func (s *source) needed() claim.Map {
	m := s.Claims
	m.Username, m.Email, m.Name = claim.Source{}, claim.Source{}, claim.Source{}
	return m
}
