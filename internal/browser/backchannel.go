package browser

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/problem"
	"github.com/edgeward/edgeward/login"
)

// backchannel is POST /auth/backchannel-logout: a provider says that somebody
// has left there (OpenID Connect Back-Channel Logout 1.0 §2.5). It is answered
// when all that came of the sign-in is known to have ended; until then the
// provider may say it again.
func (h *Handler) backchannel(ctx context.Context, x *exchange, r *edgeward.Request) error {
	f, err := x.readForm()
	if err != nil {
		return err
	}
	who := authority.By{RequestID: r.ID}
	ended, err := h.Login.Logout(ctx, f["logout_token"], func(ctx context.Context, e login.Ended) error {
		who.Actor = "provider/" + e.Provider
		return h.endAt(ctx, who, &e)
	})
	if errors.Is(err, login.ErrLogoutToken) {
		return &failure{problem.BodyBroken, err} // §2.8: 400, whatever is wrong
	}
	if err != nil {
		return undecided(err, problem.LogoutUnknown)
	}
	h.Authority.SignedOut(ctx, who, "logout.backchannel", ended.Issuer, ended.Subject, "backchannel")
	return nil
}

// endAt ends what e says: the sign-ins of one session at the provider, or all of
// a person. A store that cannot list knows no single ones: then, too, all end,
// if it is said whose they are.
func (h *Handler) endAt(ctx context.Context, who authority.By, e *login.Ended) error {
	if e.SID != "" {
		ids, err := h.Login.Linked(ctx, e.Issuer, e.SID)
		switch {
		case err == nil:
			return h.end(ctx, who, "backchannel", ids...)
		case !errors.Is(err, login.ErrNoList) || e.Subject == "":
			return err
		}
	}
	return h.Authority.SignOutEverywhere(ctx, who, e.Provider, e.Issuer, e.Subject, "backchannel")
}
