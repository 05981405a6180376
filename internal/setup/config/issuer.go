package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/jwt"
)

// longest is the largest duration that max_lifetime takes: a year.
const longest = 366 * 24 * time.Hour

func (d *decoder) prefixes(n *document.Node) []netip.Prefix {
	if !d.is(n, document.List, "[10.0.0.0/8]") {
		return nil
	}
	var all []netip.Prefix
	for _, item := range n.Items {
		p, ok := d.prefix(item)
		if !ok {
			continue
		}
		if _, err := clientip.New(append(all[:len(all):len(all)], p)); err != nil {
			d.refuse(item.Place, "", "%s", document.Detail(err))
			continue
		}
		all = append(all, p)
	}
	return all
}

func (d *decoder) issuerList(n *document.Node) []Issuer {
	if !d.is(n, document.List, "[{issuer: https://id.example.com/, audiences: [api]}]") {
		return nil
	}
	all := make([]Issuer, 0, len(n.Items))
	for _, item := range n.Items {
		var i Issuer
		if !issuerTable.read(d, item, &i) {
			continue
		}
		d.finish(item, &i, all)
		all = append(all, i)
	}
	return all
}

// distinct wants entries of one issuer to have no algorithm in common: a token's
// iss and alg pick the one whose keys and rules it is held to.
func (d *decoder) distinct(item *document.Node, others []Issuer, i *Issuer) {
	at := item.Field("issuer")
	if at == nil || i.Rules.Issuer == "" {
		return
	}
	for _, other := range others {
		if other.Rules.Issuer != i.Rules.Issuer {
			continue
		}
		for _, alg := range i.Algorithms {
			if slices.Contains(other.Algorithms, alg) {
				d.refuse(at.Place, "keep one of them, or give each its own algorithms", "issuer %q is configured twice for %s", i.Rules.Issuer, alg)
				return
			}
		}
	}
}

// keySources are the keys that say where an issuer's keys come from; without
// one they are discovered.
var keySources = []string{"jwks_uri", "keys", "secret"}

// finish checks what only the whole issuer shows, and loads its keys.
func (d *decoder) finish(n *document.Node, i *Issuer, others []Issuer) {
	if !d.rules.source(d, n) {
		return
	}
	switch {
	case n.Field("secret") != nil:
		d.hmac(n.Field("secret"), i)
	case n.Field("keys") != nil:
		d.publicKeys(n.Field("keys"), i)
	case i.Algorithms == nil:
		i.Algorithms = []jwt.Algorithm{jwt.RS256}
	}
	d.rules.issuer(d, n, others, i)
}

// checkSource reports whether an issuer's keys come from one place.
func (d *decoder) checkSource(n *document.Node) bool {
	var source *document.Node
	for _, name := range keySources {
		switch f := n.Field(name); {
		case f == nil:
		case source == nil:
			source = f
		default:
			d.refuse(f.Place, "keep one of "+strings.Join(keySources, ", ")+"; an issuer that signs with both kinds gets an entry for each, with its own algorithms", "the issuer's keys come from two places")
			return false
		}
	}
	return true
}

// checkIssuer checks an issuer and the entries before it.
func (d *decoder) checkIssuer(n *document.Node, others []Issuer, i *Issuer) {
	d.agree(n)
	switch {
	case n.Field("secret") != nil, n.Field("keys") != nil:
	case n.Field("jwks_uri") == nil:
		d.discoverable(n.Field("issuer"))
	default:
		d.secureName(n.Field("issuer"))
	}
	d.distinct(n, others, i)
}

// discoverable wants the issuer to be a URL below which its metadata can be
// found (OpenID Connect Discovery §4).
func (d *decoder) discoverable(n *document.Node) {
	if n == nil || n.Kind != document.Text || n.Text == "" {
		return
	}
	if u, err := url.Parse(n.Text); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		d.refuse(n.Place, "add one of "+strings.Join(keySources, ", "), "the issuer is not a URL, so its keys cannot be discovered")
		return
	}
	if d.link(n, "https://id.example.com/") != nil {
		d.secureName(n)
	}
}

// issuerName reads the exact iss of tokens. A template is none: providers that
// have many tenants name one in their metadata, and each token its own tenant.
func (d *decoder) issuerName(n *document.Node) string {
	name, ok := d.text(n, "https://id.example.com/")
	if !ok {
		return ""
	}
	u, err := url.Parse(name)
	shared := err == nil && slices.Contains(sharedHosts, strings.ToLower(u.Host)) && sharedTenant(u.Path) != ""
	switch {
	case strings.ContainsAny(name, "{}"):
		d.refuse(n.Place, "write the id of your tenant in its place", "%q is a template, which is no token's iss", name)
	case shared:
		d.refuse(n.Place, "write the id of your tenant instead of "+sharedTenant(u.Path)+", once for each tenant", "no token's iss is %q: it names the tenant", name)
	default:
		return name
	}
	return ""
}

