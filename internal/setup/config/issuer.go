package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/jwt"
)

// longest is the largest duration that max_lifetime takes: a year.
const longest = 366 * 24 * time.Hour

func (d *decoder) prefixes(n *node) []netip.Prefix {
	if !d.is(n, list, "[10.0.0.0/8]") {
		return nil
	}
	var all []netip.Prefix
	for _, item := range n.items {
		p, ok := d.prefix(item)
		if !ok {
			continue
		}
		if _, err := clientip.New(append(all[:len(all):len(all)], p)); err != nil {
			d.refuse(item.place, "", "%s", unprefixed(err))
			continue
		}
		all = append(all, p)
	}
	return all
}

func (d *decoder) issuerList(n *node) []Issuer {
	if !d.is(n, list, "[{issuer: https://id.example.com/, audiences: [api]}]") {
		return nil
	}
	all := make([]Issuer, 0, len(n.items))
	for _, item := range n.items {
		var i Issuer
		if !issuerTable.read(d, item, &i) {
			continue
		}
		d.finish(item, &i)
		d.distinct(item, all, &i)
		all = append(all, i)
	}
	return all
}

// distinct wants entries of one issuer to have no algorithm in common: a token's
// iss and alg pick the one whose keys and rules it is held to.
func (d *decoder) distinct(item *node, others []Issuer, i *Issuer) {
	at := item.field("issuer")
	if at == nil || i.Rules.Issuer == "" {
		return
	}
	for _, other := range others {
		if other.Rules.Issuer != i.Rules.Issuer {
			continue
		}
		for _, alg := range i.Algorithms {
			if slices.Contains(other.Algorithms, alg) {
				d.refuse(at.place, "keep one of them, or give each its own algorithms", "issuer %q is configured twice for %s", i.Rules.Issuer, alg)
				return
			}
		}
	}
}

// keySources are the keys that say where an issuer's keys come from; without
// one they are discovered.
var keySources = []string{"jwks_uri", "keys", "secret"}

// finish checks what only the whole issuer shows, and loads its keys.
func (d *decoder) finish(n *node, i *Issuer) {
	var source *node
	for _, name := range keySources {
		switch f := n.field(name); {
		case f == nil:
		case source == nil:
			source = f
		default:
			d.refuse(f.place, "keep one of "+strings.Join(keySources, ", ")+"; an issuer that signs with both kinds gets an entry for each, with its own algorithms", "the issuer's keys come from two places")
			return
		}
	}
	d.agree(n)
	switch {
	case n.field("secret") != nil:
		d.hmac(n.field("secret"), i)
		return
	case n.field("keys") != nil:
		d.keyFile(n.field("keys"), i)
		return
	case source == nil:
		d.discoverable(n.field("issuer"))
	default:
		d.secureName(n.field("issuer"))
	}
	if i.Algorithms == nil {
		i.Algorithms = []jwt.Algorithm{jwt.RS256}
	}
	if _, err := i.remote(nil); err != nil && d.errs.Len() == 0 {
		d.refuse(n.place, "", "%s", unprefixed(err))
	}
}

// discoverable wants the issuer to be a URL below which its metadata can be
// found (OpenID Connect Discovery §4).
func (d *decoder) discoverable(n *node) {
	if n == nil || n.kind != text || n.text == "" {
		return
	}
	if u, err := url.Parse(n.text); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		d.refuse(n.place, "add one of "+strings.Join(keySources, ", "), "the issuer is not a URL, so its keys cannot be discovered")
		return
	}
	if d.link(n, "https://id.example.com/") != nil {
		d.secureName(n)
	}
}

// issuerName reads the exact iss of tokens. A template is none: providers that
// have many tenants name one in their metadata, and each token its own tenant.
func (d *decoder) issuerName(n *node) string {
	name, ok := d.text(n, "https://id.example.com/")
	if !ok {
		return ""
	}
	u, err := url.Parse(name)
	shared := err == nil && slices.Contains(sharedHosts, strings.ToLower(u.Host)) && sharedTenant(u.Path) != ""
	switch {
	case strings.ContainsAny(name, "{}"):
		d.refuse(n.place, "write the id of your tenant in its place", "%q is a template, which is no token's iss", name)
	case shared:
		d.refuse(n.place, "write the id of your tenant instead of "+sharedTenant(u.Path)+", once for each tenant", "no token's iss is %q: it names the tenant", name)
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
func (d *decoder) secureName(n *node) {
	if n == nil || n.kind != text {
		return
	}
	if u, err := url.Parse(n.text); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		d.refuse(n.place, "use https://, or if http:// is its name in the tokens, as with AD FS, put its public keys into a file: keys: file:issuer.jwks",
			"http:// to another machine lets everybody between here and there choose the keys")
	}
}

// agree checks that the algorithms fit the kind of keys: an HMAC issuer whose
// public key set is fetched would be forged with what everybody can read
// (CVE-2023-48223).
func (d *decoder) agree(n *node) {
	algorithms := n.field("algorithms")
	if algorithms == nil {
		return
	}
	shared := n.field("secret") != nil
	for _, item := range algorithms.items {
		switch alg := jwt.AlgorithmOf(item.text); {
		case !alg.Known():
		case shared && !alg.Symmetric():
			d.refuse(item.place, "HS256, HS384 or HS512", "%s does not use a secret", alg)
		case !shared && alg.Symmetric():
			d.refuse(item.place, "an HMAC issuer has a secret: env:NAME", "%s with public keys would let everybody sign", alg)
		}
	}
}

func (d *decoder) audiences(n *node) []string {
	all := d.texts(n, "[https://api.example.com]", nil)
	if n.kind == list && len(n.items) == 0 {
		d.refuse(n.place, "name what its tokens call you", "without an audience a token for any other service would be accepted here")
	}
	return all
}

func (d *decoder) algorithms(n *node) []jwt.Algorithm {
	valid := algorithmNames()
	names := d.texts(n, "[RS256]", func(item *node) {
		switch {
		case strings.EqualFold(item.text, "none"):
			d.refuse(item.place, oneOf(valid), "%q accepts tokens without a signature", item.text)
		case slices.Contains(valid, strings.ToUpper(item.text)) && !slices.Contains(valid, item.text):
			d.refuse(item.place, "", "%q is unknown; did you mean %q?", item.text, strings.ToUpper(item.text))
		default:
			d.choice(item, valid)
		}
	})
	if n.kind == list && len(n.items) == 0 {
		d.refuse(n.place, "leave it out or name one", "no algorithm is allowed")
	}
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
func (d *decoder) types(n *node) []string {
	if !d.is(n, list, "[at+jwt]") {
		return nil
	}
	all := []string{}
	for _, item := range n.items {
		if !d.is(item, text, `"at+jwt"`) {
			continue
		}
		normal := strings.TrimPrefix(strings.ToLower(item.text), "application/")
		switch {
		case normal != item.text:
			d.refuse(item.place, "write "+normal, "%q is compared in lower case and without application/", item.text)
		case printable(item.text) != item.text || strings.ContainsAny(item.text, " ,;"):
			d.refuse(item.place, "", "this is not a media type")
		default:
			all = append(all, item.text)
		}
	}
	if len(n.items) == 0 {
		d.refuse(n.place, "leave it out or name one", "no type is allowed")
	}
	return all
}

// leeway reads the leeway in the form of jwt.Rules, where zero means the
// default and less than zero means none.
func (d *decoder) leeway(n *node) time.Duration {
	v := d.duration(n, 0, maxLeeway, ": a stolen or revoked token would live on that long")
	if v == 0 {
		return -1
	}
	return v
}
