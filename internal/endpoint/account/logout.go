package account

import (
	"context"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

// confirm is GET /auth/logout: a page with a button. A link changes nothing, so
// that no page of others can sign its visitors out by one.
func (h *handler) confirm(ctx context.Context, x *exchange, r *edgeward.Request) error {
	v, err := browser.Authenticate(ctx, h.Authority, r, x.jar.Cookies) // repeated cookies stay: leaving ends what they prove
	if err != nil {
		return err
	}
	if len(v.People()) == 0 {
		return x.seeOther(h.Prefix.SignedOut())
	}
	x.Identity = whoIs(&v)
	person, err := h.person(ctx, &v)
	if err != nil {
		return err
	}
	// The page's policy names where its form leads to: browsers ask it of every
	// redirect, too.
	if at, err := canonical.RequestTarget(h.farewell(ctx, &person)); err == nil && at.Host != "" {
		x.form = at.Scheme + "://" + at.Host
	}
	if x.form != "" && x.away() { // where the provider sends the browser back to
		x.form += " " + h.Login.Origin()
	}
	return x.show(x.logoutPage(&person))
}

// farewellTimeout bounds how long a user who wants to sign out waits to hear
// whether the provider can be left, too.
const farewellTimeout = 2 * time.Second

// farewell is where the provider's own session is ended, "" when that is not to
// be had now: then one leaves here alone.
func (h *handler) farewell(ctx context.Context, p *person) string {
	ctx, cancel := issuance.Within(ctx, farewellTimeout)
	defer cancel()
	location, ok, err := h.Login.EndSession(ctx, p.record, h.Prefix.SignedOut())
	if err != nil || !ok {
		return ""
	}
	return location
}

// logout is POST /auth/logout. The cookies are taken away once what they prove
// is known to have ended: a fault in between lets one ask again.
func (h *handler) logout(ctx context.Context, x *exchange, r *edgeward.Request) error {
	f, err := x.Form(maxForm)
	if err != nil {
		return err
	}
	location := h.Prefix.SignedOut()
	if f["return_to"] != "" {
		if location, err = x.destination(f["return_to"]); err != nil {
			return issuance.LoginFailure(err)
		}
	}
	v, err := browser.Authenticate(ctx, h.Authority, r, x.jar.Cookies) // repeated cookies stay until what they prove has ended
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	x.Identity = whoIs(&v)
	person, err := h.person(ctx, &v)
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	reason := "logout"
	if f["scope"] == "everywhere" {
		reason = "logout_everywhere"
		err = h.endEverywhere(ctx, x.By(), &v, reason)
	}
	if err == nil && f["tokens"] == "end" {
		err = h.endTokens(ctx, x.By(), &v, reason)
	}
	if err == nil {
		err = h.end(ctx, x.By(), reason, v.Objects()...)
	}
	if err != nil {
		return problem.Undecided(err, problem.LogoutUnknown)
	}
	x.clear()
	if x.Identity != nil {
		h.Authority.SignedOut(ctx, x.By(), "logout", person.Issuer, person.Subject, reason)
		if f["provider"] == "1" {
			if at := h.farewell(ctx, &person); at != "" {
				location = at
			}
		}
	}
	return x.done(r, location)
}

// done answers an operation: users see what has become of it, scripts need nothing.
func (x *exchange) done(r *edgeward.Request, location string) error {
	if problem.ShowsPage(r) {
		return x.seeOther(location)
	}
	x.reply = endpoint.Reply{Status: 204}
	return nil
}

// endEverywhere ends all that the users at the browser got by signing in.
func (h *handler) endEverywhere(ctx context.Context, by issuance.By, v *browser.Visitor, reason string) error {
	for _, id := range v.People() {
		p := h.personOf(id)
		err := h.Authority.SignOutEverywhere(ctx, by, p.Provider, p.Issuer, p.Subject, reason)
		if err != nil {
			return err
		}
	}
	return nil
}

// endTokens ends the personal tokens of the users at the browser.
func (h *handler) endTokens(ctx context.Context, by issuance.By, v *browser.Visitor, reason string) error {
	if h.Personal == nil {
		return nil
	}
	for _, id := range v.People() {
		p := h.personOf(id)
		if _, err := h.Authority.EndPersonalTokens(ctx, by, p.Issuer, p.Subject, reason); err != nil {
			return err
		}
	}
	return nil
}

// signedOut is GET /auth/signed-out. It does not say so to a user who is
// signed in.
func (h *handler) signedOut(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if _, err := x.visitor(ctx, r); err != nil {
		return err
	}
	if x.Identity != nil {
		return x.seeOther(h.Prefix.Logout())
	}
	return x.show(x.signedOutPage())
}

// A person is a signed-in user, as pages show them.
type person struct {
	Provider        string // its name; "" when it is unknown
	Label           string // the provider, for users; "" when it is unknown
	Issuer, Subject string // the provider's
	Name            string // display only

	record login.Record
}

// Shown is the person's name, and without one what their provider calls them.
func (p person) Shown() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Subject
}

// person is who the visitor is, with what their sign-in left behind.
func (h *handler) person(ctx context.Context, v *browser.Visitor) (person, error) {
	id := whoIs(v)
	if id == nil {
		return person{}, nil
	}
	p := h.personOf(id)
	for _, object := range v.Objects() {
		rec, err := h.recall(ctx, object)
		if err != nil {
			return p, err
		}
		if rec.Issuer == p.Issuer && rec.Subject == p.Subject {
			p.record, p.Name = rec, rec.Name
			break
		}
	}
	return p, nil
}

// personOf reads an identity: our own tokens name the provider in the subject.
func (h *handler) personOf(id *edgeward.Identity) person {
	at, issuer, subject := h.Authority.PersonOf(id, h.Login.Providers())
	return person{Provider: at.Name, Label: at.Label, Issuer: issuer, Subject: subject}
}
