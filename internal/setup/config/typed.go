package config

import (
	"strings"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/login/userapi"
)

// typeNames are the types of providers that speak no OpenID Connect.
func typeNames() []string {
	var all []string
	for _, k := range userapi.Kinds() {
		all = append(all, k.Name)
	}
	return all
}

// typed sets what the type of a provider says of it: its issuer, what it is asked for,
// and where its groups are.
func (d *decoder) typed(item *document.Node, p *Provider) {
	if at := item.Field("base_url"); at == nil || p.BaseURL != "" { // else it is refused already
		var err error
		if p.Issuer, err = userapi.Issuer(p.Type, p.BaseURL); err != nil && at != nil {
			d.Refuse(at.Place, "base_url: https://github.example.com", "%v", err)
		}
	}
	if item.Field("scopes") == nil {
		p.Scopes = nil
	}
	if p.Claims.Groups.IsZero() {
		p.Claims.Groups = claim.Source{Name: "groups"}
	}
	if p.Label == "" {
		for _, k := range userapi.Kinds() {
			if k.Name == p.Type {
				p.Label = k.Label
			}
		}
	}
}

// ofOpenID are the keys that mean nothing to a provider of a type: it has no ID tokens,
// no metadata and no userinfo.
var ofOpenID = []string{
	"issuer", "audiences", "algorithms", "client_auth", "email_verified", "client_key", "client_assertion_audience", "client_assertion_file", "userinfo",
	"authorization_params", "metadata", "discovery", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint", "jwks_uri",
}

// checkTyped checks a provider of a type, and the others.
func (d *decoder) checkTyped(item *document.Node, others []Provider, p *Provider) {
	for _, name := range ofOpenID {
		if at := item.Index(name); at >= 0 {
			d.Refuse(item.Fields[at].Key.Place, "remove it, or type", "%s is of OpenID Connect, which type: %s does not speak", name, p.Type)
		}
	}
	if item.Field("client_secret") == nil {
		d.Refuse(item.Place, "add client_secret: env:NAME", "type: %s needs client_secret: nothing else says who redeems a code", p.Type)
	}
	for _, other := range others {
		if other.Issuer == p.Issuer && p.Issuer != "" {
			d.Refuse(item.Field("type").Place, "keep one of them", "the users of provider %q are those of %s, too", other.Name, strings.TrimSuffix(p.Issuer, "/"))
		}
	}
}
