// Package endpointtest holds the one table of requests that Edgeward's own
// endpoints answer alike wherever they are served: at the gateway over net/http,
// and by the Worker's module on Cloudflare's runtime. What is expected, the whole
// of each answer, stands in testdata/answers.golden.
package endpointtest

import (
	"bytes"
	"cmp"
	"crypto/tls"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
)

// What an [Edge] is configured with: it signs alice in at Provider, called "dev",
// for a session and tokens, offers a second provider, "other", and hands sign-ins
// over to Host.
const (
	Issuer   = "https://edge.example/tenant" // of its own tokens
	Audience = "https://api.example"
	ClientID = "dev"
	Secret   = "s3cret" // of the client
	Host     = "notes.example"

	// Pages is the section login.pages, and Logo the file that it names.
	Pages = `{name: "A & B", logo: file:logo.svg, colors: {accent: "#0a5c36"}}`
	Logo  = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>`
)

// An Edge is where the endpoints are served, over HTTPS.
type Edge struct {
	Origin   string // login.origin
	Prefix   string // login.prefix; "" means standard
	Provider string // the issuer at which people sign in
	Control  string // where /v1 is; "" means Origin
	APIKey   string // with the scope "introspect"
	AdminKey string // with the scope "admin"
	// Waived are the rules of rows that the platform answers otherwise, each with
	// the reason.
	Waived map[string]string
}

// standard is the prefix of the endpoints for users that the table is written for.
const standard = "/auth"

// prefix is where the edge has those endpoints.
func (e *Edge) prefix() string { return cmp.Or(e.Prefix, standard) }

// A row is a request and where its parts come from: $access, $refresh, $key and
// $admin are replaced, $browser stands for the cookies of a browser that is signed in,
// $host for [Host] with the port of the origin, $callback and $login for where its
// provider sends a user back to who signs in for it, with the cookie of that, and $ticket for a ticket that is for
// it and for $binding; $arrived are the cookies of the row that redeems it.
type row struct {
	rule   string
	method string
	target string
	body   string
	fields []string // "Name: value"
}

const (
	isForm   = "Content-Type: application/x-www-form-urlencoded"
	ownPage  = "Sec-Fetch-Site: same-origin"
	navigate = "Sec-Fetch-Mode: navigate"
	signedIn = "Cookie: $browser"
	isJSON   = "Content-Type: application/json"
	byAdmin  = "X-Api-Key: $admin"
	atHost   = "Host: $host"

	arrival   = "at a host, a ticket" // its cookies are $arrived
	challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// rows are in the order in which they are sent: some end what others use.
var rows = []row{
	// Tokens.
	{"a key set", "GET", "/.well-known/jwks.json", "", nil},
	{"a key set's head", "HEAD", "/.well-known/jwks.json", "", nil},
	{"a key set takes nothing", "POST", "/.well-known/jwks.json", "", nil},
	{"metadata", "GET", "/.well-known/oauth-authorization-server", "", nil},
	{"metadata of a tenant", "GET", "/.well-known/oauth-authorization-server/tenant", "", nil},
	{"token by GET", "GET", "/oauth/token", "", nil},
	{"token by GET, by a user", "GET", "/oauth/token", "", []string{navigate}},
	{"token of another page", "POST", "/oauth/token", "grant_type=refresh_token", []string{isForm, "Sec-Fetch-Site: cross-site"}},
	{"token with a parameter in the URL", "POST", "/oauth/token?scope=a", "grant_type=refresh_token&refresh_token=$refresh", []string{isForm}},
	{"token without a grant", "POST", "/oauth/token", "", []string{isForm}},
	{"token by another grant", "POST", "/oauth/token", "grant_type=password", []string{isForm}},
	{"token without a token", "POST", "/oauth/token", "grant_type=refresh_token", []string{isForm}},
	{"token by a made-up token", "POST", "/oauth/token", "grant_type=refresh_token&refresh_token=ewr_x", []string{isForm}},
	{"token by a client with a password", "POST", "/oauth/token", "grant_type=refresh_token&refresh_token=$refresh", []string{isForm, "Authorization: Basic YTpi"}},
	{"token by a client with an assertion", "POST", "/oauth/token", "grant_type=refresh_token&refresh_token=$refresh&client_assertion_type=x", []string{isForm}},
	{"token with too much scope", "POST", "/oauth/token", "grant_type=refresh_token&refresh_token=$refresh&scope=admin", []string{isForm}},
	{"token with a parameter twice", "POST", "/oauth/token", "grant_type=refresh_token&grant_type=refresh_token", []string{isForm}},
	{"token as text", "POST", "/oauth/token", "grant_type=refresh_token", []string{"Content-Type: text/plain"}},
	{"token as two types", "POST", "/oauth/token", "grant_type=refresh_token", []string{"Content-Type: application/x-www-form-urlencoded, text/plain"}},
	{"token with too long a form", "POST", "/oauth/token", "a=" + strings.Repeat("x", 16<<10), []string{isForm}},
	{"token", "POST", "/oauth/token", "grant_type=refresh_token&refresh_token=$refresh", []string{isForm}},
	{"refresh of another page", "POST", "/auth/refresh", "", []string{signedIn, "Sec-Fetch-Site: same-site"}},
	{"refresh that says nothing of its page", "POST", "/auth/refresh", "", []string{signedIn}},
	{"refresh without a cookie", "POST", "/auth/refresh", "", []string{ownPage}},
	{"refresh by a made-up cookie", "POST", "/auth/refresh", "", []string{ownPage, "Cookie: __Host-ew_refresh=ewr_x"}},
	{"refresh by a cookie that is there twice", "POST", "/auth/refresh", "", []string{ownPage, "Cookie: __Host-ew_refresh=a; __Host-ew_refresh=b"}},
	{"refresh", "POST", "/auth/refresh", "", []string{ownPage, signedIn}},
	{"introspection without a key", "POST", "/oauth/introspect", "token=$access", []string{isForm}},
	{"introspection by a made-up key", "POST", "/oauth/introspect", "token=$access", []string{isForm, "X-Api-Key: x"}},
	{"introspection without a token", "POST", "/oauth/introspect", "", []string{isForm, "X-Api-Key: $key"}},
	{"introspection of an access token", "POST", "/oauth/introspect", "token=$access", []string{isForm, "X-Api-Key: $key"}},
	{"introspection of a refresh token", "POST", "/oauth/introspect", "token=$refresh", []string{isForm, "X-Api-Key: $key"}},
	{"introspection of nothing", "POST", "/oauth/introspect", "token=x", []string{isForm, "X-Api-Key: $key"}},

	// Users.
	{"who is signed in: none", "GET", "/auth/session", "", nil},
	{"who is signed in: none, as a page", "GET", "/auth/session", "", []string{navigate}},
	{"who is signed in", "GET", "/auth/session", "", []string{signedIn}},
	{"who is signed in, to another host", "GET", "/auth/session", "", []string{"Host: other.example", signedIn}},
	{"a choice of providers", "GET", "/auth/login?return_to=/a%3Fb=c", "", []string{navigate}},
	{"a choice of providers in Austria", "GET", "/auth/login?return_to=/a", "", []string{navigate, "Accept-Language: de-AT, en;q=0.5"}},
	{"a choice of providers in Japanese", "GET", "/auth/login?return_to=/a", "", []string{navigate, "Accept-Language: xx, ja;q=0.3"}},
	{"a sign-in", "GET", "/auth/login?provider=dev&return_to=/a", "", []string{navigate}},
	{"a sign-in that is there already", "GET", "/auth/login?return_to=/a", "", []string{navigate, signedIn}},
	{"a sign-in that is fetched ahead", "GET", "/auth/login", "", []string{navigate, "Sec-Purpose: prefetch"}},
	{"a sign-in at no provider", "GET", "/auth/login?provider=none&return_to=/a", "", []string{navigate}},
	{"a sign-in that leads elsewhere", "GET", "/auth/login?return_to=https://evil.example/", "", []string{navigate}},
	{"a sign-in by POST", "POST", "/auth/login", "", []string{isForm, ownPage}},
	{"a sign-in with a parameter twice", "GET", "/auth/login?return_to=/a&return_to=/b", "", []string{navigate}},
	{"a sign-in of a host that is not begun there", "GET", "/auth/login?return_to=https://$host/a", "", []string{navigate, signedIn}},
	{"a sign-in of a host that is there already", "GET", "/auth/login?return_to=https://$host/a&challenge=" + challenge, "", []string{navigate, signedIn}},
	{"a sign-in of a host", "GET", "/auth/login?provider=dev&return_to=https://$host/a&challenge=" + challenge, "", []string{navigate}},
	{"a sign-in of a host, a choice of providers", "GET", "/auth/login?return_to=https://$host/a&challenge=" + challenge, "", []string{navigate}},
	{"a sign-in of a host with a challenge that is none", "GET", "/auth/login?return_to=https://$host/a&challenge=x", "", []string{navigate}},
	{"a sign-in of a host that is not listed", "GET", "/auth/login?return_to=https://other.example/a&challenge=" + challenge, "", []string{navigate}},
	{"at a host, a sign-in", "GET", "/auth/login?return_to=/a%3Fb=c", "", []string{atHost, navigate}},
	{"at a host, a sign-in that is fetched ahead", "GET", "/auth/login", "", []string{atHost, navigate, "Sec-Purpose: prefetch"}},
	{"at a host, a sign-in that leads to another one", "GET", "/auth/login?return_to=https://evil.example/", "", []string{atHost, navigate}},
	{"at a host, a made-up ticket", "GET", "/auth/arrive?ticket=ewt_x", "", []string{atHost, navigate}},
	{"at a host, another browser's ticket", "GET", "/auth/arrive?ticket=$ticket", "", []string{atHost, navigate}},
	{"at a host, a ticket for a script", "GET", "/auth/arrive?ticket=$ticket", "", []string{atHost, "Sec-Fetch-Mode: cors", "Cookie: __Host-ew_binding=$binding"}},
	{"at another place, a ticket", "GET", "/auth/arrive?ticket=$ticket", "", []string{navigate, "Cookie: __Host-ew_binding=$binding"}},
	{arrival, "GET", "/auth/arrive?ticket=$ticket", "", []string{atHost, navigate, "Cookie: __Host-ew_binding=$binding"}},
	{"at a host, the same ticket", "GET", "/auth/arrive?ticket=$ticket", "", []string{atHost, navigate, "Cookie: __Host-ew_binding=$binding"}},
	{"at a host, who is signed in", "GET", "/auth/session", "", []string{atHost, "Cookie: $arrived"}},
	{"at a host, who is signed in: none", "GET", "/auth/session", "", []string{atHost}},
	{"at the origin, by the cookies of a host", "GET", "/auth/session", "", []string{"Cookie: $arrived"}},
	{"at a host, a token", "POST", "/auth/refresh", "", []string{atHost, ownPage, "Cookie: $arrived"}},
	{"at a host, sessions", "GET", "/auth/sessions", "", []string{atHost, navigate, "Cookie: $arrived"}},
	{"at a host, a logout's page", "GET", "/auth/logout", "", []string{atHost, navigate, "Cookie: $arrived"}},
	{"at a host, a logout of the origin's page", "POST", "/auth/logout", "", []string{isForm, atHost, "Cookie: $arrived", "Sec-Fetch-Site: cross-site"}},
	{"at a host, no callback", "GET", "/auth/callback?state=x&code=y", "", []string{atHost, navigate}},
	{"a callback of no sign-in", "GET", "/auth/callback?state=x&code=y", "", []string{navigate}},
	{"a callback of no sign-in in German", "GET", "/auth/callback?state=x&code=y", "", []string{navigate, "Accept-Language: de"}},
	{"a callback of no sign-in, for a script", "GET", "/auth/callback?state=x&code=y", "", nil},
	{"a callback by POST", "POST", "/auth/callback", "state=x&code=y", []string{isForm, navigate}},
	{"sessions of none", "GET", "/auth/sessions", "", []string{navigate}},
	{"sessions of none, for a script", "GET", "/auth/sessions", "", nil},
	{"sessions", "GET", "/auth/sessions", "", []string{navigate, signedIn}},
	{"sessions in French", "GET", "/auth/sessions", "", []string{navigate, signedIn, "Accept-Language: fr"}},
	{"sessions, of another page", "POST", "/auth/sessions", "others=1", []string{isForm, signedIn, "Sec-Fetch-Site: cross-site"}},
	{"sessions, nothing to end", "POST", "/auth/sessions", "", []string{isForm, ownPage, signedIn}},
	{"sessions, one that is another's", "POST", "/auth/sessions", "end=session/x", []string{isForm, ownPage, signedIn, navigate}},
	{"sessions, all others", "POST", "/auth/sessions", "others=1", []string{isForm, ownPage, signedIn, navigate}},
	{"a logout's page", "GET", "/auth/logout", "", []string{navigate, signedIn}},
	{"a logout's page in Spanish", "GET", "/auth/logout", "", []string{navigate, signedIn, "Accept-Language: es-MX"}},
	{"a logout's page for none", "GET", "/auth/logout", "", []string{navigate}},
	{"a logout by DELETE", "DELETE", "/auth/logout", "", []string{ownPage, signedIn}},
	{"a logout of another page", "POST", "/auth/logout", "", []string{isForm, signedIn, "Origin: https://evil.example"}},
	{"a logout as JSON", "POST", "/auth/logout", `{"scope":"everywhere"}`, []string{"Content-Type: application/json", ownPage, signedIn}},
	{"a logout that is too long", "POST", "/auth/logout", "a=" + strings.Repeat("x", 16<<10), []string{isForm, ownPage, signedIn, navigate}},
	{"a logout's end for one who is in", "GET", "/auth/signed-out", "", []string{navigate, signedIn}},
	{"a back-channel logout by GET", "GET", "/auth/backchannel-logout", "", nil},
	{"a back-channel logout without a token", "POST", "/auth/backchannel-logout", "", []string{isForm}},
	{"a back-channel logout that is none", "POST", "/auth/backchannel-logout", "logout_token=x", []string{isForm}},
	{"a front-channel logout by POST", "POST", "/auth/frontchannel-logout", "", []string{isForm}},
	{"a front-channel logout without a session", "GET", "/auth/frontchannel-logout", "", []string{navigate}},
	{"a front-channel logout of no provider", "GET", "/auth/frontchannel-logout?iss=https://evil.example&sid=0123456789abcdef", "", []string{navigate}},
	{"a logout at the provider, too", "POST", "/auth/logout", "provider=1", []string{isForm, ownPage, signedIn, navigate}},
	{"a logout again, by a script", "POST", "/auth/logout", "scope=everywhere", []string{isForm, ownPage, signedIn}},
	{"a logout's end", "GET", "/auth/signed-out", "", []string{navigate}},
	{"a callback of a host's sign-in", "GET", "$callback", "", []string{navigate, "Cookie: __Host-ew_login=$login"}},
	{"token by what was ended", "POST", "/oauth/token", "grant_type=refresh_token&refresh_token=$refresh", []string{isForm}},
	{"introspection of what was ended", "POST", "/oauth/introspect", "token=$access", []string{isForm, "X-Api-Key: $key"}},
	{"revocation without a token", "POST", "/oauth/revoke", "", []string{isForm}},
	{"revocation", "POST", "/oauth/revoke", "token=$refresh", []string{isForm}},
	{"revocation of what is no token", "POST", "/oauth/revoke", "token=x", []string{isForm}},

	// Back ends and operators.
	{"control without a key", "GET", "/v1/sessions", "", nil},
	{"control by a made-up key", "GET", "/v1/sessions", "", []string{"X-Api-Key: x"}},
	{"control by a key without the scope", "GET", "/v1/sessions", "", []string{"X-Api-Key: $key"}},
	{"control of another page", "GET", "/v1/sessions", "", []string{byAdmin, "Sec-Fetch-Site: cross-site"}},
	{"control by a user", "GET", "/v1/sessions", "", []string{navigate}},
	{"control by another method", "PUT", "/v1/sessions", "", []string{byAdmin}},
	{"control of an unknown path", "GET", "/v1/nothing", "", []string{byAdmin}},
	{"its description's head", "HEAD", "/v1/openapi.json", "", nil},
	{"a session with an unknown member", "POST", "/v1/sessions", `{"subject":"bob","Permissions":["a"]}`, []string{isJSON, byAdmin}},
	{"a session as text", "POST", "/v1/sessions", `{"subject":"bob"}`, []string{"Content-Type: text/plain", byAdmin}},
	{"a session that is no JSON", "POST", "/v1/sessions", `{"subject":`, []string{isJSON, byAdmin}},
	{"a session with a member twice", "POST", "/v1/sessions", `{"subject":"bob","subject":"eve"}`, []string{isJSON, byAdmin}},
	{"a session that is too long", "POST", "/v1/sessions", `{"subject":"` + strings.Repeat("x", 64<<10) + `"}`, []string{isJSON, byAdmin}},
	{"a session", "POST", "/v1/sessions", `{"subject":"bob","permissions":["a"]}`, []string{isJSON, byAdmin, "Idempotency-Key: one"}},
	{"a session, repeated", "POST", "/v1/sessions", `{"subject":"bob","permissions":["a"]}`, []string{isJSON, byAdmin, "Idempotency-Key: one"}},
	{"another session under the same key", "POST", "/v1/sessions", `{"subject":"eve"}`, []string{isJSON, byAdmin, "Idempotency-Key: one"}},
	{"sessions of a subject", "GET", "/v1/sessions?subject=bob", "", []string{byAdmin}},
	{"sessions by an unknown parameter", "GET", "/v1/sessions?subjekt=bob", "", []string{byAdmin}},
	{"the end of a session that is none", "DELETE", "/v1/sessions/none", "", []string{byAdmin}},
	{"a pair of tokens", "POST", "/v1/tokens", `{"subject":"bob","permissions":["a"]}`, []string{isJSON, byAdmin}},
	{"an API key", "POST", "/v1/api-keys", `{"subject":"robot","name":"x","expires":"2100-01-01T00:00:00Z"}`, []string{isJSON, byAdmin}},
	{"an API key that has expired", "POST", "/v1/api-keys", `{"subject":"robot","name":"x","expires":"2001-01-01T00:00:00Z"}`, []string{isJSON, byAdmin}},
	{"a revocation of nothing", "POST", "/v1/revocations", `{"scope":"session","value":"none"}`, []string{isJSON, byAdmin}},
	{"a subject's logout", "POST", "/v1/subjects/logout", `{"subject":"bob"}`, []string{isJSON, byAdmin}},
	{"bans", "GET", "/v1/bans", "", []string{byAdmin}},
	{"a backup, which the store cannot make", "GET", "/v1/backup", "", []string{byAdmin}},
}

//go:embed testdata/answers.golden
var golden string

// Run sends the table to an edge and demands the answers of the golden file.
func Run(t *testing.T, e Edge) {
	all := strings.Split(golden, "\n=== ")[1:]
	if len(all) != len(rows) {
		t.Fatalf("%d answers for %d rows: go test -update ./internal/endpoint/endpointtest", len(all), len(rows))
	}
	for i, got := range answers(t, e) {
		t.Run(rows[i].rule, func(t *testing.T) {
			if why, waived := e.Waived[rows[i].rule]; waived {
				t.Skip(why)
			}
			if want := strings.TrimSuffix(all[i], "\n"); got != want {
				t.Errorf("%s", difference(want, got))
			}
		})
	}
}

// difference shows the lines that are not alike.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for _, line := range w {
		if !slices.Contains(g, line) {
			fmt.Fprintf(&b, "\n- %s", line)
		}
	}
	for _, line := range g {
		if !slices.Contains(w, line) {
			fmt.Fprintf(&b, "\n+ %s", line)
		}
	}
	return b.String()
}

// client keeps no cookies and follows nothing.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answers returns what an edge answers to the rows, as the golden file has it.
func answers(t *testing.T, e Edge) []string {
	t.Helper()
	cookies := e.signIn(t)
	binding, ticket := e.handOver(t, cookies)
	login, callback := e.callback(t)
	var arrived map[string]string
	fill := strings.NewReplacer("$host", e.host(), "$callback", callback, "$login", login, "$ticket", ticket, "$binding", binding, "$access", cookies["__Host-ew_access"], "$refresh", cookies["__Host-ew_refresh"], "$key", e.APIKey, "$admin", e.AdminKey, "$browser", jar(cookies))
	all := make([]string, len(rows))
	for i, r := range rows {
		fields := slices.Clone(r.fields)
		for j := range fields {
			fields[j] = strings.ReplaceAll(fill.Replace(fields[j]), "$arrived", jar(arrived))
		}
		at := e.Origin
		if e.Control != "" && strings.HasPrefix(r.target, "/v1/") {
			at = e.Control
		}
		res, body := send(t, r.method, at+strings.Replace(fill.Replace(r.target), standard+"/", e.prefix()+"/", 1), fill.Replace(r.body), fields...)
		all[i] = r.rule + "\n" + e.shown(res, body)
		if r.rule == arrival {
			arrived = map[string]string{}
			for _, c := range res.Cookies() {
				if c.MaxAge > 0 {
					arrived[c.Name] = c.Value
				}
			}
		}
	}
	return all
}

func send(t *testing.T, method, target, body string, fields ...string) (*http.Response, string) {
	t.Helper()
	hr, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if hr.Header.Add(name, value); name == "Host" {
			hr.Host = value
		}
	}
	res, err := client.Do(hr)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(content)
}

func jar(cookies map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		pairs = append(pairs, name+"="+cookies[name])
	}
	return strings.Join(pairs, "; ")
}

// signIn signs alice in and returns the cookies of her browser.
func (e *Edge) signIn(t *testing.T) map[string]string {
	t.Helper()
	cookies := map[string]string{}
	follow := func(method, target, body string, fields ...string) string {
		res, content := send(t, method, target, body, append(fields, navigate, "Cookie: "+jar(cookies))...)
		if res.StatusCode != 303 {
			t.Fatalf("signing in: %s: %d %s", target, res.StatusCode, content)
		}
		if strings.HasPrefix(target, e.Origin) {
			for _, c := range res.Cookies() {
				cookies[c.Name] = c.Value
			}
		}
		return res.Header.Get("Location")
	}
	question := follow("GET", e.Origin+e.prefix()+"/login?provider="+ClientID, "")
	follow("GET", follow("POST", question, "person=alice", isForm, ownPage), "")
	delete(cookies, "__Host-ew_login")
	return cookies
}

// host is [Host] as requests name it.
func (e *Edge) host() string { return Host + e.Origin[strings.LastIndex(e.Origin, ":"):] }

// handOver begins a sign-in at the host with a browser that has cookies, and returns
// the binding and the ticket that it is given.
func (e *Edge) handOver(t *testing.T, cookies map[string]string) (binding, ticket string) {
	t.Helper()
	res, _ := send(t, "GET", e.Origin+e.prefix()+"/login?return_to=/a", "", "Host: "+e.host(), navigate)
	for _, c := range res.Cookies() {
		binding = c.Value
	}
	res, body := send(t, "GET", res.Header.Get("Location"), "", navigate, "Cookie: "+jar(cookies))
	at, err := url.Parse(res.Header.Get("Location"))
	if err != nil || binding == "" || at.Query().Get("ticket") == "" {
		t.Fatalf("no ticket: %d %v %s", res.StatusCode, res.Header, body)
	}
	return binding, at.Query().Get("ticket")
}

// callback signs alice in for a page of the host, as far as the provider's answer.
func (e *Edge) callback(t *testing.T) (login, target string) {
	t.Helper()
	res, _ := send(t, "GET", e.Origin+e.prefix()+"/login?provider="+ClientID+"&return_to=https://"+e.host()+"/a&challenge="+challenge, "", navigate)
	for _, c := range res.Cookies() {
		login = c.Value
	}
	res, body := send(t, "POST", res.Header.Get("Location"), "person=alice", isForm, ownPage, navigate)
	target, ok := strings.CutPrefix(res.Header.Get("Location"), e.Origin)
	if !ok || login == "" {
		t.Fatalf("no callback: %d %v %s", res.StatusCode, res.Header, body)
	}
	return login, strings.Replace(target, e.prefix()+"/", standard+"/", 1)
}

// changing is what differs from one run to the next, and what stands for it.
var changing = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]*`), "JWT"},
	{regexp.MustCompile(`ewr_[\w-]{40,}`), "REFRESH"},
	{regexp.MustCompile(`(__Host-[\w-]+)=[^;"]+`), "$1=VALUE"},
	{regexp.MustCompile(`ewt_[\w-]{40,}`), "TICKET"},
	{regexp.MustCompile(`(state|nonce|challenge|id_token_hint)=[^&\n]+`), "$1=X"},
	{regexp.MustCompile(`"(exp|iat|expires_in)":\d+`), `"$1":N`},
	{regexp.MustCompile(`"(jti|sid|request_id|id|family|secret)":"[^"]+"`), `"$1":"X"`},
	{regexp.MustCompile(`(session|family)/[\w-]{20,}`), "$1/X"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`), "TIME"},
	{regexp.MustCompile(`\d{1,2} \S+ \d{4} à \d\d:\d\d UTC`), "TIME"},
	{regexp.MustCompile(`\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC`), "TIME"},
	{regexp.MustCompile(`<dt>(Request|Anfrage)</dt><dd>\w+`), "<dt>$1</dt><dd>X"},
	{regexp.MustCompile(`X-Request-Id: \w+`), "X-Request-Id: X"},
	{regexp.MustCompile(`Max-Age=[1-9]\d*`), "Max-Age=N"},
	{regexp.MustCompile(`(?s)<style>.*</style>`), "STYLE"},
}

// transport are the fields that the connection has, not the answer.
var transport = []string{"Date", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Vary", "Content-Encoding"}

// shown is an answer as the golden file has it: status, fields and body, without
// what changes from run to run.
func (e *Edge) shown(res *http.Response, body string) string {
	var b strings.Builder
	fmt.Fprintln(&b, res.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		if slices.Contains(transport, name) {
			continue
		}
		for _, value := range res.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	b.WriteString("\n" + body)
	text := b.String()
	text = strings.NewReplacer(e.host(), Host, url.QueryEscape(e.host()), Host, url.QueryEscape(url.QueryEscape(e.host())), Host).Replace(text)
	for _, at := range []struct{ is, as string }{{e.Origin, "https://app.example"}, {e.Provider, "https://provider.example"}} {
		text = strings.NewReplacer(at.is, at.as, url.QueryEscape(at.is), url.QueryEscape(at.as), strings.SplitN(at.is, "://", 2)[1], strings.SplitN(at.as, "://", 2)[1]).Replace(text)
	}
	for _, spelled := range []func(string) string{strings.Clone, url.QueryEscape} {
		text = strings.ReplaceAll(text, spelled(e.prefix()+"/"), spelled(standard+"/"))
	}
	for _, c := range changing {
		text = c.is.ReplaceAllString(text, c.as)
	}
	return strings.TrimSpace(text)
}

// encode is what the golden file holds.
func encode(all []string) []byte {
	var b bytes.Buffer
	b.WriteString("What endpoints answer to the rows of endpointtest.go.\n")
	for _, a := range all {
		b.WriteString("\n=== " + a + "\n")
	}
	return b.Bytes()
}

// NewProvider returns the issuer of a provider whose client is the edge.
func (e *Edge) NewProvider(t *testing.T) string {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) { handler.ServeHTTP(w, hr) }))
	t.Cleanup(server.Close)
	p, err := devidp.New(devidp.Config{
		Issuer: server.URL, Audience: "dev", People: []devidp.Person{{Subject: "alice", Name: "Alice"}},
		Client: devidp.Client{
			ID: ClientID, Secret: edgeward.NewSecret(Secret), Scopes: []string{"read"},
			RedirectURIs: []string{e.Origin + e.prefix() + "/callback"}, PostLogoutURIs: []string{e.Origin + e.prefix() + "/signed-out"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = p.Handler()
	return server.URL
}
