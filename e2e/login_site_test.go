package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// clientSecret is what the gateway knows of every provider.
const clientSecret = "a secret of the end-to-end tests"

// A site is a gateway where people sign in, as they meet it: an origin with
// HTTPS, an application behind it, and providers to sign in at.
type site struct {
	*hybrid
	origin    string
	operators string // the console's origin
	app       *upstream
	providers []*provider
}

// A sitePlan says what is particular about a site.
type sitePlan struct {
	outcome   string                                                 // "" is session
	providers []string                                               // names; nil is one, "first"
	front     func(*testing.T, *gateway, *upstream) (address string) // where people come in; nil is HTTPS in front of the proxy
	wire      func(*provider) (issuer string)                        // what stands in front of a provider; nil is nothing
	client    map[string]any                                         // more of ours at every provider
	provider  string                                                 // more of every member of login.providers
	login     string                                                 // more of that section of the configuration
	tokens    string                                                 // more of that section of the configuration
	routes    string                                                 // more of them
	host      string                                                 // of the origin, with HTTPS; "" is the address
	hosts     []string                                               // that are listed, with the rules of the others
}

// siteLogo is a picture with a word in it.
const siteLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40" width="150" height="40"><rect width="40" height="40" rx="10" fill="#0a5c36"/><path d="M11 20l6 6 12-12" fill="none" stroke="#fff" stroke-width="4"/></svg>`

func newSite(t *testing.T, plan sitePlan) *site {
	t.Helper()
	waitForBrowser(t)
	s := &site{app: newUpstream(t)}
	s.hybrid = prepareHybrid(t, s.app, "edgeward.db", "")
	if plan.front == nil {
		s.origin, s.operators = withTLS(t, s.proxy), withTLS(t, s.admin)
	} else {
		s.origin, s.operators = "http://"+plan.front(t, s.gateway, s.app), "http://"+s.admin
	}
	if plan.host != "" {
		s.origin = s.at(plan.host)
	}
	if plan.providers == nil {
		plan.providers = []string{"first"}
	}
	var list strings.Builder
	more := ""
	if plan.provider != "" {
		more = ", " + plan.provider
	}
	for _, name := range plan.providers {
		p := newSignInProvider(t, s, plan.wire, plan.client)
		s.providers = append(s.providers, p)
		fmt.Fprintf(&list, `
    - {name: %s, label: "The %s & only", issuer: "%s", client_id: edgeward, client_secret: "file:client-secret",
       permissions: {claim: roles, map: {editor: ["articles:write"], operator: [admin]}}%s}`, name, name, p.issuer, more)
	}
	s.private("client-secret", clientSecret)
	s.write("logo.svg", siteLogo)
	s.write("edgeward.yaml", s.configuration(plan, list.String()))
	s.start()
	s.ready()
	return s
}

// configuration is the file of the site. Nothing is asked of /public, and a
// permission of /edit.
func (s *site) configuration(plan sitePlan, providers string) string {
	strategy, insecure := "session", strings.HasPrefix(s.origin, "http://")
	if plan.outcome == "tokens" {
		strategy = "cookie"
	}
	return `
proxy: {listen: "` + s.proxy + `", upstream: "` + s.app.url + `"}
forward_auth: {listen: "` + s.verify + `"}
admin: {listen: "` + s.admin + `", origin: "` + s.operators + `", login: "` + plan.providers[0] + `"}
trusted_proxies: ["127.0.0.1/32"]
store: {path: edgeward.db}
tokens: {issuer: "` + ownIssuer + `", audience: "` + audience + `", keys: "file:keyring.jwks", secret: "file:secret"` + plan.tokens + `}
sessions: {insecure_http: ` + fmt.Sprint(insecure) + `}
api_keys: {}
login:
  origin: "` + s.origin + `"
  outcome: ` + cmp.Or(plan.outcome, "session") + plan.login + `
  providers:` + providers + `
routes:
  _middleware: {authenticate: [` + strategy + `, api_key]}
  public: {authenticate: []}
  edit: {permissions: ["articles:write"]}
  strong: {acr: [gold]}
  recent: {max_age: 1h}
  ruled: {allow: [{groups: [nobody]}, {acr: [bronze]}]}
` + plan.routes + listed(plan.hosts, strategy)
}

// listed is the section of hosts, whose rules are those of the top-level routes.
func listed(hosts []string, strategy string) string {
	if len(hosts) == 0 {
		return ""
	}
	section := "hosts:\n"
	for _, host := range hosts {
		section += fmt.Sprintf("  %q: {routes: {_middleware: {authenticate: [%s, api_key]}, public: {authenticate: []}, strong: {acr: [gold]}, recent: {max_age: 1h}}}\n", host, strategy)
	}
	return section
}

// at returns the origin of another host of the site.
func (s *site) at(host string) string {
	scheme, address, _ := strings.Cut(s.origin, "://")
	return scheme + "://" + host + address[strings.LastIndexByte(address, ':'):]
}

// newSignInProvider starts a provider where people sign in to s.
func newSignInProvider(t *testing.T, s *site, wire func(*provider) string, more map[string]any) *provider {
	t.Helper()
	port := freePort(t)
	p := &provider{t: t, port: port, issuer: "http://" + loopback(port), keys: t.TempDir() + "/keys.json"}
	if wire != nil {
		p.issuer = wire(p)
	}
	fields := map[string]any{
		"client_id": "edgeward", "client_secret": clientSecret, "grant_types": []string{"authorization_code"}, "response_types": []string{"code"},
		"redirect_uris": []string{s.origin + "/auth/callback", s.operators + "/console/callback"}, "post_logout_redirect_uris": []string{s.origin + "/auth/signed-out"},
		"backchannel_logout_uri": "http://" + s.proxy + "/auth/backchannel-logout", "backchannel_logout_session_required": true,
	}
	maps.Copy(fields, more)
	client, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	p.client = string(client)
	p.start()
	return p
}

// withTLS puts HTTPS in front of address and returns the origin, as a load
// balancer does that the gateway is told to trust.
func withTLS(t *testing.T, address string) (origin string) {
	t.Helper()
	quiet := log.New(io.Discard, "", 0) // connections break off here on purpose
	server := httptest.NewUnstartedServer(&httputil.ReverseProxy{ErrorLog: quiet, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: address})
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}})
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// visit opens a page in a fresh profile and signs in as name, to land on it.
func (s *site) visit(t *testing.T, name, page string) *tab {
	t.Helper()
	b := newProfile(t).tab()
	b.open(s.origin + page)
	b.signIn(name)
	b.lands(s.origin + page)
	return b
}

// seen reads what the application answered out of the tab that shows it.
func (b *tab) seen() report {
	b.t.Helper()
	var r report
	text := script[string](b, "document.body.innerText")
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		b.t.Fatalf("the application did not answer, at %s: %s", b.where(), text)
	}
	return r
}
