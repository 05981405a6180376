package policy

import "time"

// A Route is what the tree asks of the requests that it covers: the whole
// chain resolved for one method. It is immutable and shared; its identity (the
// pointer) is stable for the life of its Tree.
type Route struct {
	Pattern string // "/api/users/[id]", "/api/*" for a _middleware: a bounded label
	Method  string // whose overrides are in it; "" when no method's are
	Source  string // the file that covers the path, the last of its chain

	// Silent means that nothing on the chain states authenticate: refuse with
	// edgeward.RouteSilent.
	Silent bool
	// Authenticate names strategies in order. Empty on a route that is not
	// Silent means public.
	Authenticate []string
	Permissions  []string // all required; none on a public route
	Issuers      []string // any of them; empty means every configured one
	Audiences    []string // any of them; empty means what the issuer's rules accept

	Fallback          Fallback
	CORS              *CORS  // nil when off
	Upstream          string // base URL; "" means the door's own
	ForwardCredential bool
	Assertion         bool

	MaxStaleness time.Duration // of what the node knows of revocations; 0: no bound
	WhenStale    WhenStale

	// SameOrigin demands of a request that may change something that a page of
	// the origin which it goes to has caused it. It holds on public routes, too.
	SameOrigin bool
}

// Public reports whether the route asks nobody who they are.
func (r *Route) Public() bool { return !r.Silent && len(r.Authenticate) == 0 }
