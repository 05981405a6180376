package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
)

// keys is the table of route keys, in the order in which an [Explanation] and the
// reference list them. A row is all that is known of a key: what the reference
// says, where its value is, by which it is read, laid over what stands above,
// compared and shown (field.go), what is checked, and what it asks of a request.
// The first row is the one that makes a path public.
var keys = [...]key{
	{
		Key: Key{"authenticate", "list of text", "inherited; without any above, refused",
			"The strategies that may prove who is asking, in their order: `bearer`, `session` (needs `sessions`), `cookie` (our own access token in a cookie, renewed by the refresh token in another; needs `login`), `api_key` (needs `api_keys`). `[]` makes the paths public."},
		at: func(r *Route) any { return (*access)(r) }, asks: proof, hint: "[bearer] asks for a token, [] makes the paths public",
	}, {
		Key: Key{"permissions", "list of text", "inherited",
			"All of them are required, from the claims `scope`, `scp` and `permissions`."},
		at: func(r *Route) any { return &r.Permissions }, asks: allOf, hint: replaces, check: checkPermission,
	}, {
		Key: Key{"issuers", "list of text", "inherited; else every issuer",
			"Only tokens of one of these issuers."},
		at: func(r *Route) any { return &r.Issuers }, asks: anyOf, hint: replaces, check: checkNamed,
	}, {
		Key: Key{"audiences", "list of text", "inherited; else what the issuer allows",
			"Only tokens for one of these audiences."},
		at: func(r *Route) any { return &r.Audiences }, asks: anyOf, hint: replaces, check: checkNamed,
	}, {
		Key: Key{"fallback", "`unavailable`, `any` or `never`", "inherited; else `unavailable`",
			"When the next strategy may try after one found a credential: if a dependency was down, also if the credential was refused, or never."},
		at: func(r *Route) any { return (*uint8)(&r.Fallback) }, names: fallbackNames,
	}, {
		Key: Key{"cors", "mapping", "inherited; else off",
			"Which origins may call from a browser. `{}` switches it off below. See [`cors`](#cors)."},
		at: func(r *Route) any { return &r.CORS },
	}, {
		Key: Key{"upstream", "URL", "inherited; else `proxy.upstream`",
			"Where allowed requests go."},
		at: func(r *Route) any { return &r.Upstream }, hint: "http://127.0.0.1:3000",
	}, {
		Key: Key{"forward_credential", "true or false", "inherited; else `false`",
			"Whether the credential that decided travels on to the upstream, alone; a session never does. On a public route, whether an application's own bearer token does. See [Header fields](#header-fields)."},
		at: func(r *Route) any { return &r.ForwardCredential },
	}, {
		Key: Key{"assertion", "true or false", "inherited; else `false`",
			"Whether the upstream gets `X-Auth-Assertion`; needs `tokens.assertion`."},
		at: func(r *Route) any { return &r.Assertion },
	}, {
		Key: Key{"max_staleness", "duration", "inherited; else `revocation.max_staleness`",
			"How old what this node knows of revocations may be; needs `store`."},
		at: func(r *Route) any { return &r.MaxStaleness }, least: leastStaleness, most: mostStaleness, hint: whyFresh,
	}, {
		Key: Key{"when_stale", "`ask` or `deny`", "inherited; else `revocation.when_stale`",
			"What to do beyond that: ask the store about the credential, or answer 503; needs `store`."},
		at: func(r *Route) any { return (*uint8)(&r.WhenStale) }, names: whenStaleNames,
	}, {
		Key: Key{"same_origin", "true or false", "inherited; else `false`",
			"Whether what may change something (any method but `GET`, `HEAD` and `OPTIONS`) has to say, by `Sec-Fetch-Site` or `Origin`, that a page of the same origin has caused it: a guard against CSRF for an application that has none of its own. It holds on public routes too, and programs that are no browser have to say it as well."},
		at: func(r *Route) any { return &r.SameOrigin }, asks: always,
	}, {
		Key: Key{keyIgnoreCase, "true or false", "inherited; else `false`",
			"In a `_middleware`: whether the application ignores the case of letters in the names below the folder, as Express, ASP.NET and IIS do by default. Then `/Admin` is decided as `/admin`; the application gets the path as it came. A name with a letter beyond ASCII that has case is refused beside other names. See [frameworks.md](frameworks.md)."},
		at: func(r *Route) any { return &r.ignoreCase }, folder: true,
	},
}

