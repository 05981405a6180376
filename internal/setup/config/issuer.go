package config

import (
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/config/claims"
	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/jwt"
)

// longest is the largest duration that max_lifetime takes: a year.
const longest = 366 * 24 * time.Hour

func (d *decoder) issuerList(n *document.Node) []Issuer {
	if !d.Is(n, document.List, "[{issuer: https://id.example.com/, audiences: [api]}]") {
		return nil
	}
	all := make([]Issuer, 0, len(n.Items))
	for _, item := range n.Items {
		var i Issuer
		if !issuerTable.Read(&d.Reader, d, item, &i) {
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
				d.Refuse(at.Place, "keep one of them, or give each its own algorithms", "issuer %q is configured twice for %s", i.Rules.Issuer, alg)
				return
			}
		}
	}
}

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
	for _, name := range rule.KeySources {
		switch f := n.Field(name); {
		case f == nil:
		case source == nil:
			source = f
		default:
			d.Refuse(f.Place, "keep one of "+strings.Join(rule.KeySources, ", ")+"; an issuer that signs with both kinds gets an entry for each, with its own algorithms", "the issuer's keys come from two places")
			return false
		}
	}
	return true
}

// checkIssuer checks an issuer and the entries before it.
func (d *decoder) checkIssuer(n *document.Node, others []Issuer, i *Issuer) {
	d.agree(n)
	claims.Check(&d.Reader, n, &i.Claims)
	switch {
	case n.Field("secret") != nil, n.Field("keys") != nil:
	case n.Field("jwks_uri") == nil:
		d.named(n.Field("issuer"), rule.Discoverable)
	default:
		d.named(n.Field("issuer"), rule.SecureName)
	}
	d.distinct(n, others, i)
}

// named holds the name of an issuer, if it has one, to a rule.
func (d *decoder) named(n *document.Node, rule func(string) *document.Fault) {
	if n != nil && n.Kind == document.Text && n.Text != "" {
		d.OK(n.Place, rule(n.Text))
	}
}

// agree checks that the algorithms fit the kind of keys.
func (d *decoder) agree(n *document.Node) {
	algorithms := n.Field("algorithms")
	if algorithms == nil {
		return
	}
	shared := n.Field("secret") != nil
	for _, item := range algorithms.Items {
		d.OK(item.Place, rule.FitsKeys(jwt.AlgorithmOf(item.Text), shared))
	}
}

func (d *decoder) audiences(n *document.Node) []string {
	all := d.Texts(n, "[https://api.example.com]", nil)
	if n.Kind == document.List && len(n.Items) == 0 {
		d.Refuse(n.Place, "name what its tokens call you", "without an audience a token for any other service would be accepted here")
	}
	return all
}

func (d *decoder) algorithms(n *document.Node) []jwt.Algorithm {
	valid := rule.AlgorithmNames()
	names := d.Texts(n, "[RS256]", func(item *document.Node) {
		switch {
		case strings.EqualFold(item.Text, "none"):
			d.Refuse(item.Place, schema.OneOf(valid), "%q accepts tokens without a signature", item.Text)
		case slices.Contains(valid, strings.ToUpper(item.Text)) && !slices.Contains(valid, item.Text):
			d.Refuse(item.Place, "", "%q is unknown; did you mean %q?", item.Text, strings.ToUpper(item.Text))
		default:
			d.Choice(item, valid)
		}
	})
	if n.Kind == document.List && len(n.Items) == 0 {
		d.Refuse(n.Place, "leave it out or name one", "no algorithm is allowed")
	}
	return rule.AlgorithmsCalled(names)
}

// types reads typ values in the form in which a header is compared.
func (d *decoder) types(n *document.Node) []string {
	if !d.Is(n, document.List, "[at+jwt]") {
		return nil
	}
	all := []string{}
	for _, item := range n.Items {
		if !d.Is(item, document.Text, `"at+jwt"`) {
			continue
		}
		if d.OK(item.Place, rule.MediaType(item.Text)) {
			all = append(all, item.Text)
		}
	}
	if len(n.Items) == 0 {
		d.Refuse(n.Place, "leave it out or name one", "no type is allowed")
	}
	return all
}

// permissionClaims reads which of the claims that name permissions count. None is
// another answer than nothing said.
func (d *decoder) permissionClaims(n *document.Node) []string {
	return d.Texts(n, "[scope]", func(item *document.Node) { d.Choice(item, bearer.PermissionClaims()) })
}

// claim reads the key called name of an issuer's claims.
func (d *decoder) claim(n *document.Node, name string, m *claim.Map) {
	claims.Read(&d.Reader, name, n, m, d.each(d.rules.scope))
}

// leeway reads the leeway in the form of jwt.Rules, where zero means the
// default and less than zero means none.
func (d *decoder) leeway(n *document.Node) time.Duration {
	v := d.Duration(n, 0, maxLeeway, ": a stolen or revoked token would live on that long")
	if v == 0 {
		return -1
	}
	return v
}
