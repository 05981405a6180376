package login_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store"
)

func TestNewRefuses(t *testing.T) {
	good := newWorld(t).config
	if _, err := login.New(login.Config{}); err == nil {
		t.Error("the zero Config signs in")
	}
	for _, row := range []struct {
		rule   string
		change func(*login.Config, *login.Provider)
	}{
		{"no store", func(c *login.Config, _ *login.Provider) { c.Store = nil }},
		{"a store that cannot compare and swap", func(c *login.Config, _ *login.Provider) { c.Store = weak{c.Store} }},
		{"no fetcher", func(c *login.Config, _ *login.Provider) { c.Fetcher = nil }},
		{"no provider", func(c *login.Config, _ *login.Provider) { c.Providers = nil }},
		{"no key", func(c *login.Config, _ *login.Provider) { c.Key = edgeward.Secret{} }},
		{"a short key", func(c *login.Config, _ *login.Provider) { c.Key = edgeward.NewSecret(strings.Repeat("k", 31)) }},
		{"a short key of before", func(c *login.Config, _ *login.Provider) { c.Previous = []edgeward.Secret{edgeward.NewSecret("k")} }},
		{"no origin", func(c *login.Config, _ *login.Provider) { c.Origin = "" }},
		{"origin with a path", func(c *login.Config, _ *login.Provider) { c.Origin += "/" }},
		{"origin in upper case", func(c *login.Config, _ *login.Provider) { c.Origin = "https://App.example" }},
		{"origin with the default port", func(c *login.Config, _ *login.Provider) { c.Origin += ":443" }},
		{"origin http", func(c *login.Config, _ *login.Provider) { c.Origin = "http://app.example"; c.Insecure = true }},
		{"origin http on loopback without insecure", func(c *login.Config, _ *login.Provider) { c.Origin = "http://127.0.0.1:8080" }},
		{"origin that looks like loopback", func(c *login.Config, _ *login.Provider) { c.Origin = "http://localhost.example"; c.Insecure = true }},
		{"callback elsewhere", func(c *login.Config, _ *login.Provider) { c.CallbackPath = "//evil.example" }},
		{"callback relative", func(c *login.Config, _ *login.Provider) { c.CallbackPath = "callback" }},
		{"return_to relative", func(c *login.Config, _ *login.Provider) { c.ReturnTo = []string{"/x"} }},
		{"return_to http", func(c *login.Config, _ *login.Provider) { c.ReturnTo = []string{"http://docs.example/"} }},
		{"return_to a script", func(c *login.Config, _ *login.Provider) { c.ReturnTo = []string{"javascript:alert(1)"} }},
		{"return_to with userinfo", func(c *login.Config, _ *login.Provider) { c.ReturnTo = []string{"https://a@docs.example/"} }},
		{"no name", func(_ *login.Config, p *login.Provider) { p.Name = "" }},
		{"a name with the subject's delimiter", func(_ *login.Config, p *login.Provider) { p.Name = "a|b" }},
		{"a name that is no ASCII", func(_ *login.Config, p *login.Provider) { p.Name = "\u0161" }},
		{"a long name", func(_ *login.Config, p *login.Provider) { p.Name = strings.Repeat("a", 33) }},
		{"a name twice", func(_ *login.Config, p *login.Provider) { p.Name = "two" }},
		{"an issuer twice", func(c *login.Config, p *login.Provider) { p.Issuer = c.Providers[1].Issuer }},
		{"no issuer", func(_ *login.Config, p *login.Provider) { p.Issuer = "" }},
		{"issuer http", func(_ *login.Config, p *login.Provider) { p.Issuer = "http://one.example" }},
		{"issuer with a query", func(_ *login.Config, p *login.Provider) { p.Issuer += "?a" }},
		{"issuer with a fragment", func(_ *login.Config, p *login.Provider) { p.Issuer += "#a" }},
		{"no client id", func(_ *login.Config, p *login.Provider) { p.ClientID = "" }},
		{"no keys", func(_ *login.Config, p *login.Provider) { p.Keys = nil }},
		{"HMAC", func(_ *login.Config, p *login.Provider) { p.Algorithms = []jwt.Algorithm{jwt.RS256, jwt.HS256} }},
		{"none", func(_ *login.Config, p *login.Provider) { p.Algorithms = []jwt.Algorithm{"none"} }},
		{"a scope of two", func(_ *login.Config, p *login.Provider) { p.Scopes = []string{"a b"} }},
		{"an unknown way to say who we are", func(_ *login.Config, p *login.Provider) { p.ClientAuth = "private_key_jwt" }},
		{"a secret that is not used", func(_ *login.Config, p *login.Provider) { p.ClientAuth = "none" }},
		{"a way that needs a secret", func(_ *login.Config, p *login.Provider) {
			p.ClientSecret, p.ClientAuth = edgeward.Secret{}, "client_secret_basic"
		}},
		{"a map without a claim", func(_ *login.Config, p *login.Provider) { p.Claims.Permissions.Source.Name = "" }},
		{"a claim without a map", func(_ *login.Config, p *login.Provider) { p.Claims.Permissions.Map = nil }},
		{"a permission that is two", func(_ *login.Config, p *login.Provider) {
			p.Claims.Permissions.Map = map[string][]string{"a": {"orders admin"}}
		}},
	} {
		c := good
		c.Providers = slices.Clone(good.Providers)
		row.change(&c, &c.Providers[0])
		if _, err := login.New(c); err == nil {
			t.Errorf("%s: accepted", row.rule)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", row.rule, err)
		}
	}
	for _, origin := range []string{"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://localhost", "https://app.example:8443"} {
		c := good
		c.Origin, c.Insecure, c.ReturnTo = origin, true, []string{origin + "/x", "https://docs.example"}
		if _, err := login.New(c); err != nil {
			t.Error(err)
		}
	}
}

