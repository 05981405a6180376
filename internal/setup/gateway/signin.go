package gateway

import (
	"net/http"
	"reflect"

	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
)

// signIn makes what people, and operators, sign in by.
func (s *System) signIn(env Environment, old *System) error {
	c := s.Config.Login
	if c == nil {
		return nil
	}
	all := make([]login.Provider, len(c.Providers))
	for i := range c.Providers {
		p := &c.Providers[i]
		keys, err := s.keys(env, old, p.AsIssuer())
		if err != nil {
			return err
		}
		all[i] = login.Provider{
			Name: p.Name, Label: p.Label, Issuer: p.Issuer,
			ClientID: p.ClientID, ClientSecret: p.ClientSecret, ClientAuth: p.ClientAuth,
			Audiences: p.Audiences, Scopes: p.Scopes, Keys: keys, Algorithms: p.Algorithms, Permissions: p.Permissions,
		}
	}
	if s.carries(old) && sameSignIns(old.Config, s.Config) {
		s.login, s.operators = old.login, old.operators
		return nil
	}
	var err error
	if s.login, err = s.relyingParty(c.Origin, "", all); err != nil {
		return err
	}
	for i := range all {
		if all[i].Name == s.Config.Admin.Login {
			s.operators, err = s.relyingParty(s.Config.Admin.ConsoleOrigin(), login.ConsoleCallbackPath, all[i:i+1])
		}
	}
	return err
}

func (s *System) relyingParty(origin, callback string, providers []login.Provider) (*login.Login, error) {
	key, previous, err := s.Config.Tokens.Derive(keyring.LoginSeal)
	if err != nil {
		return nil, err
	}
	return login.New(login.Config{
		Origin: origin, CallbackPath: callback, Providers: providers, Key: key, Previous: previous, Store: s.state.store,
		Fetcher:  outbound.NewFetcher(outbound.Config{}),
		ReturnTo: s.Config.Login.ReturnTo, Insecure: s.Config.InsecureHTTP(),
	})
}

// sameSignIns reports whether relying parties of a are those of b: a reload
// keeps what they have found out about the providers.
func sameSignIns(a, b *config.Config) bool {
	return a.Login != nil && a.Admin == b.Admin && a.InsecureHTTP() == b.InsecureHTTP() && reflect.DeepEqual(a.Login, b.Login)
}

// jar names the cookies that strategies look for.
func (s *System) jar() issuance.CookieNames {
	j := issuance.CookieNames{Session: cookie.Session, Access: cookie.Access, Refresh: cookie.Refresh}
	if s.Config.InsecureHTTP() {
		j.Access, j.Refresh = cookie.StandIn(j.Access), cookie.StandIn(j.Refresh)
	}
	if c := s.Config.Sessions; c != nil {
		j.Session = c.Cookie
	}
	return j
}

// cookieStrategy is the way of our own access tokens in a cookie.
func (s *System) cookieStrategy() (engine.Strategy, error) {
	own := s.own()
	own.Method = issuance.MethodCookie
	tokens, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{own}})
	if err != nil {
		return engine.Strategy{}, err
	}
	jar := s.jar()
	return engine.Strategy{
		Name: issuance.MethodCookie, Source: credential.Cookie(jar.Access), Verifier: tokens, Interactive: true,
		Renew: &issuance.Renewer{Authority: s.Authority, Tokens: tokens, Jar: jar},
	}, nil
}

// people makes the door for people; nil where they cannot sign in.
func (s *System) people(env Environment, trusted *clientip.Trusted) (mounted, error) {
	if s.login == nil {
		return nil, nil
	}
	set, err := account.New(account.Config{
		Login: s.login, Authority: s.Authority, Outcome: s.Config.Login.Outcome, SessionCookie: s.jar().Session, SignedIn: env.SignedIn,
	})
	if err != nil {
		return nil, err
	}
	return s.mount(set, env, trusted), nil
}

// mount serves endpoints on the listener of the routes.
func (s *System) mount(set *endpoint.Set, env Environment, trusted *clientip.Trusted) mounted {
	return &door.Endpoints{Set: set, Trusted: trusted, Observer: env.Observer, InsecureHTTP: s.Config.InsecureHTTP()}
}

// A mounted handler serves some paths, in their canonical spelling.
type mounted interface {
	http.Handler
	Serves(path string) bool
}

// before has h, unless it is nil, serve its paths, and next all others.
func before(next http.Handler, h mounted) http.Handler {
	if h == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Serves(r.URL.Path) {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
