package config

import (
	"path/filepath"
	"slices"

	"github.com/edgeward/edgeward/policy"
)

// Load reads the configuration in the file at path, with everything that it
// names: routes, secrets, keys. The error is an [*Errors] with all mistakes.
// It does no network I/O.
func Load(path string) (*Config, error) {
	return load(path, func(f *files) ([]byte, error) {
		data, _, err := f.read(path, maxFile)
		return data, err
	})
}

// Parse is Load for a file that need not exist: data stands for what is at
// path, and what it names is looked up relative to path's folder.
func Parse(path string, data []byte) (*Config, error) {
	return load(path, func(*files) ([]byte, error) { return data, nil })
}

func load(path string, read func(*files) ([]byte, error)) (*Config, error) {
	d := newDecoder(path)
	c := d.file(path, read)
	if err := d.errs.orNil(); err != nil {
		return nil, err
	}
	c.Path, c.touched = path, &d.files.touched
	c.again = func() (*Config, error) { return load(path, read) }
	c.Warnings = append(d.warnings, c.warnings()...)
	return c, nil
}

func newDecoder(path string) *decoder {
	d := &decoder{errs: &Errors{}, files: &files{dir: filepath.Dir(path)}}
	d.errs.touched = &d.files.touched
	return d
}

// file reads the file at path and everything that it names. What it returns is
// good only if nothing was refused.
func (d *decoder) file(path string, read func(*files) ([]byte, error)) *Config {
	data, err := read(d.files)
	if err != nil {
		d.config = &document{name: path}
		d.refuse(d.config.whole(), "--config names another file", "it cannot be read: %v", err)
		return nil
	}
	if d.config = parse(path, 0, data, d.errs); d.config.root == nil {
		return nil
	}
	return d.decode()
}

// decode reads the configuration and the routes, and checks what only both
// together show.
func (d *decoder) decode() *Config {
	c := &draft{Config: Config{Admin: Admin{Listen: defaultAdmin}, Tokens: defaultTokens, Revocation: defaultRevocation}}
	top := d.config.root
	if !rootTable.read(d, top, c) {
		return nil
	}
	d.checkDoors(top, &c.Config)
	d.checkClients(top, &c.Config)
	if c.routes == nil {
		return nil
	}
	files := d.readRoutes(c.routes)
	d.routes = files
	d.checkMentions(top, &c.Config)
	d.checkMemory(top, &c.Config)
	if c.Failures == nil && c.Store != nil {
		c.Failures = &Failures{Limit: defaultFailures, Window: defaultWindow}
	}
	c.Routes = d.build(files, &c.Config)
	if c.Routes != nil && !d.away && c.Proxy != nil && c.Proxy.Upstream == "" && top.find("proxy.upstream") == nil {
		d.checkUpstreams(files, c.Routes)
	}
	return &c.Config
}

// checkDoors wants no two doors on one address.
func (d *decoder) checkDoors(top *node, c *Config) {
	seen := map[string]string{}
	for _, l := range c.Listeners() {
		first, twice := seen[l.Address]
		if !twice || l.Address == "" {
			seen[l.Address] = l.Key
			continue
		}
		at := d.config.whole()
		for _, key := range []string{l.Key, first} {
			if n := top.find(key); n != nil {
				at = n.place
				break
			}
		}
		d.refuse(at, "use another port", "%s and %s are both %s", first, l.Key, l.Address)
	}
}

// checkMentions looks up what the routes refer to.
func (d *decoder) checkMentions(top *node, c *Config) {
	known := make([]string, len(c.Issuers), len(c.Issuers)+1)
	for i := range c.Issuers {
		known[i] = c.Issuers[i].Rules.Issuer
	}
	if c.Tokens.Issuer != "" {
		known = append(known, c.Tokens.Issuer)
	}
	for _, m := range d.issuers {
		if !slices.Contains(known, m.name) {
			d.refuse(m.place, "add it to issuers, or correct it", "issuer %q is not configured%s", m.name, didYouMean(m.name, known))
		}
	}
	if top.find("tokens.assertion") != nil {
		return
	}
	for _, at := range d.assertions {
		d.refuse(at, "add tokens.assertion to the configuration", "no key is configured to sign an assertion")
	}
}

// checkUpstreams wants every route to lead somewhere. A silent route refuses
// before it would matter.
func (d *decoder) checkUpstreams(files []routeFile, tree *policy.Tree) {
	for route := range tree.All() {
		if route.Upstream != "" || route.Unspecified() {
			continue
		}
		i := slices.IndexFunc(files, func(f routeFile) bool { return f.Statement.Source == route.Source })
		if i >= 0 {
			d.refuse(files[i].place, "state upstream on its chain, or proxy.upstream", "%s has no upstream: nothing above it names one, and proxy.upstream is not set", route.Pattern)
		}
	}
}