// weak is a store without compare-and-swap.
type weak struct{ store.Backend }

func (weak) Contract() store.Contract { return store.Contract{} }

func TestPermissionsComeFromTheMappingAlone(t *testing.T) {
	for _, row := range []struct {
		rule, claim, value string // JSON
		want               []string
	}{
		{"a list", "roles", `["staff","boss"]`, []string{"app", "orders:read", "orders:write"}},
		{"a string of values", "roles", `"staff  boss"`, []string{"app", "orders:read", "orders:write"}},
		{"one value", "roles", `"staff"`, []string{"app", "orders:read"}},
		{"the same twice", "roles", `["staff","staff"]`, []string{"app", "orders:read"}},
		{"values that are not on the map", "roles", `["admin","Staff","orders:write","staff boss"]`, nil},
		{"a list with something else in it", "roles", `["staff",{}]`, nil},
		{"an object", "roles", `{"staff":true}`, nil},
		{"null", "roles", `null`, nil},
		{"a path", "realm_access.roles", `["staff"]`, []string{"app", "orders:read"}},
		{"a path of three", "a.b.c", `"staff"`, []string{"app", "orders:read"}},
		{"a name with dots", "https://app.example/roles", `["staff"]`, []string{"app", "orders:read"}},
	} {
		b := &browser{world: newWorld(t, func(c *login.Config) { c.Providers[0].Claims.Permissions.Source.Name = row.claim })}
		b.one.claims = func(o object) {
			delete(o, "roles")
			path := strings.Split(row.claim, ".")
			if strings.HasPrefix(row.claim, "https:") {
				path = []string{row.claim}
			}
			for _, name := range path[:len(path)-1] {
				below := object{}
				o[name], o = below, below
			}
			o[path[len(path)-1]] = raw(row.value)
		}
		s, err := b.signIn(t, b.one, "one")
		if err != nil || !slices.Equal(s.Permissions, row.want) {
			t.Errorf("%s: %v, %v; want %v", row.rule, s.Permissions, err, row.want)
		}
	}
	b := &browser{world: newWorld(t)}
	if s, err := b.signIn(t, b.two, "two"); err != nil || len(s.Permissions) != 0 {
		t.Errorf("without a mapping: %v, %v", s.Permissions, err)
	}
}

func TestANameIsForDisplayOnly(t *testing.T) {
	for _, row := range []struct{ name, want any }{
		{"Alice", "Alice"}, {"  ", "alice@example.com"}, {nil, "alice@example.com"}, {7, "alice@example.com"},
		{"A\u202elice\r\n\x1b[31m", "Alice[31m"}, {strings.Repeat("\u00e9", 200), strings.Repeat("\u00e9", 100)},
	} {
		b := &browser{world: newWorld(t)}
		b.one.claims = put("name", row.name)
		if s, err := b.signIn(t, b.one, "one"); err != nil || s.Name != row.want || s.Subject != "alice" {
			t.Errorf("%v: %q, %v", row.name, s.Name, err)
		}
	}
}
