// Package account is the door for people: it signs them in at an OpenID provider,
// shows them where they are signed in, and signs them out. It stands before the
// routes, on the gateway's own origin:
//
//	GET  /auth/login               begins a sign-in; return_to, provider
//	GET  /auth/callback            the provider sends people back here
//	GET  /auth/session             who is signed in, for scripts
//	GET  /auth/sessions            where one is signed in, for people
//	POST /auth/sessions            ends one of them, or all others
//	GET  /auth/logout              asks whether to leave
//	POST /auth/logout              leaves; scope=everywhere, provider=1
//	GET  /auth/signed-out          says so
//	POST /auth/backchannel-logout  the provider says that somebody has left
//
// A GET changes nothing but the cookies of the browser that asked for it. A POST
// has to say that a page of ours has caused it; the provider's proves itself by
// a signed token instead.
//
// People get pages, which need no script; scripts get problem documents. A
// refusal never leaves anybody half signed in, and a dependency in trouble takes
// no cookie away.
package account

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/login"
)

// The paths of the endpoints, beside the callback's.
const (
	LoginPath       = "/auth/login"
	SessionPath     = "/auth/session"
	SessionsPath    = "/auth/sessions"
	LogoutPath      = "/auth/logout"
	SignedOutPath   = "/auth/signed-out"
	BackchannelPath = "/auth/backchannel-logout"
)

// Config is what a Handler is made of. The zero value is refused.
type Config struct {
	Login *login.Login
	// Authority gives what Outcome says: it needs sessions, or a minter,
	// refresh families and a verifier of our tokens, or all of them.
	Authority     *issuance.Authority
	Outcome       issuance.Outcome
	SessionCookie string            // its name; "" means [cookie.Session]
	Trusted       *clientip.Trusted // proxies in front that are believed; nil: none
	Observer      door.Observer     // nil watches nothing
	// InsecureHTTP gives browsers on this machine cookies without HTTPS: see
	// [cookie.OnThisMachine].
	InsecureHTTP bool
	// SignedIn is told how every sign-in that came back ended, "ok" or the code
	// of the refusal, and at which provider, "" when nobody knows. nil ignores it.
	SignedIn func(provider, result string)
	Now      func() time.Time // nil means time.Now
}

// A Handler is an [http.Handler] for the paths that it serves. It is safe for
// concurrent use.
type Handler struct {
	Config
	pace      *pace
	endpoints map[string]endpoint // by canonical path
}

// An endpoint is one path. What is nil is answered with 405.
type endpoint struct {
	get, post func(ctx context.Context, x *exchange, r *edgeward.Request) error
	// signed says that posts come from a provider's server and prove themselves.
	signed bool
}

// New checks cfg and returns its Handler.
func New(cfg Config) (*Handler, error) {
	if cfg.Login == nil || cfg.Authority == nil {
		return nil, errors.New("account: a login and an authority are needed")
	}
	a := cfg.Authority
	hasSessions, hasTokens := a.Sessions != nil, a.Minter != nil && a.Families != nil && a.Tokens != nil
	switch {
	case cfg.Outcome == issuance.GivesSession && hasSessions:
	case cfg.Outcome == issuance.GivesTokens && hasTokens:
	case cfg.Outcome == issuance.GivesBoth && hasSessions && hasTokens:
	default:
		return nil, errors.New("account: signing in has no outcome, or one that the authority cannot give")
	}
	if cfg.SessionCookie == "" {
		cfg.SessionCookie = cookie.Session
	}
	if cfg.SignedIn == nil {
		cfg.SignedIn = func(string, string) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	h := &Handler{Config: cfg, pace: newPace()}
	h.endpoints = map[string]endpoint{
		LoginPath:                {get: h.login},
		cfg.Login.CallbackPath(): {get: h.callback},
		SessionPath:              {get: h.session},
		SessionsPath:             {get: h.sessions, post: h.endSessions},
		LogoutPath:               {get: h.confirm, post: h.logout},
		SignedOutPath:            {get: h.signedOut},
		BackchannelPath:          {post: h.backchannel, signed: true},
	}
	return h, nil
}

// Serves reports whether path, decoded, is one of the handler's. Any other
// spelling of such a path is the routes' to refuse.
func (h *Handler) Serves(path string) bool { _, ok := h.endpoints[path]; return ok }

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	x := &exchange{handler: h, in: hr, w: w}
	d := door.Door{Decider: x, Trusted: h.Trusted, Observer: h.Observer, Endpoint: true}
	x.answer(d.Receive(hr))
}
