// Package build makes what is deployed to Cloudflare of a configuration: the
// Worker's own, and the folder that wrangler takes. It looks for what lets requests
// pass by Edgeward there.
package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/warn"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
)

// A Configuration is one for a Worker, which has neither files nor an
// environment: the file's own keys as JSON, with the routes inline and public
// keys in place of the files they are in. It holds no secret, only names.
type Configuration struct {
	JSON     []byte         // strict: [door.ParseConfiguration] takes it
	Secrets  []string       // the Worker's secrets by name, sorted
	KeyRing  string         // path of the file whose content is the secret [door.KeyRingSecret]; "" for none
	Remember bool           // there is a store, so back ends may want [door.AdminSecret]
	Copies   bool           // there is a secret that authenticates copies in Workers KV
	Warnings []string       // what is left out, and what else deserves a look
	Paths    []string       // those that Edgeward answers itself, before the routes
	Hosts    []string       // those with routes of their own
	trees    []*policy.Tree // of all hosts, as Pages reads paths
	closed   bool           // there are hosts that have none, where everything is refused
}

// Opens reports whether the routes of every host let everybody in at path, as a URL
// spells it, or with below at all paths below it, too. It may say no of what is
// open: of a path that is encoded, say.
func (p *Configuration) Opens(path string, below bool) bool {
	folded, ok := policy.Fold(path) // Pages ignores case
	return ok && len(p.trees) > 0 && !p.closed && !strings.Contains(path, "%") &&
		!slices.ContainsFunc(p.trees, func(t *policy.Tree) bool { return !t.Opens(folded, below) })
}

// The bindings of a Worker.
const (
	objectBinding = "EDGEWARD_STORE" // the Durable Objects that remember
	cacheBinding  = "EDGEWARD_KV"    // copies near the users
)

// Load reads the configuration at path for a Worker. No secret has to be set: their
// values are the Worker's. What a Worker cannot do is refused, what means nothing
// there is left out with a warning. The error is a [*source.Errors] with all
// mistakes.
func Load(path string) (*Configuration, error) { return load(path, false) }

// LoadPages is Load for a Worker before a Pages project, for which the case of a
// path means nothing: two routes that differ in case alone are refused.
func LoadPages(path string) (*Configuration, error) { return load(path, true) }

func load(path string, pages bool) (*Configuration, error) {
	b := &builder{}
	var made *Configuration
	_, err := source.Read(path, b.from, func(r *config.Reading, errs *document.Errors) {
		b.Reading, b.errs = r, errs
		made = b.configuration(pages)
	})
	if err != nil {
		return nil, err
	}
	made.Warnings = slices.Concat(b.Warnings, b.unread, b.warnings, warn.Everywhere(b.Config), b.unreachable())
	return made, nil
}

// A builder makes a Worker's configuration of a gateway's.
type builder struct {
	*config.Reading
	elsewhere
	errs     *document.Errors
	warnings []string
}

// An elsewhere is a [config.Source] of what stays where a Worker finds it, of which
// only the names are noted.
type elsewhere struct {
	*source.Files
	secrets []string
	unread  []string // warnings
}

func (e *elsewhere) from(files *source.Files) config.Source {
	e.Files = files
	return e
}

// Secret implements [config.Source].
func (e *elsewhere) Secret(reference string) (none edgeward.Secret, fault *document.Fault) {
	kind, name, fault := source.ParseReference(reference)
	switch {
	case fault != nil:
		return none, fault
	case kind != "env":
		return none, document.Faultf("write env:NAME, and give the Worker its value: wrangler secret put NAME", "a Worker has no files, and a secret must not be part of what is deployed")
	case slices.Contains([]string{objectBinding, cacheBinding, door.KeyRingSecret, door.AdminSecret}, name):
		return none, document.Faultf("give the secret another name", "a Worker calls something else %s", name)
	}
	e.secrets = append(e.secrets, name)
	return none, nil
}

