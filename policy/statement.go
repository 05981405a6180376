package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

// A Statement is what one file says about the paths that it holds for. A nil
// field is silent: the nearest statement above speaks for it. A field that is
// there replaces what stands above, also when it is empty.
type Statement struct {
	// Source names the file in messages: "routes/api/_middleware.yaml". In a
	// member of Methods it is ignored.
	Source string

	// Authenticate names the strategies that may prove who is asking, in the
	// order in which they look. Empty makes the paths public: permissions,
	// issuers and audiences that stand above no longer apply.
	Authenticate *[]string
	Permissions  *[]string // all of them required; each an RFC 6749 §3.3 scope-token
	Issuers      *[]string // any of them, exact; empty accepts every configured issuer
	Audiences    *[]string // any of them, exact; empty accepts what the issuer's rules accept

	Fallback          *Fallback
	CORS              *CORS // the zero CORS switches it off below
	Upstream          *string
	ForwardCredential *bool
	Assertion         *bool

	MaxStaleness *time.Duration // how old a node's knowledge of revocations may be; 0 sets no bound
	WhenStale    *WhenStale     // what to do beyond that

	SameOrigin *bool // whether what changes something has to come from a page of the same origin

	// IgnoreCase, in a _middleware, says whether the application reads the names
	// below the folder without regard to the case of ASCII letters, as Express,
	// ASP.NET and IIS do by default: then /Admin is decided as /admin.
	IgnoreCase *bool

	// Methods overrides keys for one method each. HEAD uses GET's override in
	// a statement that has none for HEAD. Its members have no Methods.
	Methods map[string]Statement
}

// A File is a statement at its place in the tree.
type File struct {
	// Path is the slash-separated path in the routes folder without extension:
	// "api/_middleware", "api/[id]", "api/users/[[path]]", "index".
	Path      string
	Statement Statement
}

// sealed returns a copy that nobody outside can change, ready for use. It
// reports what is wrong with s by key.
func (s *Statement) sealed(report func(key, detail string)) *Statement {
	c := s.sealedKeys(report)
	c.Methods = make(map[string]Statement, len(s.Methods))
	for _, method := range slices.Sorted(maps.Keys(s.Methods)) {
		under := "methods." + method
		if detail := checkMethod(method); detail != "" {
			report(under, detail)
		}
		override := s.Methods[method]
		if override.IgnoreCase != nil {
			report(under+".ignore_case", "the case of a path is the same for every method")
		}
		if override.Methods != nil {
			report(under+".methods", "an override has no overrides of its own")
		}
		c.Methods[method] = *override.sealedKeys(func(key, detail string) { report(under+"."+key, detail) })
	}
	return c
}

// sealedKeys is sealed without Methods.
func (s *Statement) sealedKeys(report func(key, detail string)) *Statement {
	c := *s
	c.Authenticate = list(s.Authenticate)
	c.Permissions = checkedList(s.Permissions, edgeward.IsScopeToken, func(p string) {
		report("permissions", fmt.Sprintf("%q is not a scope-token (RFC 6749 §3.3), so nobody can hold it", p))
	})
	c.Issuers = checkedList(s.Issuers, notEmpty, func(string) { report("issuers", "an empty name fits no issuer") })
	c.Audiences = checkedList(s.Audiences, notEmpty, func(string) { report("audiences", "an empty name fits no audience") })
	if s.Fallback != nil && *s.Fallback >= fallbackCount {
		report("fallback", "not one of unavailable, any, never")
	}
	c.Fallback = value(s.Fallback)
	c.Upstream = value(s.Upstream)
	c.ForwardCredential = value(s.ForwardCredential)
	c.Assertion = value(s.Assertion)
	if s.MaxStaleness != nil && *s.MaxStaleness < 0 {
		report("max_staleness", "knowledge cannot be younger than now")
	}
	c.MaxStaleness = value(s.MaxStaleness)
	if s.WhenStale != nil && *s.WhenStale >= whenStaleCount {
		report("when_stale", "not one of ask, deny")
	}
	c.WhenStale = value(s.WhenStale)
	c.SameOrigin = value(s.SameOrigin)
	c.IgnoreCase = value(s.IgnoreCase)
	if s.CORS != nil {
		c.CORS = s.CORS.sealed(func(key, detail string) { report("cors."+key, detail) })
	}
	return &c
}

func value[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// list copies; a nil slice that is stated stays stated.
func list(p *[]string) *[]string {
	if p == nil {
		return nil
	}
	v := slices.Clone(*p)
	return &v
}

func checkedList(p *[]string, ok func(string) bool, report func(string)) *[]string {
	for _, member := range or(p) {
		if !ok(member) {
			report(member)
		}
	}
	return list(p)
}

func notEmpty(s string) bool { return s != "" }

// checkMethod refuses methods that no request has by the time it is looked up.
func checkMethod(method string) string {
	const methodOctets = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-" // as in internal/wire/canonical
	switch {
	case method == "" || strings.Trim(method, methodOctets) != "":
		return "upper case letters, digits and - only: no request has another method"
	case method == "TRACE" || method == "CONNECT" || method == "TRACK":
		return "this method is always refused"
	}
	return ""
}
