package allow

import (
	"slices"

	"github.com/edgeward/edgeward/policy/value"
)

// Keys returns the members that an alternative may have.
func Keys() []value.Key { return slices.Clone(reference[:]) }

var reference = [...]value.Key{
	{Name: "groups", Kind: "list of text", Absent: "not asked", Meaning: "The user is in one of these groups."},
	{Name: "email", Kind: "list of text", Absent: "not asked",
		Meaning: "The user has one of these e-mail addresses, of which the issuer says that it is verified: `ada@example.com`, `\"*@example.com\"` for all of a domain, `\"*.example.com\"` for those of its subdomains. The case of ASCII letters is ignored. No pattern ends with `*`, since domains are there for any one to register."},
	{Name: "username", Kind: "list of text", Absent: "not asked",
		Meaning: "The user has one of these user names. Some providers let users choose theirs, and give a name to others later on."},
	{Name: "subject", Kind: "list of text", Absent: "not asked",
		Meaning: "The subject is one of these, of whichever issuer: state `issuers` beside it where there are several."},
	{Name: "permissions", Kind: "list of text", Absent: "not asked",
		Meaning: "The user has one of these permissions. (`permissions` of a route asks for all that it lists.)"},
	{Name: "acr", Kind: "list of text", Absent: "not asked",
		Meaning: "The issuer says that one of these authentication context classes was satisfied."},
	{Name: "networks", Kind: "list of CIDR blocks", Absent: "not asked",
		Meaning: "The client's address is in one of these networks. One that is unknown is in none."},
	{Name: "claims", Kind: "mapping", Absent: "not asked",
		Meaning: "From the name of a claim to values, of which the user has one, for each claim: `{department: [sales, \"support-*\"]}`. The names are those under which `claims` of the provider or issuer keeps them."},
	{Name: "max_age", Kind: "duration", Absent: "not asked",
		Meaning: "The issuer says that the user authenticated at most so long ago: 10s to 366 days, in whole seconds. Where only this or `acr` is missing, the user is led to the provider, as by [`max_age` of a route](login.md#step-up)."},
}
