package config

import (
	"net/netip"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
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
	folders                                                                         func(d *decoder, c *draft)
	routes                                                                          func(d *decoder, n *document.Node, under string) []RouteFile
	algorithms, publicAlgorithms                                                    func(d *decoder, n *document.Node) []jwt.Algorithm
	elsewhere                                                                       func(d *decoder, routeKey string, n *document.Node)
	misplaced                                                                       func(d *decoder, p *policy.Problem)
	unknown                                                                         func(d *decoder, all []row, what string, f document.Field) (meant string)
	nearest                                                                         func(name string, valid []string) string
	forwardAuth, admin, assertion                                                   func(d *decoder, n *document.Node, c *Config)
	sections, whole                                                                 func(d *decoder, top *document.Node, c *Config)

	peers     func(d *decoder, n *document.Node) Peers
	transport func(d *decoder, n *document.Node, name string, t *Transport)
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
	hosts: (*decoder).hosts, forwardHeaders: (*decoder).forwardHeaders, types: (*decoder).types, prefixes: (*decoder).prefixes,
	returnTo: (*decoder).returnTo, scope: (*decoder).scope, source: (*decoder).checkSource, issuer: (*decoder).checkIssuer,
	provider: (*decoder).checkProvider, sessions: (*decoder).checkSessions, keys: (*decoder).checkKeys,
	folders: (*decoder).noteFolders, routes: (*decoder).readRoutes, algorithms: (*decoder).algorithms, publicAlgorithms: (*decoder).publicAlgorithms,
	elsewhere: (*decoder).elsewhere, misplaced: (*decoder).misplaced, unknown: (*decoder).unknown, nearest: rule.Nearest,
	forwardAuth: func(d *decoder, n *document.Node, c *Config) {
		c.ForwardAuth = forwardAuthTable.readInto(d, n, &ForwardAuth{})
	},
	admin: func(d *decoder, n *document.Node, c *Config) { adminTable.read(d, n, &c.Admin) },
	assertion: func(d *decoder, n *document.Node, c *Config) {
		c.Assertion = assertionTable.readInto(d, n, &Assertion{})
	},
	upstreams: (*decoder).upstreams,
	sections:  (*decoder).checkSections, whole: (*decoder).checkWhole,

	peers: (*decoder).peers, transport: (*decoder).transport,
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
	folders:  func(*decoder, *draft) {}, routes: (*decoder).inlineRoutes, algorithms: anyAlgorithms, publicAlgorithms: anyAlgorithms,
	elsewhere: func(*decoder, string, *document.Node) {},
	misplaced: func(d *decoder, p *policy.Problem) {
		d.refuse(document.Whole(d.file), "", "%s", p.Detail)
	},
	unknown: func(d *decoder, _ []row, what string, f document.Field) string {
		d.refuse(f.Key.Place, "", "%s has no such key", what)
		return ""
	},
	nearest:     func(string, []string) string { return "" },
	forwardAuth: notInAWorker, admin: notInAWorker, assertion: notInAWorker, upstreams: notInAWorker,
	sections: func(*decoder, *document.Node, *Config) {},
	whole:    func(*decoder, *document.Node, *Config) {},

	peers:     func(*decoder, *document.Node) Peers { return Peers{} }, // nor for these
	transport: func(*decoder, *document.Node, string, *Transport) {},
}

func notInAWorker(d *decoder, n *document.Node, _ *Config) {
	d.refuse(n.Place, "", "a Worker has none")
}

func anyText(d *decoder, n *document.Node) string {
	s, _ := d.text(n, "")
	return s
}

func anyTexts(d *decoder, n *document.Node) []string { return d.texts(n, "", nil) }

func anyAlgorithms(d *decoder, n *document.Node) []jwt.Algorithm {
	return rule.AlgorithmsCalled(anyTexts(d, n))
}

// anyTypes reads typ values, of which "" is one.
func anyTypes(d *decoder, n *document.Node) []string {
	all := []string{}
	if d.is(n, document.List, "") {
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
