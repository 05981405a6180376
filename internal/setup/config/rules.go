package config

import (
	"net/netip"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

// rules are what a value has to be beyond its kind and its bounds, and what one
// section demands of another. They stand apart from the tables: the module of a
// Worker has the tables and no rules, since its configuration was held to them when
// it was made.
type rules struct {
	address                                                                         func(d *decoder, n *document.Node, open bool) string
	secureLink                                                                      func(d *decoder, n *document.Node, example string) string
	upstream, origin, issuerName, cookieName, environment, providerName, userPrefix func(d *decoder, n *document.Node) string
	hosts, forwardHeaders, types                                                    func(d *decoder, n *document.Node) []string
	prefixes                                                                        func(d *decoder, n *document.Node) []netip.Prefix
	returnTo, scope                                                                 func(d *decoder, item *document.Node)
	source                                                                          func(d *decoder, issuer *document.Node) bool
	issuer                                                                          func(d *decoder, n *document.Node, others []Issuer, i *Issuer)
	provider                                                                        func(d *decoder, item *document.Node, p *Provider, others []Provider)
	sessions                                                                        func(d *decoder, n *document.Node, s *Sessions)
	keys                                                                            func(d *decoder, n *document.Node, algorithms []jwt.Algorithm, k *PublicKeys)
	folders                                                                         func(d *decoder, r *tree.Reader, hosts, routes *document.Node)
	routes                                                                          func(r *tree.Reader, n *document.Node, under string) []tree.File
	algorithms, publicAlgorithms                                                    func(d *decoder, n *document.Node) []jwt.Algorithm
	elsewhere                                                                       func(d *decoder, routeKey string, n *document.Node)
	misplaced                                                                       func(d *decoder, p *policy.Problem)
	unknown                                                                         func(r *schema.Reader, all []row, what string, f document.Field) (meant string)
	nearest                                                                         func(name string, valid []string) string
	forwardAuth, admin, assertion                                                   func(d *decoder, n *document.Node, c *Config)
	sections, whole                                                                 func(d *decoder, top *document.Node, c *Config)

	peers     func(d *decoder, n *document.Node) transport.Peers
	transport func(d *decoder, n *document.Node, name string, t *transport.Transport)
	upstreams func(d *decoder, n *document.Node, c *Config)

	siteName, logo, colors func(d *decoder, n *document.Node) string
	languages              func(d *decoder, n *document.Node) []string
	brand                  func(d *decoder, n *document.Node, p *Pages)
	dark                   func(d *decoder, n *document.Node, c *colorsDraft)
}

// gatewayRules are those that a file is held to.
var gatewayRules = rules{
	address: (*decoder).address, secureLink: (*decoder).secureLink,
	upstream: (*decoder).upstream, origin: (*decoder).origin, issuerName: (*decoder).issuerName,
	cookieName: (*decoder).cookieName, environment: (*decoder).environment, providerName: (*decoder).providerName, userPrefix: (*decoder).userPrefix,
	siteName: (*decoder).siteName, logo: (*decoder).logo, colors: (*decoder).colors, languages: (*decoder).languages, brand: (*decoder).brand, dark: (*decoder).darkColors,
	hosts: (*decoder).hosts, forwardHeaders: (*decoder).forwardHeaders, types: (*decoder).types, prefixes: func(d *decoder, n *document.Node) []netip.Prefix { return transport.ReadNetworks(&d.Reader, n) },
	returnTo: (*decoder).returnTo, scope: (*decoder).scope, source: (*decoder).checkSource, issuer: (*decoder).checkIssuer,
	provider: (*decoder).checkProvider, sessions: (*decoder).checkSessions, keys: (*decoder).checkKeys,
	folders: func(d *decoder, r *tree.Reader, hosts, routes *document.Node) { r.In(d.source, hosts, routes) }, routes: (*tree.Reader).Anywhere, algorithms: (*decoder).algorithms, publicAlgorithms: (*decoder).publicAlgorithms,
	elsewhere: (*decoder).elsewhere, misplaced: (*decoder).misplaced, unknown: (*schema.Reader).Misspelled, nearest: rule.Nearest,
	forwardAuth: func(d *decoder, n *document.Node, c *Config) {
		c.ForwardAuth = forwardAuthTable.ReadInto(&d.Reader, d, n, &ForwardAuth{})
	},
	admin: func(d *decoder, n *document.Node, c *Config) { adminTable.Read(&d.Reader, d, n, &c.Admin) },
	assertion: func(d *decoder, n *document.Node, c *Config) {
		c.Assertion = assertionTable.ReadInto(&d.Reader, d, n, &Assertion{})
	},
	upstreams: func(d *decoder, n *document.Node, c *Config) {
		c.Upstreams = transport.ReadUpstreams(&d.Reader, d.source, n)
	},
	sections: (*decoder).checkSections, whole: (*decoder).checkWhole,

	peers: func(d *decoder, n *document.Node) transport.Peers { return transport.ReadPeers(&d.Reader, n) },
	transport: func(d *decoder, n *document.Node, name string, t *transport.Transport) {
		transport.Read(&d.Reader, d.source, n, name, t)
	},
}

// workerRules are those of what was made of such a file.
var workerRules = rules{
	address:    func(d *decoder, n *document.Node, _ bool) string { return anyText(d, n) },
	secureLink: func(d *decoder, n *document.Node, _ string) string { return anyText(d, n) },
	upstream:   anyText, origin: anyText, issuerName: anyText, cookieName: anyText, environment: anyText, providerName: anyText, userPrefix: anyText, siteName: anyText, logo: anyText, colors: anyText,
	languages: anyTexts, brand: func(_ *decoder, _ *document.Node, p *Pages) { p.Brand = p.logo }, // made by the build
	dark:  func(*decoder, *document.Node, *colorsDraft) {},
	hosts: anyTexts, forwardHeaders: anyTexts, types: anyTypes,
	prefixes: func(*decoder, *document.Node) []netip.Prefix { return nil }, // a Worker has no use for them
	returnTo: func(*decoder, *document.Node) {},
	scope:    func(*decoder, *document.Node) {},
	source:   func(*decoder, *document.Node) bool { return true },
	issuer:   func(*decoder, *document.Node, []Issuer, *Issuer) {},
	provider: func(*decoder, *document.Node, *Provider, []Provider) {},
	sessions: func(*decoder, *document.Node, *Sessions) {},
	keys:     func(*decoder, *document.Node, []jwt.Algorithm, *PublicKeys) {},
	folders:  func(*decoder, *tree.Reader, *document.Node, *document.Node) {}, routes: (*tree.Reader).Inline, algorithms: anyAlgorithms, publicAlgorithms: anyAlgorithms,
	elsewhere: func(*decoder, string, *document.Node) {},
	misplaced: func(d *decoder, p *policy.Problem) {
		d.Refuse(document.Whole(d.file), "", "%s", p.Detail)
	},
	unknown: func(r *schema.Reader, _ []row, what string, f document.Field) string {
		r.Refuse(f.Key.Place, "", "%s has no such key", what)
		return ""
	},
	nearest:     func(string, []string) string { return "" },
	forwardAuth: notInAWorker, admin: notInAWorker, assertion: notInAWorker, upstreams: notInAWorker,
	sections: func(*decoder, *document.Node, *Config) {},
	whole:    func(*decoder, *document.Node, *Config) {},

	peers:     func(*decoder, *document.Node) transport.Peers { return transport.Peers{} }, // nor for these
	transport: func(*decoder, *document.Node, string, *transport.Transport) {},
}

func notInAWorker(d *decoder, n *document.Node, _ *Config) {
	d.Refuse(n.Place, "", "a Worker has none")
}

func anyText(d *decoder, n *document.Node) string {
	s, _ := d.Text(n, "")
	return s
}

func anyTexts(d *decoder, n *document.Node) []string { return d.Texts(n, "", nil) }

func anyAlgorithms(d *decoder, n *document.Node) []jwt.Algorithm {
	return rule.AlgorithmsCalled(anyTexts(d, n))
}

// anyTypes reads typ values, of which "" is one.
func anyTypes(d *decoder, n *document.Node) []string {
	all := []string{}
	if d.Is(n, document.List, "") {
		for _, item := range n.Items {
			all = append(all, item.Text)
		}
	}
	return all
}

// each is a rule for the items of a list.
func (d *decoder) each(rule func(*decoder, *document.Node)) func(*document.Node) {
	return func(item *document.Node) { rule(d, item) }
}
