package config

import (
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/setup/config/claims"
	"github.com/edgeward/edgeward/internal/setup/config/connection"
	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy/allow"
)

// Login is the section of sign-ins at OpenID providers.
type Login struct {
	Origin    string // scheme://host[:port], canonical
	Prefix    userpath.Prefix
	Pages     Pages
	Outcome   issuance.Outcome
	ReturnTo  []string
	SignIns   issuance.Bounds
	Providers []Provider
}

// A Provider is where people sign in.
type Provider struct {
	Name, Label, Issuer, ClientID string
	Type, BaseURL                 string          // of a provider without OpenID Connect: login.Provider's
	ClientSecret                  edgeward.Secret // zero for a public client
	ClientAuth                    string
	connection.Connection
	Audiences  []string // besides ClientID
	Scopes     []string
	Algorithms []jwt.Algorithm
	Claims     claim.Map
	Allow      allow.Rule    // who may sign in at all; empty: all of its users
	Recheck    time.Duration // 0: the provider is not asked again
}

// Equal reports whether both say the same.
func (l *Login) Equal(other *Login) bool {
	if l == nil || other == nil {
		return l == other
	}
	return l.Origin == other.Origin && l.Prefix == other.Prefix && l.Pages.Name == other.Pages.Name && l.Pages.Brand == other.Pages.Brand &&
		l.Pages.Style == other.Pages.Style && slices.Equal(l.Pages.Languages, other.Pages.Languages) && l.Outcome == other.Outcome && slices.Equal(l.ReturnTo, other.ReturnTo) && l.SignIns == other.SignIns &&
		slices.EqualFunc(l.Providers, other.Providers, Provider.equal)
}

func (p Provider) equal(o Provider) bool {
	return p.Name == o.Name && p.Type == o.Type && p.BaseURL == o.BaseURL && p.Label == o.Label && p.Issuer == o.Issuer && p.ClientID == o.ClientID &&
		p.ClientSecret.Equal(o.ClientSecret) && p.Connection.Equal(&o.Connection) && p.ClientAuth == o.ClientAuth && slices.Equal(p.Audiences, o.Audiences) && p.Recheck == o.Recheck &&
		slices.Equal(p.Scopes, o.Scopes) && slices.Equal(p.Algorithms, o.Algorithms) && p.Claims.Equal(&o.Claims) && p.Allow.Equal(&o.Allow)
}

// Intervals returns after how long each issuer of a provider is asked again about users
// who are signed in. l may be nil.
func (l *Login) Intervals() map[string]time.Duration {
	all := map[string]time.Duration{}
	for i := 0; l != nil && i < len(l.Providers); i++ {
		if p := &l.Providers[i]; p.Recheck > 0 {
			all[p.Issuer] = p.Recheck
		}
	}
	return all
}

// UserPrefix is where the endpoints for users stand.
func (c *Config) UserPrefix() userpath.Prefix {
	if c.Login == nil {
		return userpath.Default
	}
	return c.Login.Prefix
}

func (d *decoder) login(n *document.Node) *Login {
	l := &Login{Outcome: issuance.GivesSession, SignIns: issuance.DefaultBounds()}
	if !loginTable.Read(&d.Reader, d, n, l) {
		return nil
	}
	return l
}

func (d *decoder) outcome(n *document.Node) issuance.Outcome {
	name, _ := d.Choice(n, []string{string(issuance.GivesSession), string(issuance.GivesTokens), string(issuance.GivesBoth)})
	return issuance.Outcome(name)
}

func (d *decoder) providers(n *document.Node) []Provider {
	if !d.Is(n, document.List, "[{name: example, issuer: https://id.example.com/, client_id: edgeward}]") {
		return nil
	}
	all := make([]Provider, 0, len(n.Items))
	for _, item := range n.Items {
		p := Provider{Scopes: defaultScopes, Algorithms: []jwt.Algorithm{jwt.RS256}, Claims: standardClaims}
		if !d.provider(item, &p) {
			continue
		}
		if p.Type != "" {
			d.typed(item, &p)
		}
		if p.Label == "" {
			p.Label = p.Name
		}
		d.rules.provider(d, item, &p, all)
		all = append(all, p)
	}
	if len(n.Items) == 0 {
		d.Refuse(n.Place, "add one, or remove login", "there is no provider, so no one could sign in")
	}
	return all
}

