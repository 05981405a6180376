package account

import (
	"context"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/login"
)

// A jar is the names of the cookies of one request.
type jar struct {
	browser.Cookies
	transaction string
	binding     string
}

func (h *handler) jar(c *endpoint.Call) jar {
	return jar{
		browser.Cookies{Session: h.SessionCookie, Access: c.CookieName(cookie.Access), Refresh: c.CookieName(cookie.Refresh)},
		c.CookieName(cookie.Login), c.CookieName(cookie.Binding),
	}
}

// transaction returns the cookie of the sign-ins that the browser has begun,
// zero when there is none. Of several none is taken, and all are taken away:
// the sign-in begins anew.
func (x *exchange) transaction(r *edgeward.Request) (edgeward.Secret, error) {
	return x.only(r, x.jar.transaction)
}

// only returns the value of a cookie, zero when there is none. Of several none is
// taken, and all are taken away.
func (x *exchange) only(r *edgeward.Request, name string) (edgeward.Secret, error) {
	values, err := credential.Cookies(r, name)
	switch {
	case err != nil || len(values) == 0:
		return edgeward.Secret{}, err
	case len(values) > 1:
		x.discard(name)
		return edgeward.Secret{}, nil
	}
	return values[0], nil
}

func (x *exchange) setTransaction(value string) {
	if value != "" {
		x.set(x.jar.transaction, edgeward.NewSecret(value), login.TransactionLife)
	}
}

// set gives the browser a cookie. What it has brought under that name may be
// kept beside the new one, if something has planted it, and would come twice
// from then on.
func (x *exchange) set(name string, value edgeward.Secret, life time.Duration) {
	x.Cookies = append(x.supersede(name), cookie.Set(name, value, life))
}

// supersede returns x.Cookies with what removes a planted cookie of that name,
// where the browser has brought any.
func (x *exchange) supersede(name string) []string {
	planted := cookie.ClearPlanted(name)
	if brought, _ := credential.Cookies(x.Request, name); len(brought) == 0 || slices.Contains(x.Cookies, planted) {
		return x.Cookies
	}
	return append(x.Cookies, planted)
}

// discard takes away all cookies of that name.
func (x *exchange) discard(name string) {
	for _, value := range cookie.Discard(name) {
		if !slices.Contains(x.Cookies, value) {
			x.Cookies = append(x.Cookies, value)
		}
	}
}

// give puts into the browser's jar what a sign-in gave.
func (x *exchange) give(given *issuance.SignedIn) {
	if given.Session.ID != "" {
		x.set(x.jar.Session, given.Cookie, given.Session.Expires.Sub(x.handler.Now()))
	}
	if given.Pair.Family != "" {
		x.givePair(&given.Pair)
	}
}

func (x *exchange) givePair(p *issuance.Pair) {
	x.Cookies = x.supersede(x.jar.Access)
	x.Cookies = x.supersede(x.jar.Refresh)
	x.Cookies = append(x.Cookies, browser.SetPair(x.handler.Authority, x.jar.Cookies, p)...)
}

// clear takes away what a sign-in gave. What was not there is cleared too: a
// cookie of another outcome, configured before, proves no user any more.
func (x *exchange) clear() {
	for _, name := range [...]string{x.jar.Session, x.jar.Access, x.jar.Refresh} {
		x.discard(name)
	}
}

// visitor is who is at the browser. Cookies that came twice prove no user, and are
// taken away.
func (x *exchange) visitor(ctx context.Context, r *edgeward.Request) (browser.Visitor, error) {
	v, err := browser.Authenticate(ctx, x.handler.Authority, r, x.jar.Cookies)
	for _, name := range v.Repeated {
		x.discard(name)
	}
	if err == nil {
		x.Identity = whoIs(&v)
	}
	return v, err
}

// whoIs returns the identity that pages show, nil for none.
func whoIs(v *browser.Visitor) *edgeward.Identity {
	if v.Session != nil {
		return v.Session
	}
	return v.Tokens
}
