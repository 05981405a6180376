package worker

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
)

// A Configuration is edgeward.yaml as a Worker has it: the same keys, as JSON,
// with the routes inline, public keys in place of their files, and every secret
// named as one of the Worker's own.
type Configuration struct {
	Upstream string // "" means the Worker's own: what comes next in Pages
	Pages    bool   // it stands before functions of Pages, for which the case of a path means nothing
	Remember bool   // there are Durable Objects; without, only others' tokens are accepted
	Routes   []policy.File
	// ForwardHeaders names request fields that are forwarded although they would
	// be removed: see identity.NewFields.
	ForwardHeaders []string
	Hosts          []string // that it answers for; none means every one that Cloudflare sends
	Issuers        []Issuer
	Tokens         Tokens
	Sessions       *Sessions
	APIKeys        *APIKeys
	Failures       *Failures
	Revocation     Revocation
	Login          *Login
	Admin          edgeward.Secret // of the back end; zero: it has no endpoints
}

// An Issuer is a party whose tokens are accepted.
type Issuer struct {
	Rules      jwt.Rules
	Algorithms []jwt.Algorithm
	JWKSURI    string
	KeySet     string          // public keys that came with the configuration
	Secret     edgeward.Secret // HMAC
}

// Tokens are those that the Worker makes itself.
type Tokens struct {
	Issuer, Audience                              string
	KeyRing, Secret                               edgeward.Secret // zero: none are made
	AccessLifetime, RefreshLifetime, RefreshGrace time.Duration
}

// Sessions, APIKeys, Failures and Revocation are the sections of those names.
type (
	Sessions   = config.Sessions
	APIKeys    = config.APIKeys
	Failures   = config.Failures
	Revocation = config.Revocation
)

// Login is the section of sign-ins.
type Login = config.Login

// KeyRingSecret is the Worker's secret that holds the private JWK set.
const KeyRingSecret = "EDGEWARD_KEYRING"

// What a configuration may take.
const (
	MaxConfiguration = runtime.MaxFrame / 2 // bytes; secrets come in the same frame
	MaxNames         = 100_000              // members of its mappings
)

const (
	secretByName     = "env:"
	defaultStaleness = 10 * time.Second
)

// ParseConfiguration reads a configuration. Secrets are looked up by name; one
// that is missing is an error that names it.
func ParseConfiguration(text string, secrets map[string]edgeward.Secret) (*Configuration, error) {
	members, err := strictjson.ObjectUpTo([]byte(text), MaxNames)
	if err != nil {
		return nil, fmt.Errorf("worker: configuration: %w", err)
	}
	top := newMapping(members)
	r := configurationReader{secrets}
	c := &Configuration{
		Upstream: top.text("upstream"), Pages: top.is("pages"), Remember: top.is("remember"),
		Routes: top.routes("routes"), ForwardHeaders: top.texts("forward_headers"), Hosts: top.texts("hosts"), Tokens: r.tokens(top),
		Revocation: Revocation{MaxStaleness: defaultStaleness}, Admin: secrets[AdminSecret],
	}
	for _, m := range top.mappings("issuers") {
		c.Issuers = append(c.Issuers, r.issuer(m))
	}
	if m := top.mapping("sessions"); m != nil {
		c.Sessions = &Sessions{
			Cookie: cmp.Or(m.text("cookie"), session.CookieName), Idle: m.duration("idle", session.DefaultIdle), Lifetime: m.duration("lifetime", session.DefaultAbsolute),
		}
		m.done()
	}
	if m := top.mapping("api_keys"); m != nil {
		c.APIKeys = &APIKeys{Environment: cmp.Or(m.text("environment"), "live")}
		m.done()
	}
	if m := top.mapping("failures"); m != nil {
		c.Failures = &Failures{Limit: m.whole("limit", ratelimit.DefaultLimit), Window: m.duration("window", ratelimit.DefaultWindow)}
		m.done()
	}
	if m := top.mapping("revocation"); m != nil {
		for _, member := range m.members {
			switch v := (&value{m, member.Name, member.Value}); member.Name {
			case "max_staleness":
				c.Revocation.MaxStaleness, _ = policy.ReadMaxStaleness(v)
			case "when_stale":
				c.Revocation.WhenStale, _ = policy.ReadWhenStale(v)
			default:
				m.fail(member.Name, "unknown")
			}
		}
	}
	if m := top.mapping("login"); m != nil {
		c.Login = r.login(m)
	}
	top.done()
	return c, *top.fault
}

