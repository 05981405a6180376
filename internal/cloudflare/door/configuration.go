package door

import (
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
)

// A Configuration is edgeward.yaml as a Worker has it: the same keys, as JSON,
// with the routes inline, public keys in the place of their files, and every
// secret named as one of the Worker's own. It is read by the same tables.
type Configuration struct {
	*config.Config
	Pages bool            // it stands before functions of Pages, for which the case of a path means nothing
	Admin edgeward.Secret // of the back end; zero: it has no endpoints

	languages []*page.Language // English has its catalogue in the module
}

// upstream is where allowed requests go whose route names none; "" is the Worker's
// own: what comes next in Pages.
func (c *Configuration) upstream() string {
	if c.Proxy == nil {
		return ""
	}
	return c.Proxy.Upstream
}

// hosts are those that the Worker answers for; none means every one that
// Cloudflare sends.
func (c *Configuration) hosts() []string {
	if c.Proxy == nil {
		return nil
	}
	return c.Proxy.Hosts
}

// KeyRingSecret is the Worker's secret that holds the private JWK set.
const KeyRingSecret = "EDGEWARD_KEYRING"

// What a configuration may take.
const (
	MaxConfiguration = runtime.MaxFrame / 2 // bytes; secrets come in the same frame
	MaxNames         = 100_000              // members of its mappings
)

// The keys that no file has. LanguagesKey is a list of languages, each its tag and,
// from the next line on, its catalogue. A gateway's program has them in it: a Worker's
// module would weigh as much more.
const (
	pagesKey     = "pages"
	LanguagesKey = "languages"
)

// take removes a key from the top of a configuration and returns its value, or nil.
func take(root *document.Node, name string) *document.Node {
	i := root.Index(name)
	if i < 0 {
		return nil
	}
	value := root.Fields[i].Value
	root.Fields = append(root.Fields[:i], root.Fields[i+1:]...)
	return value
}

// ParseConfiguration reads a configuration. Secrets are looked up by name; one
// that is missing is an error that names it.
func ParseConfiguration(text string, secrets map[string]edgeward.Secret) (*Configuration, error) {
	root, err := document.ParseJSON("configuration", []byte(text), MaxNames)
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	c := &Configuration{Admin: secrets[AdminSecret]}
	var prepare func([]policy.File) ([]policy.File, error)
	if value := take(root, pagesKey); value != nil {
		if value.Kind != document.Boolean { // taken for false, it would open what differs in case
			return nil, fmt.Errorf("worker: configuration: %s has to be true or false", pagesKey)
		}
		if c.Pages = value.Text == "true"; c.Pages {
			prepare = policy.Folded
		}
	}
	if value := take(root, LanguagesKey); value != nil {
		for _, item := range value.Items {
			tag, catalogue, _ := strings.Cut(item.Text, "\n")
			c.languages = append(c.languages, page.NewLanguage(tag, catalogue))
		}
	}
	errs := &document.Errors{}
	r := config.ReadMade(root.Place.File, root, source(secrets), errs)
	r.BuildRoutes(prepare)
	if errs.Len() > 0 {
		return nil, fmt.Errorf("worker: %s", errs.Error())
	}
	c.Config = r.Config
	return c, nil
}

// A source is where a Worker's configuration finds what it names: the secrets, and
// for public keys itself.
type source map[string]edgeward.Secret

// Locate implements [config.Source]. There are no files.
func (source) Locate(name string) string { return name }

// Secret implements [config.Source].
func (s source) Secret(reference string) (edgeward.Secret, *document.Fault) {
	name, named := strings.CutPrefix(reference, "env:")
	if !named { // it may be the secret itself, and what is refused goes to the log
		return edgeward.Secret{}, document.Faultf("write env:NAME", "a secret must not stand in the configuration")
	}
	if secret := s[name]; !secret.IsZero() {
		return secret, nil
	}
	return edgeward.Secret{}, document.Faultf("", "the Worker has no secret %s: wrangler secret put %s", name, name)
}

// PublicKeys implements [config.Source]: the reference is the key set.
func (source) PublicKeys(reference string) (k config.PublicKeys, fault *document.Fault) {
	var err error
	if k.Set, k.Ignored, err = jwks.Parse([]byte(reference), runtime.ImportKey); err != nil {
		return k, document.Faultf("", "%v", err)
	}
	return k, nil
}

// Picture implements [config.Source]: pictures are where their file would be named.
func (source) Picture(string) (string, *document.Fault) {
	return "", document.Faultf("", "a Worker has no files")
}

// Signer implements [config.Source].
func (source) Signer(string) (jwt.Signer, *document.Fault) {
	return nil, document.Faultf("", "a Worker holds no private key to sign assertions with")
}

// Certificate implements [config.Source].
func (source) Certificate(string, string) (none transport.Certificate, fault *document.Fault) {
	return none, document.Faultf("", "a Worker has none")
}

// ClientCertificate implements [config.Source].
func (source) ClientCertificate(string, string) (none transport.Certificate, fault *document.Fault) {
	return none, document.Faultf("", "a Worker has none")
}

// Authority implements [config.Source].
func (source) Authority(string) ([]byte, *document.Fault) {
	return nil, document.Faultf("", "a Worker has none")
}

// TokenFile implements [config.Source].
func (source) TokenFile(string) (string, *document.Fault) {
	return "", document.Faultf("", "a Worker has no files")
}

// KeyRing implements [config.Source].
func (s source) KeyRing(reference string) (path string, ring *keyring.Ring, fault *document.Fault) {
	secret, fault := s.Secret(reference)
	if fault != nil {
		return "", nil, fault
	}
	ring, err := keyring.Parse([]byte(secret.Reveal()), keyring.Importer{Public: runtime.ImportKey}, time.Now)
	if err != nil {
		return "", nil, document.Faultf("", "%v: a Worker signs with HS256 keys only", err)
	}
	return reference, ring, nil
}

// Routes implements [config.Source].
func (source) Routes(string, []string, *document.Errors) ([]tree.Node, []document.Fault) {
	return nil, []document.Fault{{What: "a Worker has no folder of routes"}}
}