// KeyRing implements [config.Source].
func (e *elsewhere) KeyRing(reference string) (path string, ring *keyring.Ring, fault *document.Fault) {
	path, ring, fault = e.Files.KeyRing(reference)
	name := strings.TrimPrefix(reference, "file:")
	if _, err := os.Stat(path); path != "" && errors.Is(err, fs.ErrNotExist) {
		e.unread = append(e.unread, fmt.Sprintf("%s is not here, so its keys are unchecked: a Worker signs with HS256", name))
		return path, nil, nil
	}
	if fault == nil && slices.ContainsFunc(ring.Algorithms(), func(a jwt.Algorithm) bool { return !a.Symmetric() }) {
		return path, nil, document.Faultf("make a ring for the Worker: edgeward key rotate --alg HS256", "%s: a Worker signs with HS256, and has no use for another private key", name)
	}
	return path, ring, fault
}

// configuration makes the JSON, and refuses what has no place in it.
func (b *builder) configuration(pages bool) *Configuration {
	c := &Configuration{Paths: b.ownPaths(), KeyRing: b.Tokens.Keys, Remember: b.Store != nil, Secrets: b.secretNames()}
	if pages {
		c.trees, c.closed = b.fold()
	}
	made := map[string]any{}
	b.copy(b.Root, "", made)
	b.checkForwarding(pages)
	b.checkProviders()
	if b.errs.Len() > 0 {
		return nil // what follows relies on what was read
	}
	complete(made, b.Config)
	if tokens, stated := made["tokens"].(map[string]any); stated {
		c.Copies = tokens["secret"] != nil
	}
	if c.Hosts = b.inlineRoutes(made); pages {
		made["pages"] = true
		b.inPages(made)
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(made); err != nil {
		b.refuse("", "it cannot be written as JSON: %v", err)
	}
	c.JSON = text.Bytes()
	b.checkSize(c)
	b.checkLeakedSecrets(c)
	return c
}

// refuse notes a mistake of the file as a whole.
func (b *builder) refuse(remedy, format string, args ...any) {
	b.Refuse(document.Whole(b.File), remedy, format, args...)
}

// fold checks the routes for a place where the case of a path means nothing. With
// closed there is no tree for the hosts that are not listed.
func (b *builder) fold() (all []*policy.Tree, closed bool) {
	closed = true
	for i := range b.Trees {
		t := &b.Trees[i]
		closed = closed && t.Host != ""
		folded, err := policy.Folded(t.Statements())
		if err != nil {
			b.Misplaced(err)
			continue
		}
		tree, err := policy.Build(folded, t.Stated()...)
		if err != nil {
			continue // as without folding, which was reported
		}
		b.checkShadowedRoutes(tree)
		all = append(all, tree)
	}
	return all, closed
}

// checkSize refuses what a Worker would not read.
func (b *builder) checkSize(p *Configuration) {
	_, err := strictjson.ObjectUpTo(p.JSON, door.MaxNames)
	if err == nil && len(p.JSON) > door.MaxConfiguration {
		err = fmt.Errorf("%d bytes, at most %d", len(p.JSON), door.MaxConfiguration)
	}
	if err != nil {
		b.refuse("merge routes that state the same into a _middleware above them", "it is too large for a Worker: %v", err)
	}
}

// secretNames returns what the Worker has to be given.
func (b *builder) secretNames() []string {
	names := b.secrets
	if b.Tokens.Keys != "" {
		names = append(names, door.KeyRingSecret)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leastSecret is the length in bytes from which a value is searched for: a
// shorter one is in every text by chance, and would be refused as a secret.
const leastSecret = 8

// checkLeakedSecrets refuses a secret that got out of its place, into a label or a
// client_id, where its value is known here.
func (b *builder) checkLeakedSecrets(p *Configuration) {
	for _, name := range p.Secrets {
		value := os.Getenv(name)
		quoted, err := json.Marshal(value)
		if len(value) < leastSecret || err != nil {
			continue
		}
		if bytes.Contains(p.JSON, []byte(value)) || bytes.Contains(p.JSON, quoted[1:len(quoted)-1]) {
			b.refuse("look for it, and replace it everywhere if this file was ever shared", "the value of %s stands in the configuration or its routes", name)
		}
	}
}
