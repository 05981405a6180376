package userapi

import (
	"slices"
	"strings"
)

// A kind is a kind of provider: where it is asked, and what of its answers says who a
// user is. Paths in it are below the site or the API; "a.b" is member b of the object a.
type kind struct {
	name, label string
	site, api   string // origins, or with a path; site is the issuer of its users
	// hosted returns the API of a site of the operator's own. nil: there is one site.
	hosted func(site string) (api string)

	authorize, token string // below site
	scopes           []string
	basic            bool   // the client is authenticated by HTTP Basic, else in the body
	prompt           string // the value of prompt that lets a user take another account; "": it knows none
	dead             []string

	accept string // media type of the API
	fields map[string]string
	user   user
	lists  []list
}

// A user says where the members of the API's answer about a user are.
type user struct {
	path, subject, username, name string
	email, verified               string // "" where a list has them
}

// A list is a request whose answer is a list.
type list struct {
	path   string   // with the query, but for the page
	scopes []string // one of them permits it; without all of them it is not asked for
	in     string   // the member that has the list; "": the answer is one
	// pages says how the next page is asked for: by number, while the field Link says
	// that there is one (RFC 8288; a page can be short before the last one); by a member
	// "next", a URL of the API; or, "", not at all.
	pages string
	where []string // members of an item that have to be true, else it gives nothing
	gives []gift
}

// A gift is a value that an item gives to a claim: its parts, joined by "/".
type gift struct {
	claim string
	parts []string
}

const (
	byNumber = "number"
	byNext   = "next"

	claimEmail  = "email"
	claimGroups = "groups"
)

// kinds are all that are known. What is here was taken from the documentation of each:
//
//   - GitHub: docs.github.com, "Authorizing OAuth apps", "Scopes for OAuth apps", and the
//     REST API's "Get the authenticated user", "List email addresses", "List
//     organizations" and "List teams for the authenticated user". PKCE since July 2025;
//     GitHub Enterprise Server ignores what it does not know.
//   - Discord: docs.discord.com, "OAuth2", and its resource "User".
//   - Bitbucket Cloud: developer.atlassian.com/cloud/bitbucket, "OAuth 2.0" and
//     /2.0/user, /2.0/user/emails, /2.0/user/workspaces, which is all that is left of the
//     lists of workspaces since April 2026 (CHANGE-2770, CHANGE-3022).
//
// A name that users or owners choose and others can take is no group: a Discord server is
// its id. Organizations of GitHub and workspaces of Bitbucket have unique names that can
// be given up and taken by others: their ids stand beside them.
var kinds = []kind{
	{
		name: "github", label: "GitHub", site: "https://github.com", api: "https://api.github.com", hosted: apiOfGitHub,
		authorize: "/login/oauth/authorize", token: "/login/oauth/access_token",
		scopes: []string{"user:email", "read:org"}, prompt: "select_account",
		dead: []string{"bad_verification_code", "bad_refresh_token"},

		accept: "application/vnd.github+json", fields: map[string]string{"X-Github-Api-Version": "2022-11-28"},
		user: user{path: "/user", subject: "id", username: "login", name: "name"},
		lists: []list{
			{
				path: "/user/emails?per_page=100", scopes: []string{"user:email", "user"}, where: []string{"primary", "verified"},
				gives: []gift{{claimEmail, []string{"email"}}},
			},
			{
				path: "/user/orgs?per_page=100", scopes: []string{"read:org", "write:org", "admin:org", "user"}, pages: byNumber,
				gives: []gift{{claimGroups, []string{"login"}}, {"organization_ids", []string{"id"}}},
			},
			{
				path: "/user/teams?per_page=100", scopes: []string{"read:org", "write:org", "admin:org", "user", "repo"}, pages: byNumber,
				gives: []gift{{claimGroups, []string{"organization.login", "slug"}}, {"team_ids", []string{"id"}}},
			},
		},
	},
	{
		name: "discord", label: "Discord", site: "https://discord.com", api: "https://discord.com/api/v10",
		authorize: "/oauth2/authorize", token: "/api/oauth2/token",
		scopes: []string{"identify", "email", "guilds"}, prompt: "consent", basic: true,

		accept: "application/json",
		user:   user{path: "/users/@me", subject: "id", username: "username", name: "global_name", email: "email", verified: "verified"},
		lists: []list{
			{path: "/users/@me/guilds?limit=200", scopes: []string{"guilds"}, gives: []gift{{claimGroups, []string{"id"}}}},
		},
	},
	{
		name: "bitbucket", label: "Bitbucket", site: "https://bitbucket.org", api: "https://api.bitbucket.org/2.0",
		authorize: "/site/oauth2/authorize", token: "/site/oauth2/access_token",
		scopes: []string{"account", "email"}, basic: true,

		accept: "application/json",
		user:   user{path: "/user", subject: "uuid", username: "username", name: "display_name"},
		lists: []list{
			{
				path: "/user/emails?pagelen=100", scopes: []string{"email"}, in: "values", where: []string{"is_primary", "is_confirmed"},
				gives: []gift{{claimEmail, []string{"email"}}},
			},
			{
				path: "/user/workspaces?pagelen=100", scopes: []string{"account", "account:write"}, in: "values", pages: byNext,
				gives: []gift{{claimGroups, []string{"workspace.slug"}}, {"workspace_ids", []string{"workspace.uuid"}}},
			},
		},
	},
}

// apiOfGitHub is the API of a GitHub Enterprise Server, or of a company's subdomain of
// ghe.com.
func apiOfGitHub(site string) string {
	scheme, host, _ := strings.Cut(site, "://")
	if strings.HasSuffix(host, ".ghe.com") {
		return scheme + "://api." + host
	}
	return site + "/api/v3"
}

// find returns the kind of that name, or nil.
func find(name string) *kind {
	if i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name }); i >= 0 {
		return &kinds[i]
	}
	return nil
}

// A Kind is what others have to know of a kind of provider.
type Kind struct {
	Name, Label string
	Issuer      string   // of its users, unless it is self-hosted
	SelfHosted  bool     // a base URL of the operator's own can stand in place of Issuer
	Scopes      []string // that are asked for unless others are configured
	Claims      []string // that its API's answers give, beside sub, preferred_username, name, email and groups
}

// Kinds returns all kinds.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i := range kinds {
		k := &kinds[i]
		all[i] = Kind{Name: k.name, Label: k.label, Issuer: k.site, SelfHosted: k.hosted != nil, Scopes: k.scopes}
		for _, l := range k.lists {
			for _, g := range l.gives {
				if g.claim != claimEmail && g.claim != claimGroups {
					all[i].Claims = append(all[i].Claims, g.claim)
				}
			}
		}
	}
	return all
}