// sharedHosts are those of Microsoft Entra ID, in its clouds.
var sharedHosts = []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net"}

// sharedTenant returns the first segment of a path if it stands for many tenants.
func sharedTenant(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(first)) {
		return first
	}
	return ""
}

// secureName wants an issuer with remote keys to be named by https, if its name
// is a URL at all.
func (d *decoder) secureName(n *document.Node) {
	if n == nil || n.Kind != document.Text {
		return
	}
	if u, err := url.Parse(n.Text); err == nil && u.Scheme == "http" && !canonical.IsLoopback(u.Hostname()) {
		d.refuse(n.Place, "use https://, or if http:// is its name in the tokens, as with AD FS, put its public keys into a file: keys: file:issuer.jwks",
			"http:// to another machine lets every network on the way choose the keys")
	}
}

// agree checks that the algorithms fit the kind of keys: an HMAC issuer whose
// public key set is fetched would be forged with what everybody can read
// (CVE-2023-48223).
func (d *decoder) agree(n *document.Node) {
	algorithms := n.Field("algorithms")
	if algorithms == nil {
		return
	}
	shared := n.Field("secret") != nil
	for _, item := range algorithms.Items {
		switch alg := jwt.AlgorithmOf(item.Text); {
		case !alg.Known():
		case shared && !alg.Symmetric():
			d.refuse(item.Place, "HS256, HS384 or HS512", "%s does not use a secret", alg)
		case !shared && alg.Symmetric():
			d.refuse(item.Place, "an HMAC issuer has a secret: env:NAME", "%s with public keys would let every holder of a public key sign", alg)
		}
	}
}

func (d *decoder) audiences(n *document.Node) []string {
	all := d.texts(n, "[https://api.example.com]", nil)
	if n.Kind == document.List && len(n.Items) == 0 {
		d.refuse(n.Place, "name what its tokens call you", "without an audience a token for any other service would be accepted here")
	}
	return all
}

func (d *decoder) algorithms(n *document.Node) []jwt.Algorithm {
	valid := algorithmNames()
	names := d.texts(n, "[RS256]", func(item *document.Node) {
		switch {
		case strings.EqualFold(item.Text, "none"):
			d.refuse(item.Place, oneOf(valid), "%q accepts tokens without a signature", item.Text)
		case slices.Contains(valid, strings.ToUpper(item.Text)) && !slices.Contains(valid, item.Text):
			d.refuse(item.Place, "", "%q is unknown; did you mean %q?", item.Text, strings.ToUpper(item.Text))
		default:
			d.choice(item, valid)
		}
	})
	if n.Kind == document.List && len(n.Items) == 0 {
		d.refuse(n.Place, "leave it out or name one", "no algorithm is allowed")
	}
	return algorithmsCalled(names)
}

// algorithmsCalled returns each once: EdDSA has two names.
func algorithmsCalled(names []string) []jwt.Algorithm {
	all := make([]jwt.Algorithm, 0, len(names))
	for _, name := range names {
		if alg := jwt.AlgorithmOf(name); !slices.Contains(all, alg) {
			all = append(all, alg)
		}
	}
	return all
}

// algorithmNames are the names that a configuration may say, both of EdDSA's
// included.
func algorithmNames() []string {
	var all []string
	for _, a := range jwt.Algorithms() {
		if all = append(all, string(a)); a == jwt.EdDSA {
			all = append(all, jwt.Ed25519)
		}
	}
	return all
}

// types reads typ values in the form in which a header is compared.
func (d *decoder) types(n *document.Node) []string {
	if !d.is(n, document.List, "[at+jwt]") {
		return nil
	}
	all := []string{}
	for _, item := range n.Items {
		if !d.is(item, document.Text, `"at+jwt"`) {
			continue
		}
		normal := strings.TrimPrefix(strings.ToLower(item.Text), "application/")
		switch {
		case normal != item.Text:
			d.refuse(item.Place, "write "+normal, "%q is compared in lower case and without application/", item.Text)
		case document.Printable(item.Text) != item.Text || strings.ContainsAny(item.Text, " ,;"):
			d.refuse(item.Place, "", "this is not a media type")
		default:
			all = append(all, item.Text)
		}
	}
	if len(n.Items) == 0 {
		d.refuse(n.Place, "leave it out or name one", "no type is allowed")
	}
	return all
}

// leeway reads the leeway in the form of jwt.Rules, where zero means the
// default and less than zero means none.
func (d *decoder) leeway(n *document.Node) time.Duration {
	v := d.duration(n, 0, maxLeeway, ": a stolen or revoked token would live on that long")
	if v == 0 {
		return -1
	}
	return v
}
