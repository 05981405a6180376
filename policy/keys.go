package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/policy/allow"
)

// keys is the table of route keys, in the order in which an [Explanation] and the
// reference list them. A row is all that a decision and its configuration need of a
// key: where its value is, by which it is read, laid over what stands above, compared
// and shown (field.go), what is checked, and what it asks of a request.
// The first row is the one that makes a path public.
var keys = [...]key{
	{name: "authenticate", at: func(r *Route) any { return (*access)(r) }, asks: proof, hint: "[bearer] asks for a token, [] makes the paths public"},
	{name: "permissions", at: func(r *Route) any { return &r.Permissions }, asks: allOf, hint: replaces, check: checkPermission},
	{name: "issuers", at: func(r *Route) any { return &r.Issuers }, asks: anyOf, hint: replaces, check: checkNamed},
	{name: "audiences", at: func(r *Route) any { return &r.Audiences }, asks: anyOf, hint: replaces, check: checkNamed},
	{name: "acr", at: func(r *Route) any { return &r.StepUp.ACR }, asks: anyOf, hint: "[phr]; [] for any", check: checkACR},
	{name: "max_age", at: func(r *Route) any { return &r.StepUp.MaxAge }, asks: atMost, least: leastAge, most: mostAge, hint: ": leave max_age out where the age does not matter"},
	{name: "allow", at: func(r *Route) any { return &r.Allow }, asks: alternatives},
	{name: "networks", at: func(r *Route) any { return &r.Networks }, asks: place},
	{name: keyPublicNetworks, at: func(r *Route) any { return &r.PublicNetworks }, asks: noProof},
	{name: "fallback", at: func(r *Route) any { return (*uint8)(&r.Fallback) }, names: fallbackNames},
	{name: "cors", at: func(r *Route) any { return &r.CORS }},
	{name: "upstream", at: func(r *Route) any { return &r.Upstream }, hint: "http://127.0.0.1:3000"},
	{name: "strip_prefix", at: func(r *Route) any { return &r.Forwarding.StripPrefix }, hint: "/app", check: checkPrefix},
	{name: "add_prefix", at: func(r *Route) any { return &r.Forwarding.AddPrefix }, hint: "/v2", check: checkPrefix},
	{name: "timeout", at: func(r *Route) any { return &r.Forwarding.Timeout }, least: leastTimeout, most: mostTimeout},
	{name: "max_body", at: func(r *Route) any { return &r.Forwarding.MaxBody }},
	{name: "forward_credential", at: func(r *Route) any { return &r.ForwardCredential }},
	{name: "headers", at: func(r *Route) any { return &r.Headers }},
	{name: "request_headers", at: func(r *Route) any { return &r.RequestHeaders }},
	{name: "response_headers", at: func(r *Route) any { return &r.ResponseHeaders }},
	{name: "authorization", at: func(r *Route) any { return &r.Authorization }},
	{name: "assertion", at: func(r *Route) any { return &r.Assertion }},
	{name: "max_staleness", at: func(r *Route) any { return &r.MaxStaleness }, least: leastStaleness, most: mostStaleness, hint: whyFresh},
	{name: "when_stale", at: func(r *Route) any { return (*uint8)(&r.WhenStale) }, names: whenStaleNames},
	{name: "same_origin", at: func(r *Route) any { return &r.SameOrigin }, asks: always},
	{name: keyIgnoreCase, at: func(r *Route) any { return &r.ignoreCase }, folder: true},
}

// A key is a row of the table.
type key struct {
	name        string
	at          func(*Route) any             // a pointer to the value: see field.go for which there are
	asks        asking                       // of a request
	check       func(string) (detail string) // of a text, or each member of a list
	folder      bool                         // it holds for the names below a folder, whatever the method
	hint        string                       // an example of a text or list; why no duration is longer
	names       []string                     // of a choice
	least, most time.Duration                // of a duration in a configuration
}

// asking is what a key asks of a request.
type asking uint8

