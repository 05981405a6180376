package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/clientip"
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
		if slices.ContainsFunc(all, func(other Issuer) bool { return other.Rules.Issuer == i.Rules.Issuer && i.Rules.Issuer != "" }) {
			d.refuse(item.field("issuer").place, "keep one of them", "issuer %q is configured twice", i.Rules.Issuer)
		}
		d.finish(item, &i)
		all = append(all, i)
	}
	return all
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
			d.refuse(f.place, "keep one of "+strings.Join(keySources, ", "), "the issuer's keys come from two places")
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
	d.secureLink(n, "https://id.example.com/")
}

// secureName wants an issuer with remote keys to be named by https, if its name
// is a URL at all.
func (d *decoder) secureName(n *node) {
	if n == nil || n.kind != text {
		return
	}
	if u, err := url.Parse(n.text); err == nil && u.Scheme == "http" {
		d.secure(n.place, u)
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
