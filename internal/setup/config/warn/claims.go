package warn

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/fields"
)

// claims says what will bite of what is read of users.
func claims(c *config.Config) []string {
	all := append(widened(c), subjects(c)...)
	return append(all, unread(c)...)
}

// widened says where a client that was granted little may do what its user may.
func widened(c *config.Config) (all []string) {
	for i := range c.Issuers {
		issuer := &c.Issuers[i]
		listed := issuer.PermissionClaims
		both := slices.Contains(listed, "permissions") && (slices.Contains(listed, "scope") || slices.Contains(listed, "scp"))
		if both || listed == nil && issuer.Claims.Permissions.Source.Name != "permissions" && hostEnds(issuer.Rules.Issuer, ".auth0.com") {
			all = append(all, fmt.Sprintf("issuer %s: permissions in its tokens are what the user may do, scope is what the client was granted, and either alone is enough here: choose one by permission_claims: [permissions] or [scope]", issuer.Rules.Issuer))
		}
	}
	return all
}

func hostEnds(issuer, ending string) bool {
	u, err := url.Parse(issuer)
	return err == nil && strings.HasSuffix(u.Hostname(), ending)
}

// reassigned are claims that an issuer gives to another user some day, and clients
// those that name a client, whichever user uses it.
var (
	reassigned = []string{"email", "name", "nickname", "preferred_username", "unique_name", "upn", "username"}
	clients    = []string{"appid", "azp", "cid", "client_id"}
)

// subjects says which users may turn into others.
func subjects(c *config.Config) (all []string) {
	look := func(what string, m *claim.Map) {
		name := m.Subject.Name
		switch short := name[strings.LastIndexByte(name, '.')+1:]; {
		case slices.Contains(reassigned, short):
			all = append(all, fmt.Sprintf("%s: subject %q is given to another user some day, who is the former one then to every application", what, name))
		case slices.Contains(clients, short):
			all = append(all, fmt.Sprintf("%s: by subject %q all users of a client are one, which is right for clients that act for no user alone", what, name))
		}
	}
	for i := range c.Issuers {
		issuer := &c.Issuers[i]
		look("issuer "+issuer.Rules.Issuer, &issuer.Claims)
		for j := range c.Issuers[:i] {
			if other := &c.Issuers[j]; other.Rules.Issuer == issuer.Rules.Issuer && subjectOf(&other.Claims) != subjectOf(&issuer.Claims) {
				all = append(all, fmt.Sprintf("issuer %s: one entry takes the subject from %q and another from %q, so that a user is any other that has that value in the other claim: write the same subject", issuer.Rules.Issuer, subjectOf(&other.Claims), subjectOf(&issuer.Claims)))
			}
		}
		for _, p := range providers(c) {
			if p.Issuer == issuer.Rules.Issuer && subjectOf(&p.Claims) != subjectOf(&issuer.Claims) {
				all = append(all, fmt.Sprintf("issuer %s: a user's subject is another one at login provider %q, so that applications know two users, and what revokes one does not revoke the other: write the same subject", issuer.Rules.Issuer, p.Name))
			}
		}
	}
	for _, p := range providers(c) {
		look(fmt.Sprintf("login provider %q", p.Name), &p.Claims)
	}
	return all
}

// subjectOf returns the claim that names a user.
func subjectOf(m *claim.Map) string { return cmp.Or(m.Subject.Name, "sub") }

func providers(c *config.Config) []config.Provider {
	if c.Login == nil {
		return nil
	}
	return c.Login.Providers
}

// unread says what routes ask of users that nothing is read for: such a field is never
// there, and such an alternative never holds.
func unread(c *config.Config) (all []string) {
	var of []*claim.Map
	for i := range c.Issuers {
		of = append(of, &c.Issuers[i].Claims)
	}
	for _, p := range providers(c) {
		of = append(of, &p.Claims)
	}
	asked := attributes(c)
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if !slices.ContainsFunc(of, func(m *claim.Map) bool { return reads(m, name) }) {
			all = append(all, fmt.Sprintf("%s asks for %s, which is read from no claim of an issuer or a login provider, so that it is never there: add %s to the entry of one", asked[name], name, example(name)))
		}
	}
	if where := asked["email"]; where != "" {
		for _, p := range providers(c) {
			if p.Claims.Email.Name == "email" && !slices.Contains(p.Scopes, "email") {
				all = append(all, fmt.Sprintf("login provider %q is not asked for the scope email, without which most send no address, and %s asks for one: add it to scopes", p.Name, where))
			}
			if p.Claims.Email.Name == "email" && !p.Claims.EmailAssumed && (hostEnds(p.Issuer, "login.microsoftonline.com") || hostEnds(p.Issuer, ".ciamlogin.com")) {
				all = append(all, fmt.Sprintf("login provider %q: Entra never says email_verified, so that no address is kept, and %s asks for one: add email_verified: assumed if the addresses of the tenant are its own", p.Name, where))
			}
		}
	}
	return all
}

// attributes returns what routes ask of users beside subject and permissions, each
// with the first route that does.
func attributes(c *config.Config) map[string]string {
	asked := map[string]string{}
	ask := func(r *policy.Route, name string) {
		if asked[name] == "" {
			asked[name] = r.Source
		}
	}
	for r := range c.Hosts.All() {
		for _, f := range r.Headers.Fields() {
			if f.From != fields.Groups { // presets have groups for those who want some
				ask(r, string(f.From))
			}
		}
		for _, a := range r.Allow.Alternatives() {
			for name, values := range map[string][]string{"groups": a.Groups, "email": a.Email, "username": a.Username} {
				if len(values) > 0 {
					ask(r, name)
				}
			}
			for name := range a.Claims {
				ask(r, "claims."+name)
			}
		}
	}
	for name := range asked {
		if _, kept := strings.CutPrefix(name, "claims."); !kept && !slices.Contains([]string{"groups", "email", "username", "name"}, name) {
			delete(asked, name)
		}
	}
	return asked
}

// reads reports whether m reads an attribute.
func reads(m *claim.Map, name string) bool {
	switch name {
	case "groups":
		return !m.Groups.IsZero()
	case "email":
		return !m.Email.IsZero()
	case "username":
		return !m.Username.IsZero()
	case "name":
		return !m.Name.IsZero()
	}
	_, kept := m.Claims[strings.TrimPrefix(name, "claims.")]
	return kept
}

// example is what an entry says to have an attribute.
func example(name string) string {
	switch name {
	case "name":
		return "display_name: name"
	case "username":
		return "username: preferred_username"
	case "groups", "email":
		return name + ": " + name
	}
	kept := strings.TrimPrefix(name, "claims.")
	return "claims: {" + kept + ": " + kept + "}"
}
