package fields

import (
	"encoding/base64"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/value"
)

// An Authorization is what the upstream gets in the field of that name, in place of
// what the client sent. The zero value leaves the field to the rules of credentials.
type Authorization struct {
	kind     authorization
	username Attribute
	password edgeward.Secret
	absent   bool // the password is where the configuration is made for
}

type authorization uint8

const (
	unchanged authorization = iota
	accessToken
	basic
)

var authorizations = []string{"none", "access_token"}

// Basic returns the Authorization of a user by name, with a password that all users
// share (RFC 7617): the upstream takes it for Edgeward's.
func Basic(username Attribute, password edgeward.Secret) Authorization {
	return Authorization{kind: basic, username: username, password: password}
}

// AccessToken returns the Authorization by the access token that the provider gave at
// the sign-in of the user (RFC 6750).
func AccessToken() Authorization { return Authorization{kind: accessToken} }

// Read implements [value.Object].
func (a *Authorization) Read(v value.Value) bool {
	*a = Authorization{}
	if v.Shape() == value.Text {
		i, ok := v.Choice(authorizations)
		a.kind = authorization(i)
		return ok
	}
	ok := true
	return v.Members("authorization", []string{"basic"}, func(_ int, member value.Value) {
		a.kind = basic
		ok = member.Members("basic", []string{"username", "password"}, func(i int, part value.Value) {
			var read bool
			if i == 0 {
				var name string
				name, read = part.Text(string(Username))
				a.username = Attribute(name)
			} else {
				a.password, read = part.Secret()
				a.absent = a.password.IsZero()
			}
			ok = read && ok
		}) && ok
	}) && ok
}

// Lay implements [value.Object].
func (a *Authorization) Lay(from value.Object) { *a = *from.(*Authorization) }

// Equal implements [value.Object].
func (a *Authorization) Equal(other value.Object) bool {
	o := other.(*Authorization)
	return a.kind == o.kind && a.username == o.username && a.absent == o.absent && (a.password.IsZero() && o.password.IsZero() || a.password.Equal(o.password))
}

// Seal implements [value.Object].
func (a *Authorization) Seal(report func(member, detail string)) {
	if a.kind != basic {
		return
	}
	if detail := a.username.check(); detail != "" {
		report("basic.username", detail)
	} else if a.username.isList() {
		report("basic.username", "a list is no user name")
	}
	if !a.absent && (a.password.IsZero() || !edgeward.IsFieldValue(a.password.Reveal())) {
		report("basic.password", "missing, or not one line")
	}
}

// Show implements [value.Object].
func (a *Authorization) Show(name string, add func(name string, value any)) {
	switch a.kind {
	case basic:
		add(name+".basic.username", string(a.username))
	case accessToken:
		add(name, "access_token")
	default:
		add(name, "none")
	}
}

// Replaces reports whether what the client sent in the field never travels on.
func (a *Authorization) Replaces() bool { return a.kind != unchanged }

// WantsAccessToken reports whether the field holds the provider's access token.
func (a *Authorization) WantsAccessToken() bool { return a.kind == accessToken }

// BasicOf returns the field of Basic for id, "" for any other Authorization and for an
// identity without a user name. What could not be spelled is omitted, as
// [edgeward.Decision.Omitted] says it: a name with a colon would be another name.
func (a *Authorization) BasicOf(id *edgeward.Identity) (field, omitted string) {
	if a.kind != basic {
		return "", ""
	}
	switch name := a.username.one(id); {
	case name == "":
		return "", ""
	case strings.Contains(name, ":"):
		return "", "Authorization: the user name holds a colon"
	default:
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+a.password.Reveal())), ""
	}
}