// corsKeys are the members of cors, of a Route that has one.
var corsKeys = [...]key{
	{Key: Key{"origins", "list of text", "none may",
		"Exact origins, `scheme://host[:port]` in lower case. `\"*\"` alone means all origins, and only without `credentials`."},
		at: func(r *Route) any { return &r.CORS.Origins }, hint: "[https://app.example.com]"},
	{Key: Key{"methods", "list of text", "`[GET, HEAD, POST]`", "Methods that a page may use."},
		at: func(r *Route) any { return &r.CORS.Methods }, hint: "[GET, PUT]"},
	{Key: Key{"headers", "list of text", "only the safelisted ones", "Request headers that a page may send."},
		at: func(r *Route) any { return &r.CORS.Headers }, hint: "[Authorization]"},
	{Key: Key{"expose", "list of text", "only the safelisted ones", "Response headers that a page may read."},
		at: func(r *Route) any { return &r.CORS.Expose }, hint: "[X-Request-Id]"},
	{Key: Key{"credentials", "true or false", "`false`", "Whether browsers send cookies."},
		at: func(r *Route) any { return &r.CORS.Credentials }},
	{Key: Key{"max_age", "duration", "the browser decides", "How long a browser may cache a preflight, at most 24h."},
		at: func(r *Route) any { return &r.CORS.MaxAge }, least: time.Second, most: maxMaxAge},
}

// methodsKey holds overrides, and is none of the keys that one can have.
var methodsKey = Key{"methods", "mapping", "nothing differs",
	"Overrides for single methods: `{POST: {permissions: [orders:write]}}`. `HEAD` uses `GET`'s unless it has its own."}

// A Key is what the reference says, in Markdown, of one member of a statement or
// of its cors.
type Key struct {
	Name    string
	Kind    string // "list of text", "true or false"
	Absent  string // what holds without it
	Meaning string
}

// Keys returns the members that a statement may have.
func Keys() []Key { return append(described(keys[:]), methodsKey) }

// CORSKeys returns the members that cors of a statement may have.
func CORSKeys() []Key { return described(corsKeys[:]) }

func described(rows []key) []Key {
	all := make([]Key, len(rows))
	for i := range rows {
		all[i] = rows[i].Key
	}
	return all
}

// A key is a row of the table.
type key struct {
	Key
	at          func(*Route) any             // a pointer to the value: see field.go for which there are
	asks        asking                       // of a request
	check       func(string) (detail string) // of each member of a list
	folder      bool                         // it holds for the names below a folder, whatever the method
	hint        string                       // an example of a text or list; why no duration is longer
	names       []string                     // of a choice
	least, most time.Duration                // of a duration in a configuration
}

// asking is what a key asks of a request.
type asking uint8

const (
	nothing asking = iota
	proof          // of an identity, by one of the strategies
	allOf          // the identity has all that is listed
	anyOf          // the identity has one of what is listed; an empty list asks nothing
	always         // of every request, if it is on
)

// demand reports whether the key makes sense only of a proven identity.
func (k *key) demand() bool { return k.asks == allOf || k.asks == anyOf }

const (
	keyIgnoreCase = "ignore_case"
	replaces      = "[…]; [] for none" // how a list is written that replaces one above it
)

func checkPermission(p string) string {
	if !edgeward.IsScopeToken(p) {
		return fmt.Sprintf("%q is not a scope-token (RFC 6749 §3.3), so no credential can hold it", p)
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
		if !keys[i].asksAsMuch(keys[i].at(r), keys[i].at(other)) {
			return false
		}
	}
	return true
}

func (k *key) asksAsMuch(mine, others any) bool {
	switch k.asks {
	case proof:
		r, other := (*Route)(mine.(*access)), (*Route)(others.(*access))
		return other.Public() || !other.Unspecified() && !r.Public() && within(r.Authenticate, other.Authenticate)
	case allOf:
		return within(*others.(*[]string), *mine.(*[]string))
	case anyOf:
		all := *others.(*[]string)
		return len(all) == 0 || len(*mine.(*[]string)) > 0 && within(*mine.(*[]string), all)
	case always:
		return *mine.(*bool) || !*others.(*bool)
	}
	return true
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
