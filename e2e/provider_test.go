package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// audience is the resource that server.mjs issues tokens for.
const audience = "https://api.example"

// A provider is the certified OpenID provider of e2e/oidc, in its own process.
type provider struct {
	t       *testing.T
	issuer  string // another address than its own where something stands in front
	port    int
	keys    string // file with its private keys
	maxAge  string // Cache-Control of its key set in seconds; "" sends none
	client  string // JSON of the client that people sign in to; "" for none
	strict  bool   // claims of scopes are in userinfo alone, and refresh tokens rotate
	process *process
}

// newProvider starts a provider that lets its key set be cached for maxAge
// seconds, or does not say when maxAge is "".
func newProvider(t *testing.T, maxAge string) *provider {
	t.Helper()
	port := freePort(t)
	p := &provider{t: t, port: port, issuer: "http://" + loopback(port), keys: filepath.Join(t.TempDir(), "keys.json"), maxAge: maxAge}
	p.start()
	return p
}

// start runs the provider on its port, with the keys that it had, if any.
func (p *provider) start() {
	p.t.Helper()
	node := command(p.t, "node")
	if _, err := os.Stat("oidc/node_modules/oidc-provider"); err != nil {
		missing(p.t, "npm's oidc-provider in e2e/oidc/node_modules")
	}
	args := []string{"oidc/server.mjs", "--port", strconv.Itoa(p.port), "--keys", p.keys}
	if p.maxAge != "" {
		args = append(args, "--max-age", p.maxAge)
	}
	if p.client != "" {
		args = append(args, "--issuer", p.issuer, "--client", p.client)
	}
	if p.strict {
		args = append(args, "--strict")
	}
	p.process = start(p.t, "oidc-provider", exec.Command(node, args...))
	p.process.listens(loopback(p.port))
}

// stop ends the provider; nothing listens on its port any more.
func (p *provider) stop() {
	p.t.Helper()
	p.process.kill()
}

// rotate makes the provider sign with a new key. The old ones stay published
// when keepOld is set, else they are gone at once.
func (p *provider) rotate(keepOld bool) {
	p.t.Helper()
	path := p.issuer + "/_test/rotate"
	if keepOld {
		path += "?keep=1"
	}
	res, err := http.Post(path, "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		p.t.Fatalf("rotate: status %d", res.StatusCode)
	}
}

// token asks for an access token by client credentials (RFC 6749 §4.4) for one
// resource (RFC 8707).
func (p *provider) token(scope string) string {
	p.t.Helper()
	res, err := http.PostForm(p.issuer+"/token", url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {"machine"},
		"client_secret": {"a secret of the end-to-end tests"},
		"resource":      {audience},
		"scope":         {scope},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		p.t.Fatalf("token: status %d, error %v, %s", res.StatusCode, err, answer.Error)
	}
	return answer.AccessToken
}

// keyFetches returns how often the key set was asked for so far.
func (p *provider) keyFetches() int {
	p.t.Helper()
	res, err := http.Get(p.issuer + "/_test/counts")
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var counts map[string]int
	if err := json.NewDecoder(res.Body).Decode(&counts); err != nil {
		p.t.Fatalf("counts: %v", err)
	}
	return counts["/jwks"]
}
