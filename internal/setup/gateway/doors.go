package gateway

import (
	"fmt"
	"net/http"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/door/middleware"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// doors are how each is made, and which paths there are a second question about a
// request that was asked about already, by the key of its address.
var doors = map[string]struct {
	open     func(*opening) (http.Handler, error)
	repeated string
}{
	config.ProxyListen:       {open: openProxy},
	config.ForwardAuthListen: {open: openForwardAuth, repeated: forwardauth.RefusalPath},
}

// Repeated reports whether a request for path, at a door, is the second one about
// the same request.
func Repeated(key, path string) bool { return path != "" && doors[key].repeated == path }

// An opening is what doors are made of.
type opening struct {
	*System
	env     Environment
	trusted *clientip.Trusted
	fields  *identity.Fields
	hosts   *door.Door                      // refuses hosts that are not the proxy's
	front   func(http.Handler) http.Handler // has Edgeward's own endpoints before the routes
}

func openProxy(o *opening) (http.Handler, error) {
	routes, err := proxy.New(proxy.Config{
		Decider: o.Decider, Trusted: o.trusted, Observer: o.env.Observer, Exchanges: o.env.Exchanges, Fields: o.fields, Pages: o.Pages,
		Upstream: o.Config.Proxy.Upstream, Upstreams: o.upstreams.all, Transport: o.env.Transport,
	})
	if err != nil {
		return nil, err
	}
	return o.hosts.OnlyHosts(o.front(routes)), nil
}

func openForwardAuth(o *opening) (http.Handler, error) {
	about, err := canonical.NewHosts(o.Config.ForwardAuth.Hosts)
	if err != nil {
		return nil, err
	}
	return o.front(forwardauth.New(forwardauth.Config{Decider: o.Decider, Trusted: o.trusted, Observer: o.env.Observer, Hosts: about, Fields: o.fields, Pages: o.Pages, Endpoints: o.asked()})), nil
}

// asked are the endpoints that a front asks about as about any other path.
func (o *opening) asked() forwardauth.Endpoints {
	e := forwardauth.Endpoints{Arrive: o.Config.UserPrefix().Arrive(), InsecureHTTP: o.Config.InsecureHTTP()}
	for _, set := range o.Endpoints {
		if set.Elsewhere != nil {
			e.Set = set
		}
	}
	return e
}

// open makes the doors that are configured. What stands before the routes
// stands before those of each: the endpoints for users, where they can sign in,
// and those for tokens, where there are any.
func (s *System) open(env Environment) (err error) {
	o := &opening{System: s, env: env}
	if o.trusted, err = s.Config.Proxies(); err != nil {
		return err
	}
	if o.fields, err = identity.NewFields(s.Config.ForwardHeaders, s.Config.Cookies()); err != nil {
		return err
	}
	o.env.Observer = &undeclared{observer: env.Observer, log: env.log()}
	if o.hosts, err = s.hosts(o.env, o.trusted); err != nil {
		return err
	}
	o.front = s.front(o.env, o.trusted)
	guard := middleware.New(&door.Door{Decider: s.Decider, Trusted: o.trusted, Observer: o.env.Observer, Fields: o.fields, Pages: s.Pages}, env.Exchanges)
	s.Middleware = func(next http.Handler) http.Handler { return o.hosts.OnlyHosts(o.front(guard(next))) }
	s.Doors = map[string]http.Handler{}
	for _, l := range s.Config.Doors() {
		row, ok := doors[l.Key]
		if !ok {
			return fmt.Errorf("config: nothing serves %s", l.Key)
		}
		if s.Doors[l.Key], err = row.open(o); err != nil {
			return err
		}
	}
	return nil
}

// hosts makes what stands before everything else on the proxy's listener, and on
// that of a program that has Edgeward inside.
func (s *System) hosts(env Environment, trusted *clientip.Trusted) (*door.Door, error) {
	d := &door.Door{Trusted: trusted, Observer: env.Observer, Pages: s.Pages}
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
