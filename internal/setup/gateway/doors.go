package gateway

import (
	"net/http"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/door/middleware"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// open makes the doors that are configured. What stands before the routes
// stands before those of each: the endpoints for people, where they can sign in,
// and those for tokens, where there are any.
func (s *System) open(env Environment) error {
	trusted, err := s.Config.Proxies()
	if err != nil {
		return err
	}
	fields, err := identity.NewFields(s.Config.ForwardHeaders, s.Config.Cookies())
	if err != nil {
		return err
	}
	env.Observer = &undeclared{observer: env.Observer, log: env.log()}
	people, err := s.people(env, trusted)
	if err != nil {
		return err
	}
	api, err := s.api(env, trusted)
	if err != nil {
		return err
	}
	front := func(door http.Handler) http.Handler { return before(before(door, people), api) }
	guard := middleware.New(&door.Door{Decider: s.Decider, Trusted: trusted, Observer: env.Observer, Fields: fields}, env.Exchanges)
	hosts, err := s.hosts(env, trusted)
	if err != nil {
		return err
	}
	s.Middleware = func(next http.Handler) http.Handler { return hosts.OnlyHosts(front(guard(next))) }
	if f := s.Config.ForwardAuth; f != nil {
		about, err := canonical.NewHosts(f.Hosts)
		if err != nil {
			return err
		}
		s.ForwardAuth = front(forwardauth.New(forwardauth.Config{Decider: s.Decider, Trusted: trusted, Observer: env.Observer, Hosts: about, Fields: fields}))
	}
	if s.Config.Proxy == nil {
		return nil
	}
	routes, err := proxy.New(proxy.Config{
		Decider: s.Decider, Trusted: trusted, Observer: env.Observer, Exchanges: env.Exchanges, Fields: fields,
		Upstream: s.Config.Proxy.Upstream, Transport: env.Transport,
	})
	if err != nil {
		return err
	}
	s.Proxy = hosts.OnlyHosts(front(routes))
	return nil
}

// hosts makes what stands before everything else on the proxy's listener, and on
// that of a program that has Edgeward inside.
func (s *System) hosts(env Environment, trusted *clientip.Trusted) (*door.Door, error) {
	d := &door.Door{Trusted: trusted, Observer: env.Observer}
	if s.Config.Proxy == nil {
		return d, nil
	}
	var err error
	d.Hosts, err = canonical.NewHosts(s.Config.Proxy.Hosts)
	return d, err
}

// api makes the endpoints for tokens; nil where there are none to give.
func (s *System) api(env Environment, trusted *clientip.Trusted) (mounted, error) {
	if s.Families == nil {
		return nil, nil
	}
	set, err := oauth.New(oauth.Config{Authority: s.Authority})
	if err != nil {
		return nil, err
	}
	return s.mount(set, env, trusted), nil
}

// people makes the door for people; nil where they cannot sign in.
func (s *System) people(env Environment, trusted *clientip.Trusted) (mounted, error) {
	if s.Login == nil {
		return nil, nil
	}
	set, err := account.New(account.Config{
		Login: s.Login, Authority: s.Authority, Outcome: s.Config.Login.Outcome, SessionCookie: s.Cookies.Session, SignedIn: env.SignedIn,
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
