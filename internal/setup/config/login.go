package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
)

// Login is the section of sign-ins at OpenID providers.
type Login struct {
	Origin    string // scheme://host[:port], canonical
	Outcome   issuance.Outcome
	ReturnTo  []string
	Providers []Provider
}

// A Provider is where people sign in.
type Provider struct {
	Name, Label, Issuer, ClientID string
	ClientSecret                  edgeward.Secret // zero for a public client
	ClientAuth                    string
	Audiences                     []string // besides ClientID
	Scopes                        []string
	Algorithms                    []jwt.Algorithm
	Permissions                   login.Mapping
}

func (d *decoder) login(n *node) *Login {
	l := &Login{Outcome: issuance.GivesSession}
	if !loginTable.read(d, n, l) {
		return nil
	}
	return l
}

func (d *decoder) outcome(n *node) issuance.Outcome {
	name, _ := d.choice(n, []string{string(issuance.GivesSession), string(issuance.GivesTokens), string(issuance.GivesBoth)})
	return issuance.Outcome(name)
}

// origin reads an RFC 6454 origin, in the spelling in which browsers send it.
func (d *decoder) origin(n *node) string {
	const example = "https://app.example.com"
	u := d.link(n, example)
	if u == nil {
		return ""
	}
	host, err := canonical.Host(u.Host, u.Scheme)
	switch {
	case err != nil:
		d.refuse(n.place, "like this: "+example, "the host cannot be one")
	case u.Path != "":
		d.refuse(n.place, "write "+u.Scheme+"://"+host, "an origin has no path")
	case n.text != u.Scheme+"://"+host:
		d.refuse(n.place, "write "+u.Scheme+"://"+host, "browsers spell that origin otherwise")
	default:
		return n.text
	}
	return ""
}

// returnTo reads a page outside of the origin. What a browser resolves to
// another address than it reads is refused.
func (d *decoder) returnTo(n *node) {
	u, err := url.Parse(n.text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || u.User != nil || !isAuthority(u):
		d.refuse(n.place, "like this: https://www.example.com/", "this is not an absolute URL")
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		d.refuse(n.place, "use https://", "a page that a login leads to is not fetched in the clear")
	}
}

func (d *decoder) providers(n *node) []Provider {
	if !d.is(n, list, "[{name: example, issuer: https://id.example.com/, client_id: edgeward}]") {
		return nil
	}
	all := make([]Provider, 0, len(n.items))
	for _, item := range n.items {
		p := Provider{Scopes: defaultScopes, Algorithms: []jwt.Algorithm{jwt.RS256}}
		if !providerTable.read(d, item, &p) {
			continue
		}
		if p.Label == "" {
			p.Label = p.Name
		}
		if at := item.field("client_auth"); at != nil && item.field("client_secret") == nil {
			d.refuse(at.place, "add client_secret: env:NAME", "there is no secret to send")
		}
		d.checkAudiences(item.field("audiences"), p.ClientID)
		for _, other := range all {
			d.different(item, "name", other.Name, p.Name)
			d.different(item, "issuer", other.Issuer, p.Issuer)
		}
		all = append(all, p)
	}
	if len(n.items) == 0 {
		d.refuse(n.place, "add one, or remove login", "there is no provider, so no one could sign in")
	}
	return all
}

// checkAudiences wants other names than our own, which ID tokens have to hold
// anyway, and no pattern, which would match nothing.
func (d *decoder) checkAudiences(n *node, clientID string) {
	if n == nil {
		return
	}
	for _, item := range n.items {
		switch {
		case item.text == clientID && clientID != "":
			d.refuse(item.place, "remove it", "client_id is in aud anyway; audiences are the further ones")
		case item.text == "*":
			d.refuse(item.place, "name them", "audiences are compared exactly, there is no pattern")
		}
	}
}

// different refuses a provider that another one already is: a callback would
// not know whose it was.
func (d *decoder) different(item *node, key, one, other string) {
	if at := item.field(key); at != nil && one == other && other != "" {
		d.refuse(at.place, "keep one of them", "%s %q is here twice", key, other)
	}
}

func (d *decoder) providerName(n *node) string {
	name, ok := d.text(n, "example")
	if ok && !providerNames.MatchString(name) {
		d.refuse(n.place, "up to 32 small letters, digits and -", "%q cannot name a provider", name)
	}
	return name
}

