package account

import (
	"context"
	"errors"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store"
)

// backchannel is POST /auth/backchannel-logout: a provider says that a user
// has signed out there (OpenID Connect Back-Channel Logout 1.0 §2.5). It is answered
// when all that came of the sign-in is known to have ended; until then the
// provider may say it again.
func (h *handler) backchannel(ctx context.Context, x *exchange, r *edgeward.Request) error {
	f, err := x.Form(maxForm)
	if err != nil {
		return err
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	who := issuance.By{RequestID: r.ID, Client: r.ClientIP}
	ended, err := h.Login.Logout(ctx, f["logout_token"], func(ctx context.Context, e login.Ended) error {
		who.Actor = "provider/" + e.Provider
		return h.endAt(ctx, who, &e)
	})
	if errors.Is(err, login.ErrSigned) {
		err = endpoint.Alarm(err) // the user has signed out at the provider, and stays signed in here
	}
	if errors.Is(err, login.ErrLogoutToken) {
		return &problem.Failure{Fault: problem.BodyBroken, Err: err} // §2.8: 400, whatever is wrong
	}
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	h.Authority.SignedOut(ctx, who, "logout.backchannel", ended.Issuer, ended.Subject, "backchannel")
	return nil
}

// endAt ends what e says: the sign-ins of one session at the provider, or all of
// a person. A store that cannot list knows no single ones, and more of them than
// [issuance.Bounds] let be would take too long one by one: then, too, all end, by one
// entry, if it is said whose they are.
func (h *handler) endAt(ctx context.Context, who issuance.By, e *login.Ended) error {
	if e.SID != "" {
		err := h.endLinked(ctx, who, "backchannel", e)
		if !errors.Is(err, store.ErrNoList) && !errors.Is(err, errCrowd) || e.Subject == "" {
			return err
		}
	}
	return h.Authority.SignOutEverywhere(ctx, who, e.Provider, e.Issuer, e.Subject, "backchannel")
}

// errCrowd says that a session at a provider has more sign-ins than are made.
var errCrowd = errors.New("account: too many sign-ins of one session at the provider")

// endLinked ends the sign-ins of one session at the provider. It asks until
// there are none that it has not ended: one may have got another id meanwhile.
// With errCrowd it has ended none.
func (h *handler) endLinked(ctx context.Context, who issuance.By, reason string, e *login.Ended) error {
	for ended := map[string]bool{}; ; {
		ids, err := h.Login.Linked(ctx, e.Issuer, e.SID)
		if err != nil {
			return err
		}
		if len(ids) > 2*h.most(h.Bounds.PerSession) && len(ended) == 0 && e.Subject != "" {
			return errCrowd
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return ended[id] })
		if len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			if err := h.end(ctx, who, reason, id); err != nil {
				return err
			}
			ended[id] = true
		}
	}
}
