package policy

import (
	"maps"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/policy/cors"
	"github.com/edgeward/edgeward/policy/fields"
)

// A Statement is what one file says about the paths that it holds for. What it
// does not state, the nearest statement above states for it; what it states
// replaces what stands above. The zero Statement states nothing.
//
// A Go program begins with [Public], [Require] or Statement{}, and each method
// returns a Statement that says one thing more:
//
//	policy.Require("bearer").Permissions("orders:read").Method("POST", policy.Statement{}.Permissions("orders:write"))
//
// A configuration is read by [Read].
type Statement struct {
	stated  uint64 // a bit for each of keys
	values  Route
	methods map[string]Statement
}

const _ = uint(64 - len(keys)) // a bit for each

// A File is a statement at its place in the tree.
type File struct {
	// Path is the slash-separated path in the routes folder without extension:
	// "api/_middleware", "api/[id]", "api/users/[[path]]", "index".
	Path string
	// Source names the file in messages, "routes/api/_middleware.yaml". "" means
	// Path.
	Source    string
	Statement Statement
}

// Public allows every request, without a credential. Permissions, issuers and
// audiences that stand above no longer apply.
func Public() Statement { return Statement{}.with("authenticate", Route{Access: AccessPublic}) }

// Require wants one of the strategies to prove who is asking, in the order in
// which they look. [Build] refuses it without any.
func Require(strategies ...string) Statement {
	return Statement{}.with("authenticate", Route{Access: AccessRequired, Authenticate: strategies})
}

// Permissions are required, all of them; each is an RFC 6749 §3.3 scope-token.
func (s Statement) Permissions(all ...string) Statement {
	return s.with("permissions", Route{Permissions: all})
}

// Issuers accepts identities of any of them, compared exactly; none means every
// configured issuer.
func (s Statement) Issuers(any ...string) Statement { return s.with("issuers", Route{Issuers: any}) }

// Audiences accepts credentials for any of them, compared exactly; none means
// what the rules of the issuer accept.
func (s Statement) Audiences(any ...string) Statement {
	return s.with("audiences", Route{Audiences: any})
}

// ACR accepts users who authenticated by any of these classes (OpenID Connect Core §2),
// in order of preference; none means every class.
func (s Statement) ACR(any ...string) Statement {
	return s.with("acr", Route{StepUp: edgeward.StepUp{ACR: any}})
}

// MaxAge bounds how long ago the user authenticated, in whole seconds; 0 sets no
// bound.
func (s Statement) MaxAge(d time.Duration) Statement {
	return s.with("max_age", Route{StepUp: edgeward.StepUp{MaxAge: d}})
}

// Allow wants the identity to satisfy one of the alternatives; none asks nothing.
func (s Statement) Allow(any ...allow.Alternative) Statement {
	return s.with("allow", Route{Allow: allow.Of(any...)})
}

// Networks is where the paths can be reached from at all, in CIDR notation; none means
// from everywhere.
func (s Statement) Networks(any ...string) Statement {
	return s.with("networks", Route{Networks: allow.NetworksOf(any...)})
}

// PublicNetworks is where no credential is needed, in CIDR notation. One that proves
// an identity which may use the route is used there as well.
func (s Statement) PublicNetworks(any ...string) Statement {
	return s.with(keyPublicNetworks, Route{PublicNetworks: allow.NetworksOf(any...)})
}

// Fallback says when the next strategy may try.
func (s Statement) Fallback(f Fallback) Statement { return s.with("fallback", Route{Fallback: f}) }

// CORS lets pages of other origins call. The zero CORS switches it off below.
func (s Statement) CORS(c CORS) Statement { return s.with("cors", Route{CORS: c.Stated()}) }

// Upstream is the base URL where allowed requests go, or the name of an upstream.
func (s Statement) Upstream(url string) Statement { return s.with("upstream", Route{Upstream: url}) }

// StripPrefix is removed from the path that the upstream sees, where it begins
// with it; "" and "/" remove nothing. What is decided on is the path as it came.
func (s Statement) StripPrefix(path string) Statement {
	return s.with("strip_prefix", Route{Forwarding: edgeward.Forwarding{StripPrefix: path}})
}

// AddPrefix is put before the path that the upstream sees, after StripPrefix; ""
// and "/" add nothing.
func (s Statement) AddPrefix(path string) Statement {
	return s.with("add_prefix", Route{Forwarding: edgeward.Forwarding{AddPrefix: path}})
}

// Timeout bounds how long the upstream may take to begin its answer; 0 leaves that
// to the upstream's own.
func (s Statement) Timeout(d time.Duration) Statement {
	return s.with("timeout", Route{Forwarding: edgeward.Forwarding{Timeout: d}})
}

// MaxBody bounds the body of a request in bytes; 0 sets no bound.
func (s Statement) MaxBody(bytes int64) Statement {
	return s.with("max_body", Route{Forwarding: edgeward.Forwarding{MaxBody: bytes}})
}