// providerRows are all keys of a provider.
func providerRows() []row { return slices.Concat(providerTable.Rows(), connection.Rows()) }

// provider reads one. It reports whether n is a mapping at all.
func (d *decoder) provider(n *document.Node, p *Provider) bool {
	return d.Members(providerRows(), providerTable.Name, n, func(i int, value *document.Node) {
		if own := len(providerTable.Keys); i >= own {
			connection.Read(&d.Reader, d.source, i-own, value, &p.Connection)
		} else {
			providerTable.Keys[i].Read(d, value, p)
		}
	})
}

// checkProvider checks what only the whole provider shows, and the others.
func (d *decoder) checkProvider(item *document.Node, p *Provider, others []Provider) {
	if p.Type != "" {
		d.checkTyped(item, others, p)
	} else {
		p.Connection.Check(&d.Reader, item, p.Issuer)
	}
	claims.Check(&d.Reader, item, &p.Claims)
	d.checkAllow(item.Field("allow"), p)
	d.checkAudiences(item.Field("audiences"), p.ClientID)
	for _, other := range others {
		d.different(item, "name", other.Name, p.Name)
		d.different(item, "issuer", other.Issuer, p.Issuer)
	}
}

// allowed reads who may sign in.
func (d *decoder) allowed(n *document.Node, r *allow.Rule) {
	if r.Read(tree.Value(&d.Reader, n)) {
		r.Seal(func(member, detail string) { d.Refuse(n.Place, "", "allow: %s: %s", member, detail) })
	}
	if n.Kind == document.List && len(n.Items) == 0 {
		d.Refuse(n.Place, "leave it out, or add an alternative", "no user could sign in")
	}
}

// checkAllow refuses what a provider's allow cannot ask: what is true of a request, and
// not of a user, and what is never known of one.
func (d *decoder) checkAllow(n *document.Node, p *Provider) {
	all := p.Allow.Alternatives()
	for i := range all {
		switch a := &all[i]; {
		case n == nil || i >= len(n.Items):
		case len(a.Networks) > 0 || len(a.ACR) > 0 || a.MaxAge > 0:
			d.Refuse(n.Items[i].Place, "ask for it on routes", "networks, acr and max_age are no rules about who a user is")
		case len(a.Groups) > 0 && p.Claims.Groups.IsZero():
			d.Refuse(n.Items[i].Place, "add groups: CLAIM to the provider", "allow asks for groups, and nothing says which claim has them")
		default:
			for name := range a.Claims {
				if _, kept := p.Claims.Claims[name]; !kept {
					d.Refuse(n.Items[i].Place, "add it to claims of the provider", "allow asks for claim %q, which is not kept", name)
				}
			}
		}
	}
}

func (d *decoder) checkAudiences(n *document.Node, clientID string) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		d.OK(item.Place, rule.FurtherAudience(item.Text, clientID))
	}
}

// different refuses a provider that another one already is: a callback would
// not know whose it was.
func (d *decoder) different(item *document.Node, key, one, other string) {
	if at := item.Field(key); at != nil && one == other && other != "" {
		d.Refuse(at.Place, "keep one of them", "%s %q is here twice", key, other)
	}
}

// publicAlgorithms reads algorithms with public keys: an ID token under the
// client's secret would be signed by all who know that.
func (d *decoder) publicAlgorithms(n *document.Node) []jwt.Algorithm {
	all := d.algorithms(n)
	for _, item := range n.Items {
		if jwt.Algorithm(item.Text).Symmetric() {
			d.Refuse(item.Place, "RS256, ES256, …", "%s with public keys would let every holder of a public key sign", item.Text)
		}
	}
	return all
}

