package worker

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

// backchannel is POST /auth/backchannel-logout: a provider says that somebody has
// left there (OpenID Connect Back-Channel Logout 1.0 §2.5). It is answered when
// all that came of the sign-in is known to have ended; until then the provider
// may say it again.
func (s *System) backchannel(ctx context.Context, r *edgeward.Request, body string) (reply, error) {
	f, err := readForm(r, body)
	if err != nil {
		return reply{}, err
	}
	who := issuance.By{RequestID: r.ID}
	ended, err := s.login.Logout(ctx, f["logout_token"], func(ctx context.Context, e login.Ended) error {
		who.Actor = "provider/" + e.Provider
		return s.endAt(ctx, who, &e)
	})
	if errors.Is(err, login.ErrLogoutToken) {
		return reply{}, &problem.Failure{Fault: problem.BodyBroken, Err: err} // §2.8: 400, whatever is wrong
	}
	if err != nil {
		return reply{}, problem.Undecided(err, problem.LogoutUnknown)
	}
	s.authority.SignedOut(ctx, who, "logout.backchannel", ended.Issuer, ended.Subject, "backchannel")
	return reply{}, nil
}

// endAt ends what e says: the sign-ins of one session at the provider, or all of
// a person.
func (s *System) endAt(ctx context.Context, who issuance.By, e *login.Ended) error {
	if e.SID == "" {
		return s.authority.SignOutEverywhere(ctx, who, e.Provider, e.Issuer, e.Subject, "backchannel")
	}
	ids, err := s.login.Linked(ctx, e.Issuer, e.SID)
	if err != nil {
		return err
	}
	return s.end(ctx, who, "backchannel", ids...)
}

// keep keeps what the end of a sign-in will need, under the name of everything
// that came of it.
func (s *System) keep(ctx context.Context, who *login.SignIn, given *issuance.SignedIn) error {
	all := given.Objects()
	for i, object := range all {
		expires := given.Pair.RefreshExpires
		if strings.HasPrefix(object, issuance.SessionObject) {
			expires = given.Session.Expires
		}
		with := slices.Delete(slices.Clone(all), i, i+1)
		if err := s.login.Keep(ctx, object, *who, expires, with...); err != nil {
			return err
		}
	}
	return nil
}

// end ends what objects name and what else came of the same sign-ins, and
// forgets their records. All of it can be repeated: the record goes last.
func (s *System) end(ctx context.Context, who issuance.By, reason string, objects ...string) error {
	for _, object := range objects {
		rec, err := s.login.Recall(ctx, object)
		if err != nil && !errors.Is(err, login.ErrNoRecord) { // the back end has made it, or a version that kept none
			return err
		}
		all := append(rec.With, object)
		for _, o := range all {
			if err := s.authority.EndObject(ctx, who, o, reason); err != nil {
				return err
			}
		}
		for _, o := range all {
			if err := s.login.Forget(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}
