package gateway

import (
	"net/http"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/door/middleware"
	"github.com/edgeward/edgeward/internal/door/proxy"
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
	front := s.front(env, trusted)
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

// front has Edgeward's own endpoints serve their paths, in their canonical
// spelling, and next all others.
func (s *System) front(env Environment, trusted *clientip.Trusted) func(next http.Handler) http.Handler {
	var all []*door.Endpoints
	for _, set := range s.Endpoints {
		all = append(all, &door.Endpoints{Set: set, Trusted: trusted, Observer: env.Observer, InsecureHTTP: s.Config.InsecureHTTP()})
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, own := range all {
				if own.Serves(r.URL.Path) {
					own.ServeHTTP(w, r)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}
