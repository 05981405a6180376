package e2e

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// A hybrid is a gateway that issues, remembers and takes back credentials of
// its own, on SQLite.
type hybrid struct {
	*gateway
	api *client.Client // with a key for everything
	key string         // that key
}

const (
	ownIssuer = "https://own.example"
	// cookieName is that of the session cookie where nothing else is configured.
	cookieName = "__Host-edgeward-session"
)

// newHybrid prepares and starts a gateway in front of u.
func newHybrid(t *testing.T, u *upstream) *hybrid {
	t.Helper()
	h := prepareHybrid(t, u, "edgeward.db", "")
	h.start()
	h.ready()
	return h
}

// prepareHybrid prepares a gateway whose store is at path, with the lines more
// at the end of its configuration.
func prepareHybrid(t *testing.T, u *upstream, path, more string) *hybrid {
	t.Helper()
	g := &gateway{t: t, dir: t.TempDir(), proxy: loopback(freePort(t)), verify: loopback(freePort(t)), admin: loopback(freePort(t))}
	g.write("edgeward.yaml", `
proxy: {listen: "`+g.proxy+`", upstream: "`+u.url+`"}
forward_auth: {listen: "`+g.verify+`"}
admin: {listen: "`+g.admin+`"}
trusted_proxies: ["127.0.0.1/32"]
store: {path: "`+path+`"}
tokens: {issuer: "`+ownIssuer+`", audience: "`+audience+`", keys: "file:keyring.jwks", secret: "file:secret", refresh_grace: 300s}
sessions: {}
api_keys: {}
routes:
  _middleware: {authenticate: [api_key, bearer, session]}
  public: {authenticate: []}
`+more)
	h := &hybrid{gateway: g}
	h.bootstrap(path)
	return h
}

// bootstrap makes what has to be there before the first start: the secret, the
// key ring, and the key of whoever is to call the control API.
func (h *hybrid) bootstrap(path string) {
	h.t.Helper()
	secret := rand.Text() + rand.Text()
	h.private("secret", secret)
	jwk, err := keyring.NewHMAC("HS256", nil)
	h.must(err)
	ring, err := keyring.Rotate(nil, keyring.Rotation{Key: jwk, Now: time.Now().Add(-3 * time.Hour)}) // tokens of then have expired
	h.must(err)
	h.private("keyring.jwks", string(ring))

	if !filepath.IsAbs(path) {
		path = filepath.Join(h.dir, path)
	}
	s, err := sqlitestore.Open(sqlitestore.Config{Path: path})
	h.must(err)
	root, err := keyring.NewRoot(edgeward.NewSecret(secret))
	h.must(err)
	pepper, err := root.Derive(keyring.APIKeyPepper)
	h.must(err)
	keys, err := apikey.New(apikey.Config{Store: s, Pepper: pepper, Environment: "live", Issuer: ownIssuer})
	h.must(err)
	key, _, err := keys.Create(context.Background(), apikey.Grant{Subject: "operator", Permissions: []string{"admin"}})
	h.must(err)
	h.must(s.Close())
	h.key = key.Reveal()
	h.api, err = client.New(client.Config{Server: "http://" + h.admin, Key: key})
	h.must(err)
}

func (h *hybrid) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// restart ends the gateway as an operator does and starts it again.
func (h *hybrid) restart() {
	h.t.Helper()
	h.stop()
	h.start()
	h.ready()
}

// A kit is one credential of each kind, for one subject, as header fields.
type kit struct {
	apiKey, bearer, session  string
	keyID, sessionID, family string // public ids
	refresh                  string
	subject, access, cookie  string
}

// issue makes a kit for subject through the control API.
func (h *hybrid) issue(subject string) kit {
	h.t.Helper()
	ctx := h.t.Context()
	key, err := h.api.CreateAPIKey(ctx, client.NewAPIKey{Subject: subject})
	h.must(err)
	pair, err := h.api.MintPair(ctx, client.NewPair{Subject: subject, Permissions: []string{"orders:read"}})
	h.must(err)
	session, err := h.api.CreateSession(ctx, client.NewSession{Subject: subject, Permissions: []string{"orders:read"}})
	h.must(err)
	k := kit{
		subject: subject, keyID: key.APIKey.ID, sessionID: session.Session.ID, family: pair.Family,
		access: pair.AccessToken.Reveal(), refresh: pair.RefreshToken.Reveal(), cookie: session.Cookie.Reveal(),
	}
	k.apiKey = "X-API-Key: " + key.Secret.Reveal()
	k.bearer = bearer(k.access)
	k.session = "Cookie: " + k.cookie
	return k
}

// fields names the kit's credentials by their strategies.
func (k kit) fields() map[string]string {
	return map[string]string{"api_key": k.apiKey, "bearer": k.bearer, "session": k.session}
}

// wants fails the test when field is not answered with status.
func (h *hybrid) wants(status int, what, field string) answer {
	h.t.Helper()
	a := h.get("/orders", field)
	if a.status != status {
		h.t.Errorf("%s: status %d, want %d: %s", what, a.status, status, a.body)
	}
	return a
}

// private writes a file that only its owner reads.
func (h *hybrid) private(name, content string) {
	h.t.Helper()
	h.must(os.WriteFile(filepath.Join(h.dir, name), []byte(content), 0o600))
}
