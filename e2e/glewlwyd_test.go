package e2e

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/sqlitestore"
)

// glewlwydSchema creates its database, with an administrator whose password is known.
const glewlwydSchema = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"

// A glewlwyd is the provider of Debian's package, over a database of one test.
type glewlwyd struct {
	t       *testing.T
	url     string // ends in a slash, as the package has it
	address string
	config  string
	admin   *http.Client
	process *process
}

// newGlewlwyd starts a Glewlwyd where ada is in groups, and may sign in at the client
// edgeward, which redirectURI is of.
func newGlewlwyd(t *testing.T, redirectURI string, groups ...string) *glewlwyd {
	t.Helper()
	command(t, "glewlwyd")
	sqlite := command(t, "sqlite3")
	schema, err := os.Open(glewlwydSchema)
	if err != nil {
		missing(t, "glewlwyd's "+glewlwydSchema)
	}
	defer schema.Close()
	dir := t.TempDir()
	database := filepath.Join(dir, "glewlwyd.db")
	create := exec.Command(sqlite, database)
	create.Stdin = schema
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
	port := freePort(t)
	g := &glewlwyd{t: t, address: loopback(port), url: "http://" + loopback(port) + "/", config: filepath.Join(dir, "glewlwyd.conf")}
	if err := os.WriteFile(g.config, []byte(`
port = `+strconv.Itoa(port)+`
bind_address = "127.0.0.1"
external_url = "`+g.url+`"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "INFO"
cookie_secure = false
session_expiration = 2419200
session_key = "GLEWLWYD2_SESSION_ID"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
hash_algorithm = "SHA512"
database = { type = "sqlite3", path = "`+database+`" }
`), 0o600); err != nil {
		t.Fatal(err)
	}
	g.start()
	g.admin = g.signedIn("admin", "password")

	var users struct {
		Module      string         `json:"module"`
		Name        string         `json:"name"`
		DisplayName string         `json:"display_name"`
		Order       int            `json:"order_rank"`
		Parameters  map[string]any `json:"parameters"`
		ReadOnly    bool           `json:"readonly"`
	}
	if err := json.Unmarshal(g.ask(g.admin, "GET", "api/mod/user/database", nil), &users); err != nil {
		t.Fatal(err)
	}
	users.Parameters["data-format"].(map[string]any)["groups"] = map[string]any{"multiple": true, "read": true, "write": true}
	g.ask(g.admin, "PUT", "api/mod/user/database", users)
	g.ask(g.admin, "PUT", "api/mod/user/database/reset", nil)
	g.ask(g.admin, "POST", "api/user/", map[string]any{
		"username": "ada", "password": "ada's password", "name": "Ada", "email": "ada@example.com", "enabled": true, "scope": []string{"g_profile", "openid"}, "groups": groups,
	})
	private, public := rsaPair(t)
	g.ask(g.admin, "POST", "api/mod/plugin/", map[string]any{"module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": map[string]any{
		"iss": g.url + "api/oidc", "jwt-type": "rsa", "jwt-key-size": "256", "key": private, "cert": public,
		"access-token-duration": 3600, "refresh-token-duration": 1209600, "code-duration": 600, "refresh-token-rolling": true, "allow-non-oidc": false,
		"auth-type-code-enabled": true, "auth-type-token-enabled": false, "auth-type-id-token-enabled": true, "auth-type-none-enabled": false,
		"auth-type-password-enabled": false, "auth-type-client-enabled": false, "auth-type-device-enabled": false, "auth-type-refresh-enabled": true,
		"pkce-allowed": true, "pkce-method-plain-allowed": false, "oauth-as-iss-id": true,
		"claims": []any{map[string]any{"name": "groups", "user-property": "groups", "type": "string", "mandatory": true}},
	}})
	g.ask(g.admin, "POST", "api/client/", map[string]any{
		"client_id": "edgeward", "name": "Edgeward", "client_secret": clientSecret, "confidential": true, "enabled": true, "scope": []string{},
		"redirect_uri": []string{redirectURI}, "authorization_type": []string{"code", "refresh_token"}, "token_endpoint_auth_method": []string{"client_secret_post"},
	})
	return g
}

func (g *glewlwyd) start() {
	g.t.Helper()
	g.process = start(g.t, "glewlwyd", exec.Command(command(g.t, "glewlwyd"), "--config-file", g.config))
	g.process.listens(g.address)
}

// rsaPair is a new key of Glewlwyd's, private and public.
func rsaPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// signedIn is a client whose cookies are those of a user there.
func (g *glewlwyd) signedIn(user, password string) *http.Client {
	g.t.Helper()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	g.ask(client, "POST", "api/auth/", map[string]string{"username": user, "password": password})
	return client
}

