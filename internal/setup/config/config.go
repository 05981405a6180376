package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/policy"
)

// A Config is a configuration that was read and found sound: its secrets and
// keys are loaded, its routes are built. It is immutable.
type Config struct {
	Proxy          *Proxy       // nil: this door is closed
	ForwardAuth    *ForwardAuth // nil: this door is closed
	Admin          Admin
	Upstreams      []transport.Upstream // those with a name, in the order of the file
	TrustedProxies []netip.Prefix
	TrustedUnix    bool           // so are the peers on Unix sockets
	ClientNetworks []netip.Prefix // private ones, whose addresses are of clients themselves
	ForwardHeaders []string       // fields that travel on although they would be removed
	Issuers        []Issuer
	Tokens         Tokens
	Assertion      *Assertion // nil: nothing is asserted
	Store          *Store     // nil: nothing is remembered
	Sessions       *Sessions  // nil: the strategy is not there
	APIKeys        *APIKeys   // nil: the strategy is not there
	PersonalTokens *PersonalTokens
	Failures       *Failures // nil: no client is slowed down
	Revocation     Revocation
	Login          *Login // nil: no user is led to a login
	Hosts          *policy.Hosts
	// Warnings are what deserves a look and stops nothing: a silent route, an
	// issuer that no route accepts.
	Warnings []string
}

// A Door is what the section of every door has.
type Door struct {
	Listen string   // host:port, where an empty host means every interface; or unix: and a path
	Hosts  []string // that it answers for, or about; none means every one
	transport.Transport
}

// A Proxy is the reverse proxy's section.
type Proxy struct {
	Door
	Upstream string // base URL or name, or "" when every route names its own
}

// A ForwardAuth is the forward-auth door's section.
type ForwardAuth struct{ Door }

// An Admin is the section of health, readiness, metrics, the control API and
// the console.
type Admin struct {
	transport.Transport
	Listen string // as a [Door]'s; the loopback address unless the file says else
	Origin string // where browsers find the console; "" when the file does not say
	Login  string // the provider at which operators sign in; "" for none
	// StrictReadiness makes a node ready only while the keys of every issuer and
	// provider can verify.
	StrictReadiness bool
}

// An Issuer is a party whose tokens are accepted, and where its keys are.
// Without JWKSURI, Keys and Secret they are discovered from its metadata.
type Issuer struct {
	Rules      jwt.Rules
	Algorithms []jwt.Algorithm
	JWKSURI    string // URL of the key set
	// MetadataURL is where the metadata is that names the key set, "" for the usual place.
	// CA is what the certificates of both are verified by; nil: the system's.
	MetadataURL string
	CA          []byte
	Keys        string          // path of a PEM or JWK file
	Secret      edgeward.Secret // HMAC
	Claims      claim.Map
	// PermissionClaims are those whose values are permissions as they are; nil: all of
	// [bearer.PermissionClaims].
	PermissionClaims []string

	Static *jwks.Static // nil when the keys are remote
	Public []byte       // JWK set of Keys, else nil
}

// An Assertion is what signs X-Auth-Assertion.
type Assertion struct {
	Issuer, Audience string

	Signer jwt.Signer
}

// The keys of the addresses.
const (
	ProxyListen       = "proxy.listen"
	ForwardAuthListen = "forward_auth.listen"
	AdminListen       = "admin.listen"
)

// listeners are the sections that open one, by the key of its address, in the
// order of the file format.
var listeners = [...]struct {
	key string
	in  func(*Config) *Door // nil where it is closed
}{
	{ProxyListen, func(c *Config) *Door {
		if c.Proxy == nil {
			return nil
		}
		return &c.Proxy.Door
	}},
	{ForwardAuthListen, func(c *Config) *Door {
		if c.ForwardAuth == nil {
			return nil
		}
		return &c.ForwardAuth.Door
	}},
	{AdminListen, func(c *Config) *Door { return &Door{Listen: c.Admin.Listen, Transport: c.Admin.Transport} }},
}

// A Listener is an address to listen on and the key that names it.
type Listener struct {
	Key, Address string
	Hosts        []string // as [Door]'s
	transport.Transport
}

// Section returns the section of the configuration that opens it: "proxy".
func (l Listener) Section() string { return strings.TrimSuffix(l.Key, ".listen") }

// Listeners returns the configured addresses, in the order of the file format.
// They cannot change without a restart.
func (c *Config) Listeners() []Listener {
	var all []Listener
	for _, l := range listeners {
		if door := l.in(c); door != nil {
			all = append(all, Listener{l.key, door.Listen, door.Hosts, door.Transport})
		}
	}
	return all
}

// addresses are those of the listeners, and of what leads to one that speaks TLS.
func (c *Config) addresses() []Listener {
	all := c.Listeners()
	for _, l := range all {
		if l.Redirect != "" {
			all = append(all, Listener{Key: l.Section() + ".redirect", Address: l.Redirect})
		}
	}
	return all
}

// Doors returns the listeners of clients, and of proxies that ask about them: all
// but that of operators. There is none in a configuration for a program that has
// Edgeward inside.
func (c *Config) Doors() []Listener {
	return slices.DeleteFunc(c.Listeners(), func(l Listener) bool { return l.Key == AdminListen })
}

// ListenKeys returns the keys of all addresses that a configuration can name.
func ListenKeys() []string {
	keys := make([]string, len(listeners))
	for i, l := range listeners {
		keys[i] = l.key
	}
	return keys
}

const (
	DefaultAdmin       = "127.0.0.1:8081"
	defaultLeeway      = jwt.DefaultLeeway
	maxLeeway          = 120 * time.Second
	defaultMaxLifetime = jwt.DefaultLifetime
)
