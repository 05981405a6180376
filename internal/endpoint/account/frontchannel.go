package account

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

// frontchannel is GET /auth/frontchannel-logout: a page of the provider's, which the
// user has asked to sign out, frames it (OpenID Connect Front-Channel Logout 1.0 §2). It
// ends what came of the session that iss and sid name, as the back channel does: no
// cookie of ours comes with such a request, nor is any needed.
//
// Nothing proves that the provider has said it. A client that knows the sid of a user can sign
// that user out, and no more; other clients of the provider know it, and the user. A
// stranger has to guess it: a short one is refused, guesses are bounded, and the answer
// does not say whether there was such a session.
func (h *handler) frontchannel(ctx context.Context, x *exchange, r *edgeward.Request) error {
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return err
	}
	f, err := h.Login.Frontchannel(ctx, q["iss"], q["sid"])
	if errors.Is(err, login.ErrLogoutToken) {
		return malformed(err.Error())
	}
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	if err := h.endFramed(ctx, x, r, &f); err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	x.reply = endpoint.Reply{MediaType: "text/html; charset=utf-8", Header: edgeward.Header{
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors " + strings.Join(f.Frames, " ")},
		"Cross-Origin-Resource-Policy": {"cross-origin"}, // the provider's page may ask for it (COEP)
		"Referrer-Policy":              {"no-referrer"},
	}}
	return nil
}

func (h *handler) endFramed(ctx context.Context, x *exchange, r *edgeward.Request, f *login.Frontchannel) error {
	ids, err := h.Login.Linked(ctx, f.Issuer, f.SID)
	if err != nil {
		return err
	}
	who := x.By()
	if len(ids) == 0 {
		err := h.strangers.take("frontchannel", network(r.ClientIP), h.Now())
		if blocked, ok := errors.AsType[*edgeward.BlockedError](err); ok {
			return blocked
		}
	} else if rec, err := h.recall(ctx, ids[0]); err != nil {
		return err
	} else {
		f.Subject = rec.Subject
	}
	err = h.Login.EndFrontchannel(ctx, f, func(ctx context.Context, e login.Ended) error {
		e.Subject = "" // never all of a user's: nothing has proven who it is
		return h.endLinked(ctx, who, "frontchannel", &e)
	})
	if err == nil && f.Subject != "" {
		h.Authority.SignedOut(ctx, who, "logout.frontchannel", f.Issuer, f.Subject, "frontchannel")
	}
	return err
}

// network names the network of a client, as limits on failed attempts do: /32, or /64
// of IPv6. Clients whose address is not known share one.
func network(client netip.Addr) string {
	client = client.Unmap()
	if client.Is6() {
		if p, err := client.Prefix(64); err == nil {
			return p.String()
		}
	}
	return client.String()
}
