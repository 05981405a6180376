package policy

import (
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/policy/cors"
	"github.com/edgeward/edgeward/policy/fields"
)

// CORS says which other origins may call the paths from a browser. One that a
// [Statement] states allows none until [Build] has checked it and put it into a [Route].
type CORS = cors.CORS

// A Route is what the tree asks of the requests that it covers: the whole
// chain resolved for one method. It is immutable and shared; its identity (the
// pointer) is stable for the life of its Tree.
type Route struct {
	// Host is the name of the entry of [Hosts] whose tree has the route:
	// "grafana.example.com", "*.example.com", "" for that of every other host.
	Host    string
	Pattern string // "/api/users/[id]", "/api/*" for a _middleware: a bounded label
	Method  string // whose overrides are in it; "" when no method's are
	Source  string // the file that covers the path, the last of its chain

	// Access says who may come. Its zero value refuses everybody.
	Access       Access
	Authenticate []string // names of strategies in order, when Access is AccessRequired
	Permissions  []string // all required; none on a public route
	Issuers      []string // any of them; empty means every configured one
	Audiences    []string // any of them; empty means what the issuer's rules accept

	// Allow lists alternatives, of which the identity satisfies one; empty: none is asked.
	Allow allow.Rule
	// Networks are those that the route is for, on a public one as well; empty: all.
	Networks allow.Networks
	// PublicNetworks are those whose clients need no credential.
	PublicNetworks allow.Networks

	Fallback          Fallback
	CORS              *CORS  // nil when off
	Upstream          string // base URL or name; "" means the door's own
	Forwarding        edgeward.Forwarding
	ForwardCredential bool
	Headers           fields.Headers // by which the identity is named, beside X-Auth-*
	RequestHeaders    fields.RequestEdit
	ResponseHeaders   fields.ResponseEdit
	Authorization     fields.Authorization
	Assertion         bool

	StepUp edgeward.StepUp // how a user has to have authenticated; none on a public route

	MaxStaleness time.Duration // of what the node knows of revocations; 0: no bound
	WhenStale    WhenStale

	// SameOrigin demands of a request that may change something that a page of
	// the origin which it goes to has caused it. It holds on public routes, too.
	SameOrigin bool

	ignoreCase bool // a folder's, of which a request knows nothing
}

// An Access says whether a route wants a proven identity. The zero Access
// refuses, so that a [Route] which was not made by [Build] opens nothing.
type Access uint8

// The kinds of access.
const (
	AccessUnspecified Access = iota // no file on the chain states authenticate: refuse with edgeward.RouteSilent
	AccessRequired                  // one of the route's strategies has to prove an identity
	AccessPublic                    // "authenticate: []": anybody, without a credential
)

// Label returns the host, if the route is one's, and the pattern:
// "grafana.example.com/api/*".
func (r *Route) Label() string { return r.Host + r.Pattern }

// Public reports whether the route lets anybody in without a credential, of its
// Networks if it has some.
func (r *Route) Public() bool { return r.Access == AccessPublic }

// Unspecified reports whether the route refuses everybody, because no file on its
// chain states authenticate.
func (r *Route) Unspecified() bool { return r.Access != AccessPublic && r.Access != AccessRequired }