var providerNames = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// scope wants a scope-token: with a space in it, it would be two.
func (d *decoder) scope(n *node) {
	if !edgeward.IsScopeToken(n.text) {
		d.refuse(n.place, "one scope an item", "%q is not a scope-token (RFC 6749 §3.3)", n.text)
	}
}

// publicAlgorithms reads algorithms with public keys: an ID token under the
// client's secret would be signed by whoever knows that.
func (d *decoder) publicAlgorithms(n *node) []jwt.Algorithm {
	all := d.algorithms(n)
	for _, item := range n.items {
		if jwt.Algorithm(item.text).Symmetric() {
			d.refuse(item.place, "RS256, ES256, …", "%s with public keys would let everybody sign", item.text)
		}
	}
	return all
}

func (d *decoder) permissionMap(n *node) map[string][]string {
	if !d.is(n, mapping, "{editor: [articles:write]}") {
		return nil
	}
	all := make(map[string][]string, len(n.fields))
	for _, f := range n.fields {
		all[f.key.text] = d.texts(f.value, "[articles:write]", d.scope)
	}
	return all
}

// checkLogin checks what login needs of other sections.
func (d *decoder) checkLogin(top *node, c *Config) {
	d.checkOperators(top, c)
	at := top.index("login")
	if at < 0 || c.Login == nil {
		return
	}
	where := top.fields[at].key.place
	if c.Login.Outcome.Session() && top.field("sessions") == nil {
		d.refuse(where, "add sessions: {} to the configuration", "its outcome %q needs sessions, which is not configured", c.Login.Outcome)
	}
	if c.Login.Outcome.Tokens() && top.find("tokens.keys") == nil {
		d.refuse(where, "add tokens.issuer, .audience and .keys, or choose another login.outcome", "its outcome %q needs tokens.keys, which is not configured", c.Login.Outcome)
	}
	d.checkIssuers(top, c)
	d.checkCleartext(top.find("login.origin"), c)
	d.checkCleartext(top.find("admin.origin"), c)
	for _, m := range d.asked {
		if m.name == issuance.MethodCookie && !c.Login.Outcome.Tokens() {
			d.refuse(m.place, "set login.outcome: tokens, or ask for session", "%q needs a login that gives tokens", m.name)
		}
	}
}

// checkIssuers keeps our issuer from being a provider's: sessions, tokens and
// what takes them back name a person by issuer and subject.
func (d *decoder) checkIssuers(top *node, c *Config) {
	n := top.find("tokens.issuer")
	if n != nil && top.find("tokens.keys") != nil && slices.ContainsFunc(c.Login.Providers, func(p Provider) bool { return p.Issuer == n.text }) {
		d.refuse(n.place, "give it a name of its own", "issuer %q is a login provider's too: its people could not be distinguished from those that our tokens name", n.text)
	}
}

// checkCleartext wants HTTPS where browsers get cookies.
func (d *decoder) checkCleartext(n *node, c *Config) {
	if n != nil && strings.HasPrefix(n.text, "http://") && !(c.insecureHTTP() && isLoopbackURL(n.text)) {
		d.refuse(n.place, "use https://", "http:// is for the loopback address with sessions.insecure_http only: cookies would travel in the clear")
	}
}

// checkOperators checks who may sign in to the console.
func (d *decoder) checkOperators(top *node, c *Config) {
	n := top.find("admin.login")
	if n == nil || n.kind != text {
		return
	}
	if c.Login == nil {
		d.refuse(n.place, "add login to the configuration, or remove this", "there is no login at which operators could sign in")
		return
	}
	names := make([]string, len(c.Login.Providers))
	for i, p := range c.Login.Providers {
		names[i] = p.Name
	}
	if top.find("admin.origin") == nil && !(c.insecureHTTP() && isLoopbackURL(c.Admin.origin())) {
		d.refuse(n.place, "add admin.origin: https://admin.example.com", "operators come back from their provider, and nothing says where the console is: without HTTPS it is for the loopback address with sessions.insecure_http only")
	}
	if !slices.Contains(names, n.text) {
		d.refuse(n.place, oneOf(names), "login has no provider %q%s", n.text, didYouMean(n.text, names))
	}
}

func isLoopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isLoopback(u.Hostname())
}
