package config

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// A Reading is a configuration with what is needed to point into the files that
// it was read from.
type Reading struct {
	File    document.File
	*Config // nil after some mistakes
	Root    *document.Node
	Trees   []tree.Tree

	decoder *decoder
}

// Read reads the configuration in root, nil when file does not parse, and
// everything that it names, from source. Every mistake is added to errs: what is
// returned is good only without any.
func Read(file document.File, root *document.Node, source Source, errs *document.Errors) *Reading {
	return read(file, root, source, errs, &gatewayRules)
}

// ReadMade is Read for a configuration that was made of one which Read has taken:
// by the same tables, within the same bounds, and without what else Read demands.
func ReadMade(file document.File, root *document.Node, source Source, errs *document.Errors) *Reading {
	return read(file, root, source, errs, &workerRules)
}

func read(file document.File, root *document.Node, source Source, errs *document.Errors, by *rules) *Reading {
	d := &decoder{Reader: schema.Reader{Errors: errs, Unknown: by.unknown, Nearest: by.nearest}, source: source, file: file, rules: by}
	d.Reader.Secret = d.secret
	r := &Reading{File: file, Root: root, decoder: d}
	if root == nil {
		return r
	}
	if r.Config = d.decode(root); r.Config != nil {
		r.Config.Warnings = d.warnings
	}
	r.Trees = d.trees
	return r
}

// decode reads the configuration and the routes, and checks what only both
// together show.
func (d *decoder) decode(top *document.Node) *Config {
	c := &draft{Config: Config{Admin: Admin{Listen: DefaultAdmin}, Tokens: defaultTokens, Revocation: defaultRevocation}}
	if !rootTable.Read(&d.Reader, d, top, c) {
		return nil
	}
	d.rules.sections(d, top, &c.Config)
	if c.routes == nil && c.hosts == nil {
		return nil
	}
	d.readTrees(c)
	d.rules.whole(d, top, &c.Config)
	if c.Failures == nil && c.Store != nil {
		c.Failures = &Failures{Limit: defaultFailures, Window: defaultWindow}
	}
	return &c.Config
}

// Refuse notes a mistake.
func (r *Reading) Refuse(at document.Place, remedy, format string, args ...any) {
	r.decoder.Refuse(at, remedy, format, args...)
}

// checkDoors wants no two doors on one address.
func (d *decoder) checkDoors(top *document.Node, c *Config) {
	seen := map[string]string{}
	for _, l := range c.addresses() {
		first, twice := seen[l.Address]
		if !twice || l.Address == "" || strings.HasSuffix(l.Address, ":0") { // each takes a free port
			seen[l.Address] = l.Key
			continue
		}
		at := document.Whole(d.file)
		for _, key := range []string{l.Key, first} {
			if n := top.Find(key); n != nil {
				at = n.Place
				break
			}
		}
		d.Refuse(at, "use another port", "%s and %s are both %s", first, l.Key, l.Address)
	}
}

// checkMentions looks up what the routes refer to.
func (d *decoder) checkMentions(top *document.Node, c *Config) {
	known := make([]string, len(c.Issuers), len(c.Issuers)+1)
	for i := range c.Issuers {
		known[i] = c.Issuers[i].Rules.Issuer
	}
	if c.Tokens.Issuer != "" {
		known = append(known, c.Tokens.Issuer)
	}
	for _, m := range d.issuers {
		if !slices.Contains(known, m.name) {
			d.Refuse(m.Place, "add it to issuers, or correct it", "issuer %q is not configured%s", m.name, d.DidYouMean(m.name, known))
		}
	}
	d.checkUpstreamNames(top)
	if top.Field("login") == nil {
		for _, at := range d.accessTokens {
			d.Refuse(at, "add login, or state authorization: none", "no user signs in at a provider, so there is no access token of one")
		}
	}
	if top.Find("tokens.assertion") != nil {
		return
	}
	for _, at := range d.assertions {
		d.Refuse(at, "add tokens.assertion to the configuration", "no key is configured to sign an assertion")
	}
}
