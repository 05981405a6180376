package policy

import "github.com/edgeward/edgeward/policy/value"

// Keys returns the members that a statement may have.
func Keys() []value.Key {
	all := make([]value.Key, len(reference))
	for i := range reference {
		all[i] = value.Key(reference[i])
	}
	return all
}

// An entry is a [value.Key] that is written without the names of its fields.
type entry value.Key

// reference is about keys and about methods. It stands apart from them, so that a
// program which prints no reference links none.
var reference = [...]entry{
	{"authenticate", "list of text", "inherited; without any above, refused",
		"The strategies that may prove who is asking, in their order: `bearer`, `session` (needs `sessions`), `cookie` (our own access token in a cookie, renewed by the refresh token in another; needs `login`), `api_key` (needs `api_keys`), `personal_token` (keys of users, also by HTTP Basic; needs `personal_tokens`). `[]` makes the paths public."},
	{"permissions", "list of text", "inherited",
		"All of them are required, from the claims `scope`, `scp` and `permissions`."},
	{"issuers", "list of text", "inherited; else every issuer",
		"Only tokens of one of these issuers."},
	{"audiences", "list of text", "inherited; else what the issuer allows",
		"Only tokens for one of these audiences."},
	{"acr", "list of text", "inherited; else every class",
		"How the user has to have authenticated: one of these authentication context classes (`acr` of OpenID Connect, as the provider names them), the preferred one first. Else a browser is led to the provider for it, and a client is answered by RFC 9470. See [Step-up](login.md#step-up)."},
	{"max_age", "duration", "inherited; else any age",
		"How long ago the user may have authenticated at the provider: 10s to 366 days, in whole seconds. Else as with `acr`."},
	{"allow", "list of alternatives", "inherited; else nothing more is asked",
		"Who may, of those who are known: `[{groups: [admins]}, {email: [\"*@example.com\"], networks: [192.0.2.0/24]}]`. Any alternative suffices, and within one everything holds. `[]` switches it off below. See [`allow`](#allow) and [rules.md](rules.md)."},
	{"networks", "list of CIDR blocks", "inherited; else from everywhere",
		"Where clients come from whom the paths are for at all; others get 403 before they are asked for a credential. It holds on public routes too. An unknown address is in no network. `[]` switches it off below."},
	{keyPublicNetworks, "list of CIDR blocks", "inherited; else none",
		"Clients from there need no credential. One that proves an identity which may use the route is used; else the request passes without an identity. What is asked nearer the leaf states it again. See [rules.md](rules.md#by-network)."},
	{"fallback", "`unavailable`, `any` or `never`", "inherited; else `unavailable`",
		"When the next strategy may try after one found a credential: if a dependency was down, also if the credential was refused, or never."},
	{"cors", "mapping", "inherited; else off",
		"Which origins may call from a browser. `{}` switches it off below. See [`cors`](#cors)."},
	{"upstream", "URL or name", "inherited; else `proxy.upstream`",
		"Where allowed requests go: a URL, as `proxy.upstream`, or the name of one of [`upstreams`](#upstreams)."},
	{"strip_prefix", "path", "inherited; else nothing is removed",
		"What the upstream does not see of a path that begins with it: with `/app`, `/app/x` is forwarded as `/x`, `/app` as `/`, and `/apple` as it is. What was removed is in `X-Forwarded-Prefix`. `/` removes nothing. The rules are asked about the path as it came; see [Paths that are rewritten](#paths-that-are-rewritten)."},
	{"add_prefix", "path", "inherited; else nothing is added",
		"What is put before the path after that: with `/v2`, `/x` is forwarded as `/v2/x`. `/` adds nothing. The path of the upstream's URL comes before it."},
	{"timeout", "duration", "inherited; else `response_timeout` of the upstream, 60s",
		"How long the upstream may take to begin its answer, once it has the whole request: 100ms to 24h. Then 504 `gateway_timeout`. How long the answer takes has no bound. It holds for the proxy."},
	{"max_body", "size", "inherited; else no bound",
		"The longest body of a request, as a number with its unit: `512KiB`, `10MiB` (1,048,576 bytes each), `10MB` (1,000,000), at most 1024GiB. A longer one is 413 `content_too_large`: before the upstream is asked where its length is announced, else once so much has come, when the upstream has seen a request that broke off. It holds for the proxy."},
	{"forward_credential", "true or false", "inherited; else `false`",
		"Whether the credential that decided travels on to the upstream, alone; a session never does. On a public route, whether an application's own bearer token does. See [Header fields](#header-fields)."},
	{"headers", "mapping, preset, or list of them", "inherited; else none",
		"Header fields by which the upstream learns of the user, beside `X-Auth-*`: `{Remote-User: username}`, or a preset such as `remote-user`. `[]` switches them off below. All their names are removed from what clients send, on every route of every host. See [headers.md](headers.md)."},
	{"request_headers", "mapping", "inherited; else none",
		"Header fields of the request that travels on: `{set: {X-Tenant: red}, remove: [Accept-Language]}`. `{}` edits none below. What `set` names is removed from what clients send as the names of `headers` are, unless it is standard. See [headers.md](headers.md#fields-that-are-set-or-removed)."},
	{"response_headers", "mapping", "inherited; else none",
		"The same of the upstream's answer: `{set: {Strict-Transport-Security: max-age=31536000}, remove: [Server]}`. What is set is on Edgeward's own refusals, too. Through forward-auth the front has to do it. See [headers.md](headers.md#fields-that-are-set-or-removed)."},
	{"authorization", "`access_token`, `none` or mapping", "inherited; else `none`",
		"What the upstream gets in `Authorization`, in place of what the client sent: the access token of the provider at which the user signed in, or `{basic: {username: ATTRIBUTE, password: env:NAME}}`. See [headers.md](headers.md#what-the-upstream-gets-in-authorization)."},
	{"assertion", "true or false", "inherited; else `false`",
		"Whether the upstream gets `X-Auth-Assertion`; needs `tokens.assertion`."},
	{"max_staleness", "duration", "inherited; else `revocation.max_staleness`",
		"How old what this node knows of revocations may be; needs `store`."},
	{"when_stale", "`ask` or `deny`", "inherited; else `revocation.when_stale`",
		"What to do beyond that: ask the store about the credential, or answer 503; needs `store`."},
	{"same_origin", "true or false", "inherited; else `false`",
		"Whether what may change something (any method but `GET`, `HEAD` and `OPTIONS`) has to say, by `Sec-Fetch-Site` or `Origin`, that a page of the same origin has caused it: a guard against CSRF for an application that has none of its own. It holds on public routes too, and programs that are no browser have to say it as well."},
	{keyIgnoreCase, "true or false", "inherited; else `false`",
		"In a `_middleware`: whether the application ignores the case of letters in the names below the folder, as Express, ASP.NET and IIS do by default. Then `/Admin` is decided as `/admin`; the application gets the path as it came. A name with a letter beyond ASCII that has case is refused beside other names. See [frameworks.md](frameworks.md)."},
	{keyMethods, "mapping", "nothing differs",
		"Overrides for single methods: `{POST: {permissions: [orders:write]}}`. `HEAD` uses `GET`'s unless it has its own."},
}
