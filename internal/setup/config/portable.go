package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/cloudflare/worker"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/policy"
)

// A Portable is a configuration for a Worker, which has neither files nor an
// environment: the file's own keys as JSON, with the routes inline and public
// keys in place of the files they are in. It holds no secret, only names.
type Portable struct {
	JSON     []byte   // strict: [worker.ParseConfiguration] takes it
	Secrets  []string // the Worker's secrets by name, sorted
	KeyRing  string   // path of the file whose content is the secret [worker.KeyRingSecret]; "" for none
	Remember bool     // there is a store, so back ends may want [worker.AdminSecret]
	Copies   bool     // there is a secret that authenticates copies in Workers KV
	Warnings []string // what is left out, and what else deserves a look
	Paths    []string // those that Edgeward answers itself, before the routes
	routes   *policy.Tree
}

// Opens reports whether the routes let everybody in at path, as a URL spells it,
// or with below at all paths below it, too. It may say no of what is open: of a
// path that is encoded, say.
func (p *Portable) Opens(path string, below bool) bool {
	folded, ok := policy.Fold(path) // Pages ignores case
	return ok && p.routes != nil && !strings.Contains(path, "%") && p.routes.Opens(folded, below)
}

// The bindings of a Worker.
const (
	ObjectBinding = "EDGEWARD_STORE" // the Durable Objects that remember
	CacheBinding  = "EDGEWARD_KV"    // copies near the users
)

// LoadPortable is [Load] for a Worker. No secret has to be set: their values are
// the Worker's. What a Worker cannot do is refused, what means nothing there is
// left out with a warning. The error is an [*Errors] with all mistakes.
func LoadPortable(path string) (*Portable, error) { return loadPortable(path, false) }

// LoadPages is LoadPortable for a Worker before a Pages project, for which the
// case of a path means nothing: two routes that differ in case alone are refused.
func LoadPages(path string) (*Portable, error) { return loadPortable(path, true) }

func loadPortable(path string, pages bool) (*Portable, error) {
	d := newDecoder(path)
	d.away = true
	c := d.file(path, func(f *files) ([]byte, error) {
		data, _, err := f.read(path, maxFile)
		return data, err
	})
	if c == nil {
		return nil, d.errs.orNil()
	}
	var routes *policy.Tree
	if pages {
		routes = d.fold()
		d.inPages(c)
	}
	p := d.portable(c, pages)
	if err := d.errs.orNil(); err != nil {
		return nil, err
	}
	p.routes = routes
	p.Warnings = append(d.warnings, slices.Concat(c.unanswered(), c.misread(), c.unreachable(), c.unlike())...)
	return p, nil
}

// portable makes the JSON, and refuses what has no place in it.
func (d *decoder) portable(c *Config, pages bool) *Portable {
	p := &Portable{Paths: c.ownPaths(), KeyRing: c.Tokens.Keys, Remember: c.Store != nil, Secrets: d.secretNames(c)}
	carried := map[string]any{}
	d.carry(d.config.root, "", carried)
	if d.errs.Len() > 0 {
		return nil // what follows relies on what was read
	}
	complete(carried, c)
	if tokens, stated := carried["tokens"].(map[string]any); stated {
		p.Copies = tokens["secret"] != nil
	}
	if pages {
		carried["pages"] = true
	}
	carried["routes"] = d.inlineRoutes()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(carried); err != nil {
		d.refuse(d.config.whole(), "", "it cannot be written as JSON: %v", err)
	}
	p.JSON = b.Bytes()
	d.checkSize(p)
	d.checkLeakedSecrets(p)
	return p
}

// checkSize refuses what a Worker would not read.
func (d *decoder) checkSize(p *Portable) {
	_, err := strictjson.ObjectUpTo(p.JSON, worker.MaxNames)
	if err == nil && len(p.JSON) > worker.MaxConfiguration {
		err = fmt.Errorf("%d bytes, at most %d", len(p.JSON), worker.MaxConfiguration)
	}
	if err != nil {
		d.refuse(d.config.whole(), "merge routes that state the same into a _middleware above them", "it is too large for a Worker: %v", err)
	}
}

// secretNames returns what the Worker has to be given.
func (d *decoder) secretNames(c *Config) []string {
	var names []string
	for _, m := range d.secrets {
		switch m.name {
		case ObjectBinding, CacheBinding, worker.KeyRingSecret, worker.AdminSecret:
			d.refuse(m.place, "give the secret another name", "a Worker calls something else %s", m.name)
		}
		names = append(names, m.name)
	}
	if c.Tokens.Keys != "" {
		names = append(names, worker.KeyRingSecret)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leastSecret is the length in bytes from which a value is searched for: a
// shorter one is in every text by chance, and would be refused as a secret.
const leastSecret = 8

// checkLeakedSecrets refuses a secret that got out of its place, into a label or a
// client_id, where its value is known here.
func (d *decoder) checkLeakedSecrets(p *Portable) {
	for _, name := range p.Secrets {
		value := os.Getenv(name)
		quoted, err := json.Marshal(value)
		if len(value) < leastSecret || err != nil {
			continue
		}
		if bytes.Contains(p.JSON, []byte(value)) || bytes.Contains(p.JSON, quoted[1:len(quoted)-1]) {
			d.refuse(d.config.whole(), "look for it, and replace it everywhere if this file was ever shared", "the value of %s stands in the configuration or its routes", name)
		}
	}
}
