// Package connection is how a login provider is reached and spoken with, beyond what
// it says about itself: the endpoints, the authority of its certificates, what proves
// the client, parameters, userinfo.
package connection

import (
	"bytes"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login/openid"
)

// A Connection is how a provider is reached and spoken with. The zero value is as its
// metadata says.
type Connection struct {
	Userinfo openid.Userinfo
	Params   []openid.Param

	MetadataURL, JWKSURI string // "" are the usual places
	Endpoints            openid.Endpoints
	NoDiscovery          bool
	CA                   []byte // PEM, that its certificates are verified by; nil: the system's

	ClientKey        jwt.Signer // nil for none
	AssertToEndpoint bool
	AssertionFile    string // path of the file in which a platform keeps a token for us; "" for none
}

// Equal reports whether both say the same.
func (c *Connection) Equal(o *Connection) bool {
	return c.Userinfo == o.Userinfo && slices.Equal(c.Params, o.Params) && c.MetadataURL == o.MetadataURL && c.JWKSURI == o.JWKSURI &&
		c.Endpoints == o.Endpoints && c.NoDiscovery == o.NoDiscovery && bytes.Equal(c.CA, o.CA) && sameKey(c.ClientKey, o.ClientKey) &&
		c.AssertToEndpoint == o.AssertToEndpoint && c.AssertionFile == o.AssertionFile
}

func sameKey(a, b jwt.Signer) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.KeyID() == b.KeyID() && a.Algorithm() == b.Algorithm() && thumbprint(a) == thumbprint(b)
}

// thumbprint is that of a key which says its public half: another key can have the kid
// of one before.
func thumbprint(s jwt.Signer) string {
	if k, ok := s.(interface{ Public() *jwks.JWK }); ok {
		return k.Public().Thumbprint()
	}
	return ""
}

// A Source is where the files are that a connection names; what it returns holds only
// without a fault.
type Source interface {
	// Authority returns certificates in PEM that those of servers are verified by.
	Authority(reference string) ([]byte, *document.Fault)
	// Signer returns a private key.
	Signer(reference string) (jwt.Signer, *document.Fault)
	// TokenFile returns the path of a file that is read at each use.
	TokenFile(reference string) (string, *document.Fault)
}

// A decoder is what the keys are read by.
type decoder struct {
	*schema.Reader
	source Source
}

var connectionTable = schema.Table[decoder, *Connection]{
	Name: "a provider",
	Keys: []schema.Key[decoder, *Connection]{
		{Name: "client_key", Kind: "file:PATH or env:NAME", Secret: true, Read: func(d decoder, n *document.Node, c *Connection) { c.ClientKey = d.signer(n) }},
		{Name: "client_assertion_audience", Kind: "`issuer` or `token_endpoint`", Read: func(d decoder, n *document.Node, c *Connection) {
			name, _ := d.Choice(n, []string{"issuer", tokenEndpoint})
			c.AssertToEndpoint = name == tokenEndpoint
		}},
		{Name: "client_assertion_file", Kind: "file:PATH", Read: func(d decoder, n *document.Node, c *Connection) { c.AssertionFile = d.tokenFile(n) }},
		{Name: "userinfo", Kind: "`auto`, `always` or `never`", Read: func(d decoder, n *document.Node, c *Connection) {
			name, _ := d.Choice(n, []string{string(openid.UserinfoAuto), string(openid.UserinfoAlways), string(openid.UserinfoNever)})
			c.Userinfo = openid.Userinfo(name)
		}},
		{Name: "authorization_params", Kind: "mapping", Read: func(d decoder, n *document.Node, c *Connection) { c.Params = d.params(n) }},
		{Name: "ca", Kind: "file:PATH", Read: func(d decoder, n *document.Node, c *Connection) { c.CA = d.authority(n) }},
		{Name: "metadata", Kind: "URL", Read: func(d decoder, n *document.Node, c *Connection) {
			c.MetadataURL = d.url(n, "https://id.internal/.well-known/openid-configuration")
		}},
		{Name: "discovery", Kind: "`on` or `off`", Read: func(d decoder, n *document.Node, c *Connection) { c.NoDiscovery = d.off(n) }},
		{Name: "authorization_endpoint", Kind: "URL", Read: func(d decoder, n *document.Node, c *Connection) {
			c.Endpoints.Authorization = d.url(n, "https://id.example.com/authorize")
		}},
		{Name: tokenEndpoint, Kind: "URL", Read: func(d decoder, n *document.Node, c *Connection) {
			c.Endpoints.Token = d.url(n, "https://id.example.com/token")
		}},
		{Name: "userinfo_endpoint", Kind: "URL", Read: func(d decoder, n *document.Node, c *Connection) {
			c.Endpoints.Userinfo = d.url(n, "https://id.example.com/userinfo")
		}},
		{Name: "end_session_endpoint", Kind: "URL", Read: func(d decoder, n *document.Node, c *Connection) {
			c.Endpoints.EndSession = d.url(n, "https://id.example.com/logout")
		}},
		{Name: "jwks_uri", Kind: "URL", Read: func(d decoder, n *document.Node, c *Connection) {
			c.JWKSURI = d.url(n, "https://id.example.com/jwks")
		}},
	},
}

const tokenEndpoint = "token_endpoint"

// Rows returns the keys.
func Rows() []schema.Row { return connectionTable.Rows() }