// ForwardCredential says whether the credential that decided travels on.
func (s Statement) ForwardCredential(on bool) Statement {
	return s.with("forward_credential", Route{ForwardCredential: on})
}

// Headers names the identity to the upstream by fields, beside X-Auth-*; none means by
// no others. Of two of one name the later holds.
func (s Statement) Headers(all ...fields.Field) Statement {
	return s.with("headers", Route{Headers: fields.HeadersOf(all...)})
}

// RequestHeaders removes, and then sets, fields of the request that travels on.
func (s Statement) RequestHeaders(set map[string]string, remove ...string) Statement {
	return s.with("request_headers", Route{RequestHeaders: fields.RequestEditOf(set, remove)})
}

// ResponseHeaders removes, and then sets, fields of what the upstream answers.
func (s Statement) ResponseHeaders(set map[string]string, remove ...string) Statement {
	return s.with("response_headers", Route{ResponseHeaders: fields.ResponseEditOf(set, remove)})
}

// Authorization says what the upstream gets in the field of that name: see
// [fields.Basic] and [fields.AccessToken]; the zero value leaves it to ForwardCredential.
func (s Statement) Authorization(a fields.Authorization) Statement {
	return s.with("authorization", Route{Authorization: a})
}

// Assertion says whether the upstream gets a signed statement of who is asking.
func (s Statement) Assertion(on bool) Statement { return s.with("assertion", Route{Assertion: on}) }

// MaxStaleness bounds how old a node's knowledge of revocations may be; 0 sets no
// bound.
func (s Statement) MaxStaleness(d time.Duration) Statement {
	return s.with("max_staleness", Route{MaxStaleness: d})
}

// WhenStale says what to do beyond that.
func (s Statement) WhenStale(w WhenStale) Statement { return s.with("when_stale", Route{WhenStale: w}) }

// SameOrigin says whether what changes something has to come from a page of the
// same origin.
func (s Statement) SameOrigin(on bool) Statement { return s.with("same_origin", Route{SameOrigin: on}) }

// IgnoreCase, in a _middleware, says whether the application reads the names
// below the folder without regard to the case of ASCII letters, as Express,
// ASP.NET and IIS do by default: then /Admin is decided as /admin.
func (s Statement) IgnoreCase(on bool) Statement { return s.with(keyIgnoreCase, Route{ignoreCase: on}) }

// Method overrides keys for one method. HEAD uses GET's override in a statement
// that has none for HEAD. An override has no overrides of its own.
func (s Statement) Method(method string, o Statement) Statement {
	s.methods = maps.Clone(s.methods)
	if s.methods == nil {
		s.methods = map[string]Statement{}
	}
	s.methods[method] = o
	return s
}

// with states one key more.
func (s Statement) with(name string, value Route) Statement {
	i := index(name)
	keys[i].lay(&s.values, &value)
	s.stated |= 1 << i
	return s
}

func index(name string) int {
	return slices.Index(names(keys[:]), name)
}

func (s *Statement) states(i int) bool { return s.stated&(1<<i) != 0 }

// ignoresCase returns what s says of ignore_case.
func (s *Statement) ignoresCase() (on, stated bool) {
	return s.values.ignoreCase, s.states(index(keyIgnoreCase))
}

// equal reports whether a and b state the same.
func (a Statement) equal(b Statement) bool {
	if a.stated != b.stated {
		return false
	}
	for i := range keys {
		if a.states(i) && !keys[i].equal(&a.values, &b.values) {
			return false
		}
	}
	for method, o := range a.methods {
		if other, stated := b.methods[method]; !stated || !o.equal(other) {
			return false
		}
	}
	return len(a.methods) == len(b.methods)
}

// seal makes s ready for use. It reports what is wrong with s by key.
func (s *Statement) seal(report func(key, detail string)) {
	s.sealKeys(report)
	methods := make(map[string]Statement, len(s.methods))
	for _, method := range slices.Sorted(maps.Keys(s.methods)) {
		under := "methods." + method
		if detail := cors.CheckMethod(method); detail != "" {
			report(under, detail)
		}
		override := s.methods[method]
		if override.methods != nil {
			report(under+".methods", "an override has no overrides of its own")
		}
		override.sealKeys(func(key, detail string) { report(under+"."+key, detail) })
		override.statesOfFolder(func(key string) {
			report(under+"."+key, "the case of a path is the same for every method")
		})
		methods[method] = override
	}
	s.methods = methods
}

// sealKeys is seal without the overrides.
func (s *Statement) sealKeys(report func(key, detail string)) {
	for i := range keys {
		if s.states(i) {
			keys[i].seal(&s.values, report)
		}
	}
}

// statesOfFolder calls with each key that s states and that is of a folder.
func (s *Statement) statesOfFolder(report func(key string)) {
	for i := range keys {
		if keys[i].folder && s.states(i) {
			report(keys[i].name)
		}
	}
}