// ask has to be answered with 200.
func (g *glewlwyd) ask(client *http.Client, method, path string, document any) []byte {
	g.t.Helper()
	var content io.Reader
	if document != nil {
		text, err := json.Marshal(document)
		if err != nil {
			g.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	hr, _ := http.NewRequest(method, g.url+path, content)
	hr.Header.Set("Content-Type", "application/json")
	res, err := client.Do(hr)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		g.t.Fatalf("%s %s: status %d, error %v, %s", method, path, res.StatusCode, err, answer)
	}
	return answer
}

// groups are those of ada from now on.
func (g *glewlwyd) groups(groups ...string) {
	g.t.Helper()
	g.ask(g.admin, "PUT", "api/user/ada", map[string]any{
		"name": "Ada", "email": "ada@example.com", "enabled": true, "scope": []string{"g_profile", "openid"}, "groups": append([]string{}, groups...),
	})
}

// signIn has ada sign in at r by what Glewlwyd's own pages ask its API for.
func (g *glewlwyd) signIn(r *rechecked) {
	g.t.Helper()
	g.ask(r.nodes[0], "POST", "api/auth/", map[string]string{"username": "ada", "password": "ada's password"})
	g.ask(r.nodes[0], "PUT", "api/auth/grant/edgeward/", map[string]string{"scope": "openid"})
	hr, _ := http.NewRequest("GET", r.origin+"/auth/login?return_to=/", nil)
	hr.Header.Set("Accept", "text/html")
	hr.Header.Set("Sec-Fetch-Mode", "navigate")
	res, err := r.nodes[0].Do(hr)
	if err != nil {
		g.t.Fatal(err)
	}
	res.Body.Close()
	// The address of its sign-in page says where its script goes on, once the user says so.
	next := res.Request.URL.Query().Get("callback_url")
	if !strings.HasPrefix(next, g.url) {
		g.t.Fatalf("signing in stops with %d at %s", res.StatusCode, res.Request.URL)
	}
	if res, err = r.nodes[0].Get(next + "&g_continue"); err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Request.URL.String(), r.origin) {
		said, _ := io.ReadAll(res.Body)
		g.t.Fatalf("signing in ends with %d at %s: %s", res.StatusCode, res.Request.URL, said)
	}
}

// Glewlwyd takes a group away: the user is refused from the next request after the check
// on, by session and by token. While it is down no user loses or gains anything, and the
// log says so. A user whose last group it has taken is in none.
func TestGlewlwydTakesAGroupAway(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"session", "tokens"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			r := &rechecked{t: t, origin: "http://" + loopback(freePort(t)), results: map[string]int{}, log: slog.New(slog.NewTextHandler(&log, nil))}
			g := newGlewlwyd(t, r.origin+"/auth/callback", "editors", "staff")
			app := httptest.NewServer(http.HandlerFunc(r.application))
			t.Cleanup(app.Close)
			opened, err := sqlitestore.Open(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "all.db")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { opened.Close() })
			r.cookies, _ = cookiejar.New(nil)
			loaded := r.load(t.TempDir(), "edgeward.db", app.URL, outcome, `
    - {name: glewlwyd, issuer: "`+g.url+`api/oidc", client_id: edgeward, client_secret: "file:client-secret", client_auth: client_secret_post, scopes: [openid],
       groups: groups, recheck: 1m}`, `
  edit: {allow: [{groups: [editors]}]}
  staff: {allow: [{groups: [staff]}]}`)
			loaded.Config.Login.Providers[0].Recheck = 2 * time.Second // below what a file may say: no test waits for minutes
			r.start(loaded, kept{opened})
			answers := func(when string, edit, staff int) {
				t.Helper()
				for path, want := range map[string]int{"/": 200, "/edit": edit, "/staff": staff} {
					if got := r.get(0, path); got != want {
						t.Errorf("%s: %d at %s, want %d", when, got, path, want)
					}
				}
			}

			g.signIn(r)
			answers("after the sign-in", 200, 200)
			g.groups("staff")
			r.until("a check that finds a loss", func() bool { r.get(0, "/"); return r.said("lost") > 0 })
			answers("after the loss", 403, 200)

			g.process.kill()
			failed := r.said("failed")
			r.until("a check that fails", func() bool { r.get(0, "/"); return r.said("failed") > failed })
			answers("while Glewlwyd is down", 403, 200)
			if said := log.String(); !strings.Contains(said, "users cannot be re-checked; they keep what they have until the login provider answers") {
				t.Errorf("the log says nothing of that:\n%s", said)
			}
			if r.said("ended")+r.said("refused")+r.said("unable") != 0 {
				t.Errorf("results of checks: %v", r.results)
			}

			g.start()
			g.groups()
			r.until("the loss of the last group", func() bool { r.get(0, "/"); return r.said("lost") > 1 })
			answers("without any group", 403, 403)
		})
	}
}