// Read reads the value n of the i-th key into c.
func Read(r *schema.Reader, from Source, i int, n *document.Node, c *Connection) {
	connectionTable.Keys[i].Read(decoder{r, from}, n, c)
}

func (d decoder) signer(n *document.Node) jwt.Signer {
	if !d.Is(n, document.Text, "file:client.jwk") {
		return nil
	}
	signer, fault := d.source.Signer(n.Text)
	if !d.OK(n.Place, fault) {
		return nil
	}
	return signer
}

func (d decoder) tokenFile(n *document.Node) string {
	const example = "file:/var/run/secrets/tokens/edgeward"
	if !d.Is(n, document.Text, example) {
		return ""
	}
	path, fault := d.source.TokenFile(n.Text)
	d.OK(n.Place, fault)
	return path
}

func (d decoder) authority(n *document.Node) []byte {
	name, ok := d.Text(n, "file:ca.pem")
	if !ok {
		return nil
	}
	data, fault := d.source.Authority(name)
	d.OK(n.Place, fault)
	return data
}

// off reads "off", which YAML 1.1 calls false.
func (d decoder) off(n *document.Node) bool {
	if n.Kind == document.Boolean {
		return n.Text == "false"
	}
	name, _ := d.Choice(n, []string{"on", "off"})
	return name == "off"
}

// url reads an https URL, or one of http for the loopback address. Whether it goes with
// the issuer's is for Check to say.
func (d decoder) url(n *document.Node, example string) string {
	text, ok := d.Text(n, example)
	if !ok {
		return ""
	}
	if openid.CheckEndpoint(text, text) != nil { // whose error quotes it, with a password
		d.Refuse(n.Place, "like this: "+example, "this is no https URL without a fragment and a user name")
		return ""
	}
	return text
}

// params reads parameters in the order of the file: a text each, or a list where one
// may repeat.
func (d decoder) params(n *document.Node) (all []openid.Param) {
	if !d.Is(n, document.Mapping, "{prompt: select_account}") {
		return nil
	}
	for _, f := range n.Fields {
		values := []*document.Node{f.Value}
		if f.Value.Kind == document.List {
			values = f.Value.Items
		}
		for _, v := range values {
			if v.Kind != document.Text && v.Kind != document.Number && v.Kind != document.Boolean {
				d.Refuse(v.Place, f.Key.Text+": <text>", "a parameter is text, not %s", v.Kind)
				continue
			}
			p := openid.Param{Name: f.Key.Text, Value: v.Text}
			if err := openid.CheckParams(append(all, p)); err != nil {
				d.Refuse(f.Key.Place, "remove it", "%v", err)
				continue
			}
			all = append(all, p)
		}
	}
	return all
}

// Check refuses what only a whole provider shows: n, with the issuer and the secret
// that it may have.
func (c *Connection) Check(r *schema.Reader, n *document.Node, issuer string) {
	refuse := func(key, remedy, format string, args ...any) {
		if at := n.Field(key); at != nil {
			r.Refuse(at.Place, remedy, format, args...)
		}
	}
	for _, place := range []struct{ key, url string }{
		{"metadata", c.MetadataURL}, {"authorization_endpoint", c.Endpoints.Authorization}, {tokenEndpoint, c.Endpoints.Token},
		{"userinfo_endpoint", c.Endpoints.Userinfo}, {"end_session_endpoint", c.Endpoints.EndSession}, {"jwks_uri", c.JWKSURI},
	} {
		if place.url != "" && issuer != "" && openid.CheckEndpoint(place.url, issuer) != nil {
			refuse(place.key, "use https://", "http:// is for the host of an issuer that is http:// itself")
		}
	}
	if c.NoDiscovery {
		refuse("metadata", "remove it, or discovery", "without discovery there is no metadata")
		var missing []string
		for _, key := range []string{"authorization_endpoint", tokenEndpoint, "jwks_uri"} {
			if n.Field(key) == nil {
				missing = append(missing, key)
			}
		}
		if len(missing) > 0 {
			refuse("discovery", "add "+strings.Join(missing, ", "), "without discovery nothing else says where they are")
		}
	}
	proofs := []string{"client_secret", "client_key", "client_assertion_file"}
	proofs = slices.DeleteFunc(proofs, func(key string) bool { return n.Field(key) == nil })
	if len(proofs) > 1 {
		refuse(proofs[1], "keep one of "+strings.Join(proofs, ", "), "one of them proves who the client is, and %s stands beside it", proofs[0])
	}
	if n.Field("client_key") == nil {
		refuse("client_assertion_audience", "remove it, or add client_key", "there is no key that signs an assertion")
	}
	c.checkAuth(n, refuse)
}

// checkAuth holds client_auth to what proves the client.
func (c *Connection) checkAuth(n *document.Node, refuse func(key, remedy, format string, args ...any)) {
	auth := n.Field("client_auth")
	if auth == nil {
		return
	}
	switch auth.Text {
	case openid.AuthBasic, openid.AuthPost:
		if n.Field("client_secret") == nil {
			refuse("client_auth", "add client_secret: env:NAME", "there is no secret to send")
		}
	case openid.AuthKey:
		if n.Field("client_key") == nil {
			refuse("client_auth", "add client_key: file:client.jwk (edgeward key new makes one)", "there is no key to sign with")
		}
	}
}

// ClientAuths are the values of client_auth.
func ClientAuths() []string { return []string{openid.AuthBasic, openid.AuthPost, openid.AuthKey} }
