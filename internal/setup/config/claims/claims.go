// Package claims reads what a configuration says of an issuer's claims: the keys that
// an entry of login.providers and one of issuers have in common.
package claims

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// The keys.
const (
	Subject       = "subject"
	Username      = "username"
	Email         = "email"
	EmailVerified = "email_verified"
	DisplayName   = "display_name" // "name" is how a provider is called
	Groups        = "groups"
	Claims        = "claims"
	Permissions   = "permissions"
)

// assumed is the value of email_verified for an issuer that does not say it.
const assumed = "assumed"

// A reader is what tables are read by.
type reader struct {
	*schema.Reader
	scope func(*document.Node) // holds a permission to what one is
}

// Read reads the value n of the key called name into m. What a permission has to be is
// for scope to say.
func Read(r *schema.Reader, name string, n *document.Node, m *claim.Map, scope func(*document.Node)) {
	d := reader{r, scope}
	switch name {
	case Subject:
		m.Subject = d.source(n, "sub")
	case Username:
		m.Username = d.source(n, "preferred_username")
	case Email:
		m.Email = d.source(n, "email")
	case EmailVerified:
		_, m.EmailAssumed = d.Choice(n, []string{assumed})
	case DisplayName:
		m.Name = d.source(n, "name")
	case Groups:
		m.Groups = d.source(n, "groups")
	case Claims:
		m.Claims = d.named(n)
	case Permissions:
		d.permissions(n, &m.Permissions)
	}
}

// Check checks the claims of a whole entry.
func Check(r *schema.Reader, entry *document.Node, m *claim.Map) {
	if at := entry.Field(Email); at != nil && !m.Email.IsZero() && !m.EmailAssumed && !strings.HasSuffix("."+m.Email.Name, ".email") {
		r.Refuse(at.Place, "add email_verified: "+assumed+" if the issuer verifies every address in it", "nothing says whether an address in %q is verified: the email_verified that issuers send is about the claim email alone", m.Email.Name)
	}
}

var formTable = schema.Table[reader, *claim.Source]{
	Name: "a claim",
	Keys: []schema.Key[reader, *claim.Source]{
		{Name: "claim", Kind: "text", Required: true, Read: func(d reader, n *document.Node, s *claim.Source) { s.Name, _ = d.Text(n, "roles") }},
		{Name: "keys", Kind: "true or false", Read: func(d reader, n *document.Node, s *claim.Source) { s.Keys = d.Boolean(n) }},
		{Name: "members", Kind: "text", Read: func(d reader, n *document.Node, s *claim.Source) { s.Members, _ = d.Text(n, "name") }},
		{Name: "split", Kind: "`comma` or `space`", Read: func(d reader, n *document.Node, s *claim.Source) { s.Split = d.split(n) }},
		{Name: "only", Kind: "list of patterns", Read: func(d reader, n *document.Node, s *claim.Source) { s.Only = d.patterns(n) }},
	},
}

var permissionsTable = schema.Table[reader, *claim.Permissions]{
	Name:    "permissions",
	Example: "{claim: roles, map: {editor: [articles:write]}}",
	Keys: []schema.Key[reader, *claim.Permissions]{
		{Name: "claim", Kind: "text", Required: true, Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Source.Name, _ = d.Text(n, "roles") }},
		{Name: "keys", Kind: "true or false", Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Source.Keys = d.Boolean(n) }},
		{Name: "members", Kind: "text", Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Source.Members, _ = d.Text(n, "name") }},
		{Name: "split", Kind: "`comma` or `space`", Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Source.Split = d.split(n) }},
		{Name: "only", Kind: "list of patterns", Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Source.Only = d.patterns(n) }},
		{Name: "map", Kind: "mapping", Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Map = d.given(n) }},
		{Name: "prefix", Kind: "text", Read: func(d reader, n *document.Node, p *claim.Permissions) { p.Prefix = d.prefix(n) }},
	},
}

// Rows returns the keys of a claim that is a mapping, and those of permissions.
func Rows() (form, permissions []schema.Row) { return formTable.Rows(), permissionsTable.Rows() }

// source reads where a claim is: its name, or a mapping with the form.
func (d reader) source(n *document.Node, example string) (s claim.Source) {
	if n.Kind == document.Mapping {
		formTable.Read(d.Reader, d, n, &s)
		d.fits(n, &s)
	} else {
		s.Name, _ = d.Text(n, example)
	}
	return s
}

// fits refuses a form that is two.
func (d reader) fits(n *document.Node, s *claim.Source) {
	forms := 0
	for _, is := range [...]bool{s.Keys, s.Members != "", s.Split != ""} {
		if is {
			forms++
		}
	}
	if forms > 1 {
		d.Refuse(n.Place, "keep one of them", "keys, members and split are three forms of a claim, and this names %d", forms)
	}
}

func (d reader) permissions(n *document.Node, p *claim.Permissions) {
	if !permissionsTable.Read(d.Reader, d, n, p) {
		return
	}
	d.fits(n, &p.Source)
	if n.Field("map") == nil && n.Field("prefix") == nil {
		d.Refuse(n.Place, `add map: {editor: [articles:write]}, or prefix: "role:"`, "nothing says which permissions the values give")
	}
}

func (d reader) split(n *document.Node) claim.Split {
	how, _ := d.Choice(n, []string{string(claim.Comma), string(claim.Space)})
	return claim.Split(how)
}

func (d reader) patterns(n *document.Node) []string {
	all := d.Texts(n, "[app-*]", func(item *document.Node) {
		if !claim.IsPattern(item.Text) {
			d.Refuse(item.Place, "like this: app-*", "%q is no pattern: a * stands at the beginning or at the end, beside something else", item.Text)
		}
	})
	if n.Kind == document.List && len(n.Items) == 0 {
		d.Refuse(n.Place, "leave it out, or add a pattern", "no value would be kept")
	}
	return all
}

func (d reader) given(n *document.Node) map[string][]string {
	if !d.Is(n, document.Mapping, "{editor: [articles:write]}") {
		return nil
	}
	all := make(map[string][]string, len(n.Fields))
	for _, f := range n.Fields {
		all[f.Key.Text] = d.Texts(f.Value, "[articles:write]", d.scope)
	}
	if len(n.Fields) == 0 {
		d.Refuse(n.Place, "like this: {editor: [articles:write]}", "no value is here, so none would give a permission")
	}
	return all
}

func (d reader) prefix(n *document.Node) string {
	s, ok := d.Text(n, `"role:"`)
	if ok && !claim.IsPrefix(s) {
		d.Refuse(n.Place, `like this: "role:"`, "%q is no prefix: it has to be of the signs of a permission and end with one that is no letter and no digit, or a value of the issuer's could complete it to any other permission", s)
	}
	return s
}

// named reads the claims that are kept by a name.
func (d reader) named(n *document.Node) map[string]claim.Source {
	if !d.Is(n, document.Mapping, "{department: department}") {
		return nil
	}
	if len(n.Fields) > edgeward.MaxProfileNames {
		d.Refuse(n.Place, "", "these are %d claims, at most %d are kept", len(n.Fields), edgeward.MaxProfileNames)
		return nil
	}
	all := make(map[string]claim.Source, len(n.Fields))
	for _, f := range n.Fields {
		if !isName(f.Key.Text) {
			d.Refuse(f.Key.Place, "up to 64 letters, digits, - and _", "%q cannot name a claim", f.Key.Text)
		}
		all[f.Key.Text] = d.source(f.Value, f.Key.Text)
	}
	return all
}

// isName reports whether s can be written after "claims." in a route.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 64
}
