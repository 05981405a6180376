package browser

import (
	"context"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/cookie"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/login"
)

// A jar is the names of the cookies of one request.
type jar struct {
	authority.Jar
	transaction string
}

func (h *Handler) jar(in *http.Request, r *edgeward.Request) jar {
	j := jar{authority.Jar{Session: h.SessionCookie, Access: cookie.Access, Refresh: cookie.Refresh}, cookie.Login}
	if h.InsecureHTTP && door.OnThisMachine(h.Trusted, in, r) {
		j.Access, j.Refresh, j.transaction = cookie.StandIn(j.Access), cookie.StandIn(j.Refresh), cookie.StandIn(j.transaction)
	}
	return j
}

// transaction returns the cookie of the sign-ins that the browser has begun,
// zero when there is none.
func (x *exchange) transaction(r *edgeward.Request) (edgeward.Secret, error) {
	c, err := credential.Cookie(x.jar.transaction)(r)
	if edgeward.ReasonOf(err) == edgeward.CredentialMissing {
		return edgeward.Secret{}, nil
	}
	return c.Value, err
}

func (x *exchange) setTransaction(value string) {
	if value != "" {
		x.set(x.jar.transaction, edgeward.NewSecret(value), login.TransactionLife)
	}
}

func (x *exchange) set(name string, value edgeward.Secret, life time.Duration) {
	x.cookies = append(x.cookies, cookie.Set(name, value, life))
}

// give puts into the browser's jar what a sign-in gave.
func (x *exchange) give(given *authority.SignedIn) {
	if given.Session.ID != "" {
		x.set(x.jar.Session, given.Cookie, given.Session.Expires.Sub(x.handler.Now()))
	}
	if given.Pair.Family != "" {
		x.givePair(&given.Pair)
	}
}

func (x *exchange) givePair(p *authority.Pair) {
	x.cookies = append(x.cookies, x.handler.Authority.SetPair(x.jar.Jar, p)...)
}

// clear takes away what a sign-in gave. What was not there is cleared too: a
// cookie of another outcome, configured before, is nobody's any more.
func (x *exchange) clear() {
	for _, name := range [...]string{x.jar.Session, x.jar.Access, x.jar.Refresh} {
		x.cookies = append(x.cookies, cookie.Clear(name))
	}
}

// visitor is who is at the browser.
func (x *exchange) visitor(ctx context.Context, r *edgeward.Request) (authority.Visitor, error) {
	v, err := x.handler.Authority.Visitor(ctx, r, x.jar.Jar)
	if err == nil {
		x.identity = whoIs(&v)
	}
	return v, err
}

// whoIs returns the identity that pages show, nil for nobody.
func whoIs(v *authority.Visitor) *edgeward.Identity {
	if v.Session != nil {
		return v.Session
	}
	return v.Tokens
}
