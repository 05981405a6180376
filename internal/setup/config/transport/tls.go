package transport

import (
	"cmp"
	"fmt"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// maxOrdered bounds the hosts that certificates are ordered for: each is renewed by us.
const maxOrdered = 100

// DefaultDirectory is that of Let's Encrypt.
const DefaultDirectory = "https://acme-v02.api.letsencrypt.org/directory"

// A TLS is by which certificates a listener speaks TLS: files, ordered ones, or both.
type TLS struct {
	Certificates []Certificate // the first is for clients that name no host
	Modern       bool          // TLS 1.3 only
	ACME         *ACME         // nil: none are ordered
}

// An ACME is where certificates are ordered (RFC 8555), for which hosts.
type ACME struct {
	Email     string // of the account; "" for none
	Directory string
	CA        []byte   // PEM, that the directory's certificate is verified by; nil: the system's
	Hosts     []string // that certificates are ordered for
	Cache     string   // folder of the account's key and the certificates
}

var tlsTable = table[*TLS]{
	Name:    "tls",
	Example: "{certificates: [{certificate: file:tls.crt, key: file:tls.key}]}",
	Keys: []key[*TLS]{
		{Name: "certificates", Kind: "list of mappings", Read: func(d decoder, n *document.Node, t *TLS) { t.Certificates = d.certificates(n) }},
		{Name: "min_version", Kind: "text", Read: func(d decoder, n *document.Node, t *TLS) {
			version, _ := d.Choice(asText(n), tlsVersions)
			t.Modern = version == tlsVersions[1]
		}},
		{Name: "acme", Kind: "mapping", Read: func(d decoder, n *document.Node, t *TLS) {
			t.ACME = acmeTable.ReadInto(d.Reader, d, n, &ACME{Directory: DefaultDirectory})
		}},
	},
}

var tlsVersions = []string{"1.2", "1.3"}

// asText takes a number that stands for a text without quotes.
func asText(n *document.Node) *document.Node {
	if n.Kind != document.Number {
		return n
	}
	text := *n
	text.Kind = document.Text
	return &text
}

var acmeTable = table[*ACME]{
	Name: "acme",
	Keys: []key[*ACME]{
		{Name: "email", Kind: "text", Read: func(d decoder, n *document.Node, a *ACME) { a.Email = d.email(n) }},
		{Name: "directory", Kind: "URL", Read: func(d decoder, n *document.Node, a *ACME) {
			a.Directory = d.Held(n, DefaultDirectory, func(s string) *document.Fault { return rule.SecureURL(s, DefaultDirectory) })
		}},
		{Name: "ca", Kind: "file:PATH", Read: func(d decoder, n *document.Node, a *ACME) { a.CA = d.authority(n) }},
		{Name: "hosts", Kind: "list of host names", Read: func(d decoder, n *document.Node, a *ACME) { a.Hosts = d.orderedHosts(n) }},
		{Name: "cache", Kind: "folder", Required: true, Read: func(d decoder, n *document.Node, a *ACME) {
			if name, ok := d.Text(n, "acme"); ok {
				a.Cache = d.source.Locate(name)
			}
		}},
	},
}

func (d decoder) email(n *document.Node) string { return d.Held(n, "admin@example.com", rule.Email) }

// orderedHosts reads hosts that certificates are ordered for: names, exactly.
func (d decoder) orderedHosts(n *document.Node) []string {
	return d.Texts(n, "[app.example.com]", d.Item(rule.Ordered))
}

// Check wants certificates, and hosts that they are ordered for: names, where the
// file does not list them.
func (t *TLS) Check(r *schema.Reader, n *document.Node, names func() []string) {
	if n.Field("certificates") == nil && n.Field("acme") == nil {
		r.Refuse(n.Place, "add certificates: [{certificate: file:tls.crt, key: file:tls.key}], or acme", "tls has no certificate")
	}
	if t.ACME == nil {
		return
	}
	if len(t.ACME.Hosts) == 0 {
		t.ACME.Hosts = names()
	}
	at := cmp.Or(n.Find("acme.hosts"), n.Field("acme"))
	switch {
	case len(t.ACME.Hosts) == 0:
		r.Refuse(at.Place, "add acme.hosts: [app.example.com]", "nothing says which hosts certificates are ordered for: a client's word is not taken for it")
	case len(t.ACME.Hosts) > maxOrdered:
		r.Refuse(at.Place, fmt.Sprintf("at most %d; name them in acme.hosts", maxOrdered), "certificates would be ordered for %d hosts", len(t.ACME.Hosts))
	}
}
