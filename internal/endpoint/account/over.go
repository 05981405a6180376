package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/login"
)

// A sign-in for a page of another host goes there and back (docs/adr/0023):
//
//	host   GET /auth/login?return_to=/page             a binding in a cookie of the host
//	origin GET /auth/login?return_to=…&challenge=…     signs in, or sees that it has
//	                                                   as acr_values and max_age ask
//	host   GET /auth/arrive?ticket=…                   a handle in a cookie of the host

// away reports whether the request came to another host than the login's own.
func (x *exchange) away() bool { return x.Origin() != x.handler.Login.Origin() }

// home is a page of the host that the request came to, for users who name none.
func (x *exchange) home() string {
	if x.away() {
		return "/"
	}
	return cmp.Or(x.handler.Home, "/")
}

// leaveToLogin sends the browser from a host to the login's origin, which sends it
// back with a ticket. A page of another host than this one needs none: that one
// begins by itself.
func (x *exchange) leaveToLogin(r *edgeward.Request, q query) error {
	h := x.handler
	page, err := login.ReturnTo(q.returnTo, x.Origin(), nil)
	if err != nil {
		to, err := h.Login.Destination(q.returnTo)
		if err != nil {
			return issuance.LoginFailure(err)
		}
		q.returnTo, q.challenge = to, ""
		return x.seeOther(h.url(q))
	}
	binding, err := x.binding(r)
	if err != nil {
		return err
	}
	challenge, bound := ticket.Challenge(binding)
	if !bound {
		binding = ticket.NewBinding()
		challenge, _ = ticket.Challenge(binding)
	}
	x.set(x.jar.binding, binding, login.TransactionLife)
	o := over{x.Origin(), page, challenge, q.stepUp}
	q.returnTo, q.challenge = o.origin+o.fitting(h), o.challenge
	return x.seeOther(h.url(q))
}

// binding returns what the browser keeps of the sign-ins that it has begun at this
// host, zero for nothing. Of several none is taken, and all are taken away.
func (x *exchange) binding(r *edgeward.Request) (edgeward.Secret, error) {
	return x.only(r, x.jar.binding)
}

// An over is a sign-in that is handed over to a page of another host.
type over struct {
	origin, page, challenge string
	stepUp                  edgeward.StepUp
}

// resume is where the browser comes back to at the login's own origin, when it has
// signed in.
func (o *over) resume(h *handler) string {
	return h.path(query{returnTo: o.origin + o.page, challenge: o.challenge, stepUp: o.stepUp})
}

// fitting returns the page, or "/" where that is so long that a sign-in could not
// remember it.
func (o *over) fitting(h *handler) string {
	if len(o.resume(h)) > login.MaxReturnTo {
		return "/"
	}
	return o.page
}

// again is where it begins anew: at its host, with a binding that lives.
func (o *over) again(h *handler, provider string) string {
	return o.origin + h.path(query{provider: provider, returnTo: o.page, stepUp: o.stepUp})
}

// over reads what a host has sent the browser here for, nil for nothing.
func (h *handler) over(q form.Form, asked query) (*over, error) {
	if !q.Has("challenge") {
		return nil, nil
	}
	if !ticket.IsChallenge(q["challenge"]) {
		return nil, malformed("challenge is not the SHA-256 of a binding")
	}
	origin, page, ok := h.Login.HostPage(q["return_to"])
	if !ok {
		return nil, issuance.LoginFailure(login.ErrReturnTo)
	}
	o := &over{origin, page, asked.challenge, asked.stepUp}
	o.page = o.fitting(h)
	return o, nil
}

// parents names what the browser has to hand over, and reports whether that is all
// that a sign-in gives.
func (h *handler) parents(v *browser.Visitor) (p browser.Parents, whole bool) {
	if v.Session != nil && h.Outcome.Session() {
		p.Session = v.Session.Session
	}
	if !v.Refresh.IsZero() && h.Outcome.Tokens() {
		p.Family = v.Family
	}
	return p, (p.Session != "") == h.Outcome.Session() && (p.Family != "") == h.Outcome.Tokens()
}

// handOver sends a browser that is signed in to the host, with a ticket.
func (x *exchange) handOver(o *over, p browser.Parents) error {
	h := x.handler
	if err := h.handovers.take(x.Identity.Issuer, x.Identity.Subject, h.Now()); err != nil {
		return err
	}
	t := h.Tickets.Issue(ticket.Ticket{Origin: o.origin, Page: o.page, Challenge: o.challenge, Session: p.Session, Family: p.Family})
	return x.seeOther(o.origin + h.Prefix.Arrive() + "?ticket=" + t.Reveal())
}

// arrive is GET /auth/arrive at a host. Nothing but the ticket says where the
// browser goes from here.
func (h *handler) arrive(ctx context.Context, x *exchange, r *edgeward.Request) error {
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return err
	}
	if !csrf.IsNavigation(r) {
		return errNotPerson
	}
	binding, err := x.binding(r)
	if err != nil {
		return err
	}
	x.LoginURL = x.Origin() + h.loginPath("", "")
	t, given, err := h.redeem(ctx, x, r, edgeward.NewSecret(q["ticket"]), binding)
	if err != nil {
		if t.Page != "" {
			x.LoginURL = x.Origin() + h.loginPath("", t.Page)
		}
		reason := edgeward.ReasonOf(err)
		err = issuance.LoginFailure(err)
		h.Arrived(reason.Error())
		h.Authority.Refused(ctx, x.By(), issuance.Record{
			Action: "arrival.failed", Object: "login", Host: canonical.Hostname(r.Host), Class: endpoint.CodeOf(err),
		}, err)
		return err
	}
	x.Identity = given.Identity
	x.replace(&given)
	h.Arrived("ok")
	return x.seeOther(t.Page)
}

// redeem gives the browser what the ticket names, if that is alive.
func (h *handler) redeem(ctx context.Context, x *exchange, r *edgeward.Request, brought, binding edgeward.Secret) (ticket.Ticket, browser.Arrived, error) {
	t, err := h.Tickets.Redeem(ctx, brought, x.Origin(), binding)
	if err != nil {
		return t, browser.Arrived{}, err
	}
	given, err := browser.Arrive(ctx, h.Authority, x.By(), r, x.jar.Cookies, browser.Parents{Session: t.Session, Family: t.Family})
	if errors.Is(err, issuance.ErrUnknown) {
		err = fmt.Errorf("%w: %w: %v", ticket.ErrRefused, edgeward.TicketEnded, err)
	}
	return t, given, err
}

// replace gives the browser what has arrived, and takes away what it had here
// before: one user's access token does not stay beside another one's handle.
func (x *exchange) replace(given *browser.Arrived) {
	for _, name := range [...]string{x.jar.Session, x.jar.Access, x.jar.Refresh} {
		at := slices.IndexFunc(given.Cookies, func(c browser.HostCookie) bool { return c.Name == name })
		if at < 0 {
			x.discard(name)
			continue
		}
		x.set(name, given.Cookies[at].Value, given.Cookies[at].Life)
	}
}

// destination reads where a user wants to go: a page of this host, or what a
// sign-in may return to.
func (x *exchange) destination(raw string) (string, error) {
	page, err := login.ReturnTo(raw, x.Origin(), nil)
	if err == nil {
		return page, nil
	}
	if page, err = x.handler.Login.Destination(raw); err == nil && page[0] == '/' {
		page = x.handler.Login.Origin() + page
	}
	return page, err
}
