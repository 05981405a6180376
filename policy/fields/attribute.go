// Package fields is what a route says of header fields: by which ones the identity is
// named to the application, which ones are set and removed, and what stands in
// Authorization.
package fields

import (
	"strings"

	"github.com/edgeward/edgeward"
)

// An Attribute is what an identity says of a user.
type Attribute string

// The attributes; claimPrefix comes before the name of a claim that the configuration
// keeps.
const (
	Subject     Attribute = "subject"
	Username    Attribute = "username"
	Email       Attribute = "email"
	Name        Attribute = "name"
	Groups      Attribute = "groups"
	Permissions Attribute = "permissions"
	Issuer      Attribute = "issuer"
	Method      Attribute = "method"
	Session     Attribute = "session"

	claimPrefix = "claims."
)

// attributes are all but the claims, as messages list them.
var attributes = [...]Attribute{Subject, Username, Email, Name, Groups, Permissions, Issuer, Method, Session}

// check returns what is wrong with a, and "" when it is an attribute.
func (a Attribute) check() string {
	if name, claim := strings.CutPrefix(string(a), claimPrefix); claim && name != "" {
		return ""
	}
	names := make([]string, len(attributes))
	for i, known := range attributes {
		if a == known {
			return ""
		}
		names[i] = string(known)
	}
	return `"` + string(a) + `" is no attribute of a user: ` + strings.Join(names, ", ") + " or claims.NAME"
}

// values returns what id says, each without control characters; none for nothing.
func (a Attribute) values(id *edgeward.Identity) []string {
	switch a {
	case Groups:
		return id.Profile.Groups
	case Permissions:
		return id.Permissions
	}
	if name, claim := strings.CutPrefix(string(a), claimPrefix); claim {
		return id.Profile.Claims[name]
	}
	if v := a.one(id); v != "" {
		return []string{v}
	}
	return nil
}

// one returns an attribute of one value, "" for none and for one of several.
func (a Attribute) one(id *edgeward.Identity) string {
	switch a {
	case Subject:
		return id.Subject
	case Username:
		return id.Profile.Username
	case Email:
		return id.Profile.Email
	case Name:
		return id.Profile.Name
	case Issuer:
		return id.Issuer
	case Method:
		return id.Method
	case Session:
		return id.Session
	}
	return ""
}

// isList reports whether a can have several values.
func (a Attribute) isList() bool {
	return a == Groups || a == Permissions || strings.HasPrefix(string(a), claimPrefix)
}
