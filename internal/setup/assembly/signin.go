package assembly

import (
	"context"
	"fmt"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
)

// signIn makes what users, and operators, sign in by.
func (s *System) signIn(old *System) error {
	c := s.Config.Login
	if c == nil {
		return nil
	}
	if o := c.Outcome; o.Session() && s.Sessions == nil || o.Tokens() && s.Families == nil || !o.Session() && !o.Tokens() {
		return fmt.Errorf("assembly: a login cannot give %q here", o) // who was given nothing would be sent round and round
	}
	all := make([]login.Provider, len(c.Providers))
	for i := range c.Providers {
		p := &c.Providers[i]
		var keys jwks.Keys
		if p.Type == "" {
			var err error
			if keys, err = s.keysOf(p.AsIssuer()); err != nil {
				return err
			}
		}
		all[i] = login.Provider{Provider: openid.Provider{
			Name: p.Name, Issuer: p.Issuer,
			ClientID: p.ClientID, ClientSecret: p.ClientSecret, ClientAuth: p.ClientAuth,
			ClientKey: p.ClientKey, AssertToEndpoint: p.AssertToEndpoint, ClientAssertion: s.assertion(p.AssertionFile),
			Audiences: p.Audiences, Scopes: p.Scopes, Keys: keys, Algorithms: p.Algorithms,
			Params: p.Params, Userinfo: p.Userinfo, MetadataURL: p.MetadataURL, Endpoints: p.Endpoints, NoDiscovery: p.NoDiscovery, Authority: string(p.CA),
		}, Type: p.Type, BaseURL: p.BaseURL, Label: p.Label, Claims: p.Claims, Allow: p.Allow}
	}
	if s.carries(old) && sameSignIns(old.Config, s.Config) {
		s.Login, s.Tickets, s.Operators = old.Login.Over(s.listed), old.Tickets, old.Operators
		return nil
	}
	var err error
	if s.Login, err = s.relyingParty(c.Origin, c.Prefix.Callback(), all); err != nil {
		return err
	}
	s.Login = s.Login.Over(s.listed)
	if s.Tickets, err = s.tickets(c.Origin); err != nil {
		return err
	}
	for i := range all {
		if all[i].Name == s.Config.Admin.Login {
			s.Operators, err = s.relyingParty(s.Config.Admin.ConsoleOrigin(), login.ConsoleCallbackPath, all[i:i+1])
		}
	}
	return err
}

// assertion returns what proves us by the token in a file, nil where there is none.
func (s *System) assertion(path string) openid.Assertion {
	if path == "" || s.platform.TokenFile == nil {
		return nil
	}
	return func(context.Context) (edgeward.Secret, error) { return s.platform.TokenFile(path) }
}

// listed says which entry of hosts lists a host: sign-ins are handed over to it.
func (s *System) listed(host string) (entry string, ok bool) {
	_, entry, ok = s.Config.Hosts.Lookup(host)
	return entry, ok && entry != ""
}

func (s *System) relyingParty(origin, callback string, providers []login.Provider) (*login.Login, error) {
	key, previous, err := s.Config.Tokens.Derive(keyring.LoginSeal)
	if err != nil {
		return nil, err
	}
	return login.New(login.Config{
		Origin: origin, CallbackPath: callback, Providers: providers, Key: key, Previous: previous, Store: s.platform.Store,
		Fetcher: s.platform.Fetcher, ReturnTo: s.Config.Login.ReturnTo, Noted: s.platform.Noted, Insecure: s.Config.InsecureHTTP(), Now: s.platform.Now,
	})
}

func (s *System) tickets(origin string) (*ticket.Tickets, error) {
	key, previous, err := s.Config.Tokens.Derive(keyring.LoginSeal)
	if err != nil {
		return nil, err
	}
	return ticket.New(ticket.Config{Origin: origin, Key: key, Previous: previous, Store: s.platform.Store, Now: s.platform.Now})
}

// sameSignIns reports whether relying parties of a are those of b: a reload
// keeps what they have found out about the providers.
func sameSignIns(a, b *config.Config) bool {
	return a.Login != nil && a.Admin.Login == b.Admin.Login && a.Admin.ConsoleOrigin() == b.Admin.ConsoleOrigin() && a.InsecureHTTP() == b.InsecureHTTP() && a.Login.Equal(b.Login)
}

// endpoints makes those that the configuration asks for: for tokens, where
// there are any to give, and for users, where they can sign in.
func (s *System) endpoints(*System) error {
	if s.Families != nil {
		set, err := oauth.New(oauth.Config{Authority: s.Authority, Prefix: s.Config.UserPrefix(), Now: s.platform.Now})
		if err != nil {
			return err
		}
		set.Pages = s.Pages
		s.Endpoints = append(s.Endpoints, set)
	}
	if s.Login == nil {
		return nil
	}
	set, err := account.New(account.Config{
		Login: s.Login, Tickets: s.Tickets, Prefix: s.Config.UserPrefix(), Pages: s.Pages, Authority: s.Authority, Outcome: s.Config.Login.Outcome, Personal: s.personalTokens(), SessionCookie: s.Cookies.Session, Home: s.home(), StepUps: s.StepUps(), Asks: s.stepUpOf,
		Bounds: s.Config.Login.SignIns, CrowdedOut: s.platform.CrowdedOut, SignedIn: s.platform.SignedIn, Arrived: s.platform.Arrived, Now: s.platform.Now,
	})
	s.Endpoints = append(s.Endpoints, set)
	return err
}

// stepUpOf is what the route of a page asks of who looks at it.
func (s *System) stepUpOf(host, path string) (asked edgeward.StepUp) {
	if tree, _, known := s.Config.Hosts.Lookup(host); known {
		if route, covered := tree.Lookup("GET", path); covered {
			return route.StepUp
		}
	}
	return asked
}

// StepUps returns what routes, and alternatives of theirs, ask of how a user
// authenticated, each once.
func (s *System) StepUps() (all []edgeward.StepUp) {
	for route := range s.Config.Hosts.All() {
		for _, asked := range append(route.Allow.StepUps(), route.StepUp) {
			known := slices.ContainsFunc(all, func(s edgeward.StepUp) bool { return s.MaxAge == asked.MaxAge && slices.Equal(s.ACR, asked.ACR) })
			if !asked.IsZero() && !known {
				all = append(all, asked)
			}
		}
	}
	return all
}