const (
	nothing      asking = iota
	proof               // of an identity, by one of the strategies
	allOf               // the identity has all that is listed
	anyOf               // the identity has one of what is listed; an empty list asks nothing
	alternatives        // the identity satisfies one of them; an empty list asks nothing
	atMost              // the identity is not older; 0 asks nothing
	place               // the client is in one of the networks; an empty list asks nothing
	noProof             // nothing is asked of an identity where the client is in one of the networks
	always              // of every request, if it is on
)

// demand reports whether the key makes sense only of a proven identity.
func (k *key) demand() bool { return allOf <= k.asks && k.asks <= atMost }

// What timeout may be in a configuration.
const (
	leastTimeout = 100 * time.Millisecond
	mostTimeout  = 24 * time.Hour
)

const (
	keyIgnoreCase     = "ignore_case"
	keyPublicNetworks = "public_networks"
	keyMethods        = "methods"          // holds overrides, and is none of the keys that one can have
	replaces          = "[…]; [] for none" // how a list is written that replaces one above it
)

func checkPermission(p string) string {
	if !edgeward.IsScopeToken(p) {
		return fmt.Sprintf("%q is not a scope-token (RFC 6749 §3.3), so no credential can hold it", p)
	}
	return ""
}

// What max_age may be in a configuration. A page and all that it loads come after one
// authentication.
const (
	leastAge = allow.LeastAge
	mostAge  = allow.MostAge
)

func checkACR(acr string) string {
	if !edgeward.IsScopeToken(acr) {
		return fmt.Sprintf("%q is no class that acr_values can list: printable ASCII without space, quote and backslash", acr)
	}
	return ""
}

// checkPrefix wants what a path can begin with, in the one spelling that a path is
// decided in.
func checkPrefix(p string) string {
	switch path, err := canonical.Path(canonical.EscapePath(p)); {
	case p == "" || p == "/": // nothing
	case err != nil || path != p:
		return fmt.Sprintf("%q is no path in its one spelling: write it decoded, with a slash first, without dot segments and double slashes", p)
	case p[len(p)-1] == '/':
		return fmt.Sprintf("write %s, without the last slash", p[:len(p)-1])
	}
	return ""
}

func checkNamed(name string) string {
	if name == "" {
		return "an empty name fits nothing"
	}
	return ""
}

// AsksAsMuch reports whether r refuses every request that other refuses.
func (r *Route) AsksAsMuch(other *Route) bool {
	if r.Unspecified() {
		return true
	}
	for i := range keys {
		if !keys[i].asksAsMuch(r, other) {
			return false
		}
	}
	return true
}

// Asks returns the names of the keys by which r decides who may, beside authenticate
// and permissions, in their order.
func (r *Route) Asks() (all []string) {
	for i := range keys {
		if k := &keys[i]; k.asks > allOf && !k.equal(r, &Route{}) {
			all = append(all, k.name)
		}
	}
	return all
}

func (k *key) asksAsMuch(r, other *Route) bool {
	mine, others := k.at(r), k.at(other)
	switch k.asks {
	case proof:
		return other.Public() || !other.Unspecified() && !r.Public() && within(r.Authenticate, other.Authenticate)
	case allOf:
		return within(*others.(*[]string), *mine.(*[]string))
	case anyOf:
		all := *others.(*[]string)
		return len(all) == 0 || len(*mine.(*[]string)) > 0 && within(*mine.(*[]string), all)
	case atMost:
		most := *others.(*time.Duration)
		return most == 0 || 0 < *mine.(*time.Duration) && *mine.(*time.Duration) <= most
	case alternatives:
		return mine.(*allow.Rule).AsksAsMuch(others.(*allow.Rule))
	case place:
		mine, others := mine.(*allow.Networks), others.(*allow.Networks)
		return others.Empty() || !mine.Empty() && mine.Within(others)
	case noProof:
		return other.Public() || mine.(*allow.Networks).Within(others.(*allow.Networks))
	case always:
		return *mine.(*bool) || !*others.(*bool)
	}
	return true
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