// A configurationReader knows the Worker's secrets.
type configurationReader struct{ secrets map[string]edgeward.Secret }

// secret returns the secret that name's value names, zero when there is no name.
func (r configurationReader) secret(m *mapping, name string) edgeward.Secret {
	reference := m.text(name)
	if reference == "" {
		return edgeward.Secret{}
	}
	variable, named := strings.CutPrefix(reference, secretByName)
	secret, present := r.secrets[variable]
	if !named || !present || secret.IsZero() {
		m.fail(name, fmt.Sprintf("the Worker has no secret %s: wrangler secret put %s", variable, variable))
	}
	return secret
}

func (r configurationReader) issuer(m *mapping) Issuer {
	i := Issuer{
		Rules: jwt.Rules{
			Issuer: m.text("issuer"), Audiences: m.texts("audiences"), Types: m.texts("types"),
			MaxLifetime: m.duration("max_lifetime", 0),
		},
		Algorithms: algorithms(m, jwt.RS256), JWKSURI: m.text("jwks_uri"), KeySet: m.text("key_set"), Secret: r.secret(m, "secret"),
	}
	if _, stated := m.members.Lookup("leeway"); stated {
		if i.Rules.Leeway = m.duration("leeway", 0); i.Rules.Leeway == 0 {
			i.Rules.Leeway = -1 // of jwt.Rules: none
		}
	}
	m.done()
	return i
}

func algorithms(m *mapping, otherwise jwt.Algorithm) []jwt.Algorithm {
	names := m.texts("algorithms")
	if len(names) == 0 {
		return []jwt.Algorithm{otherwise}
	}
	all := make([]jwt.Algorithm, len(names))
	for i, name := range names {
		all[i] = jwt.AlgorithmOf(name)
	}
	return all
}

func (r configurationReader) tokens(top *mapping) Tokens {
	m := top.mapping("tokens")
	if m == nil {
		return Tokens{}
	}
	t := Tokens{
		Issuer: m.text("issuer"), Audience: m.text("audience"), KeyRing: r.secret(m, "keys"), Secret: r.secret(m, "secret"),
		AccessLifetime:  m.duration("access_lifetime", keyring.DefaultLifetime),
		RefreshLifetime: m.duration("refresh_lifetime", refresh.DefaultLifetime),
		RefreshGrace:    refresh.DefaultGrace,
	}
	if _, stated := m.members.Lookup("refresh_grace"); stated {
		if t.RefreshGrace = m.duration("refresh_grace", 0); t.RefreshGrace == 0 {
			t.RefreshGrace = -1 // of refresh.Config: none
		}
	}
	m.done()
	return t
}

func (r configurationReader) login(m *mapping) *Login {
	l := &Login{Origin: m.text("origin"), Outcome: issuance.Outcome(cmp.Or(m.text("outcome"), string(issuance.GivesSession))), ReturnTo: m.texts("return_to")}
	for _, p := range m.mappings("providers") {
		provider := config.Provider{
			Name: p.text("name"), Label: p.text("label"), Issuer: p.text("issuer"), ClientID: p.text("client_id"),
			ClientSecret: r.secret(p, "client_secret"), ClientAuth: p.text("client_auth"),
			Audiences: p.texts("audiences"), Scopes: p.texts("scopes"), Algorithms: algorithms(p, jwt.RS256),
		}
		if permissions := p.mapping("permissions"); permissions != nil {
			provider.Permissions.Claim = permissions.text("claim")
			provider.Permissions.Map = map[string][]string{}
			if values := permissions.mapping("map"); values != nil {
				for _, member := range values.members {
					provider.Permissions.Map[member.Name] = values.texts(member.Name)
				}
			}
			permissions.done()
		}
		p.done()
		l.Providers = append(l.Providers, provider)
	}
	m.done()
	return l
}
