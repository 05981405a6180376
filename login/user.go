package login

import (
	"context"
	"errors"
	"slices"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/store"
)

// read reads who a user is, and what that user may do, by the claims of documents
// that were proven to be about sub: the ID token, then others. The error wraps
// [ErrAnswer].
func (s *source) read(sub string, documents ...claim.Document) (claim.User, error) {
	user, err := s.Claims.Read(documents...)
	s.note(user.Notes...)
	switch {
	case err != nil:
		return claim.User{}, refuse(ErrAnswer, "%s says more of the user than is kept: %v", s.Name, err)
	case s.Claims.Subject.IsZero():
		user.Subject = sub
	case user.Subject == "":
		return claim.User{}, refuse(ErrAnswer, "%s says nothing by claim %q, which is configured to be the subject", s.Name, s.Claims.Subject.Name)
	}
	return user, nil
}

// note says what is wrong with the form of claims.
func (s *source) note(notes ...claim.Note) {
	if s.noted == nil {
		return
	}
	for _, n := range notes {
		s.noted(s.Issuer, n)
	}
}

// sub returns the subject at the provider, "" where that is the user's.
func (s *source) sub(subject string) string {
	if s.Claims.Subject.IsZero() {
		return ""
	}
	return subject
}

// subPrefix returns where the sign-ins of a person are indexed by the provider's own
// subject. The tuple is longer than a person's: one user's sub may be what another
// user's claims have in its place.
func subPrefix(k *seal.Key, issuer, sub string) string {
	return store.LoginUserPrefix + k.Name(issuer, sub, "", "sub") + "/"
}

// subjectsOf returns the subjects of the sign-ins of a user whom the provider names.
// Errors wrap [store.ErrNoList], or mean: could not tell.
func (l *Login) subjectsOf(ctx context.Context, s *source, sub string) (all []string, err error) {
	if s.Claims.Subject.IsZero() {
		return []string{sub}, nil
	}
	ids, err := l.list(ctx, func(k *seal.Key) string { return subPrefix(k, s.Issuer, sub) })
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		rec, err := l.Recall(ctx, id)
		switch {
		case errors.Is(err, ErrNoRecord): // it has ended meanwhile
		case err != nil:
			return nil, err
		case !slices.Contains(all, rec.Subject):
			all = append(all, rec.Subject)
		}
	}
	return all, nil
}
