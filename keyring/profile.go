package keyring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

// AccountClaim is the claim of a token of a user who has an account: an object with the
// state of it, "as_of" in milliseconds since 1970, that the token is of, and "with", a
// list of what else of the user is to be read there because a cookie holds no more:
// [WithProfile], [WithScope].
const (
	AccountClaim = "account"
	WithProfile  = "profile" // preferred_username, email, name, groups and claims
	WithScope    = "scope"
)

// A browser keeps 4,096 bytes of a cookie. These bound what a token says of a user, so
// that one under an RSA key of 4,096 bits stays below.
const (
	maxProfile = 1500 // bytes of JSON of the profile
	maxScope   = 1500 // bytes of scope
	maxBoth    = 1800
)

// account returns what an access token says of a user who has an account (OpenID
// Connect Core §5.1), and the permissions that it names.
func (g *Grant) account(permissions []string) (extra []jwt.Extra, named []string) {
	if g.AsOf == 0 {
		return nil, permissions
	}
	said := profileClaims(g.Profile)
	size, scope := 0, len(strings.Join(permissions, " "))
	for _, e := range said {
		size += len(e.Name) + len(e.JSON) + len(`"":,`)
	}
	var with []string
	if scope > maxScope && !g.Narrowed {
		permissions, scope = nil, 0
		with = append(with, WithScope)
	}
	if size > maxProfile || size > 0 && size+scope > maxBoth {
		said = nil
		with = append(with, WithProfile)
	}
	var w strictjson.Writer
	w.Raw("as_of", strconv.AppendInt(nil, g.AsOf, 10))
	if len(with) > 0 {
		w.Strings("with", with)
	}
	return append(said, jwt.Extra{Name: AccountClaim, JSON: string(w.End())}), permissions
}

// profileClaims returns the claims of p, but for how the user authenticated.
func profileClaims(p *edgeward.Profile) (all []jwt.Extra) {
	if p == nil {
		return nil
	}
	for _, claim := range [...]struct{ name, value string }{{"preferred_username", p.Username}, {"name", p.Name}, {"email", p.Email}} {
		if claim.value != "" {
			all = append(all, jwt.StringClaim(claim.name, claim.value))
		}
	}
	if p.Email != "" { // no other is in a profile
		all = append(all, jwt.Extra{Name: "email_verified", JSON: "true"})
	}
	if len(p.Groups) > 0 {
		all = append(all, jwt.Extra{Name: "groups", JSON: string(appendStrings(nil, p.Groups))})
	}
	if len(p.Claims) > 0 {
		names := make([]string, 0, len(p.Claims))
		for name := range p.Claims {
			names = append(names, name)
		}
		slices.Sort(names)
		var w strictjson.Writer
		for _, name := range names {
			w.Strings(name, p.Claims[name])
		}
		all = append(all, jwt.Extra{Name: ClaimsClaim, JSON: string(w.End())})
	}
	return all
}

// ClaimsClaim is the claim with what the configuration keeps of a provider's claims: an
// object of lists, by the names that the configuration gives them.
const ClaimsClaim = "claims"

func appendStrings(dst []byte, values []string) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendString(dst, v)
	}
	return append(dst, ']')
}