// checkLogin checks what login needs of other sections.
func (d *decoder) checkLogin(top *document.Node, c *Config) {
	d.checkOperators(top, c)
	at := top.Index("login")
	if at < 0 || c.Login == nil {
		return
	}
	where := top.Fields[at].Key.Place
	if c.Login.Outcome.Session() && top.Field("sessions") == nil {
		d.Refuse(where, "add sessions: {} to the configuration", "its outcome %q needs sessions, which is not configured", c.Login.Outcome)
	}
	if c.Login.Outcome.Tokens() && top.Find("tokens.keys") == nil {
		d.Refuse(where, "add tokens.issuer, .audience and .keys, or choose another login.outcome", "its outcome %q needs tokens.keys, which is not configured", c.Login.Outcome)
	}
	d.checkIssuers(top, c)
	d.checkCleartext(top.Find("login.origin"), c)
	d.checkCleartext(top.Find("admin.origin"), c)
	for _, m := range d.asked {
		if m.name == browser.MethodCookie && !c.Login.Outcome.Tokens() {
			d.Refuse(m.Place, "set login.outcome: tokens, or ask for session", "%q needs a login that gives tokens", m.name)
		}
	}
}

// checkIssuers keeps our issuer from being a provider's: sessions, tokens and
// revocations name a user by issuer and subject.
func (d *decoder) checkIssuers(top *document.Node, c *Config) {
	n := top.Find("tokens.issuer")
	if n != nil && top.Find("tokens.keys") != nil && slices.ContainsFunc(c.Login.Providers, func(p Provider) bool { return p.Issuer == n.Text }) {
		d.Refuse(n.Place, "give it a name of its own", "issuer %q is a login provider's too: its users could not be distinguished from those that Edgeward's tokens name", n.Text)
	}
}

// checkCleartext wants HTTPS where browsers get cookies.
func (d *decoder) checkCleartext(n *document.Node, c *Config) {
	if n != nil && strings.HasPrefix(n.Text, "http://") && !(c.InsecureHTTP() && rule.LoopbackURL(n.Text)) {
		d.Refuse(n.Place, "use https://", "http:// is for the loopback address with sessions.insecure_http only: cookies would travel in the clear")
	}
}

// checkOperators checks who may sign in to the console.
func (d *decoder) checkOperators(top *document.Node, c *Config) {
	n := top.Find("admin.login")
	if n == nil || n.Kind != document.Text {
		return
	}
	if c.Login == nil {
		d.Refuse(n.Place, "add login to the configuration, or remove this", "there is no login at which operators could sign in")
		return
	}
	names := make([]string, len(c.Login.Providers))
	for i, p := range c.Login.Providers {
		names[i] = p.Name
	}
	if top.Find("admin.origin") == nil && !(c.InsecureHTTP() && rule.LoopbackURL(c.Admin.ConsoleOrigin())) {
		d.Refuse(n.Place, "add admin.origin: https://admin.example.com", "operators come back from their provider, and nothing says where the console is: without HTTPS it is for the loopback address with sessions.insecure_http only")
	}
	if !slices.Contains(names, n.Text) {
		d.Refuse(n.Place, schema.OneOf(names), "login has no provider %q%s", n.Text, d.DidYouMean(n.Text, names))
	}
}

// AsIssuer is the provider as one whose keys are discovered.
func (p *Provider) AsIssuer() *Issuer {
	return &Issuer{Rules: jwt.Rules{Issuer: p.Issuer}, Algorithms: p.Algorithms, JWKSURI: p.JWKSURI, MetadataURL: p.MetadataURL, CA: p.CA}
}

// ConsoleOrigin is where browsers find the console.
func (a *Admin) ConsoleOrigin() string {
	if a.Origin != "" {
		return a.Origin
	}
	if a.TLS != nil {
		return "https://" + a.Listen
	}
	return "http://" + a.Listen
}

// InsecureHTTP reports whether browsers on this machine may come without HTTPS.
func (c *Config) InsecureHTTP() bool { return c.Sessions != nil && c.Sessions.InsecureHTTP }
