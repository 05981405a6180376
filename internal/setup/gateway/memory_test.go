package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/session"
)

// hybrid is a configuration with everything that remembers. STORE, UPSTREAM
// and MORE are filled in.
const hybrid = `
proxy: {listen: 127.0.0.1:8080, upstream: UPSTREAM}
store: STORE
tokens:
  issuer: https://api.example
  audience: api
  keys: file:keyring.jwks
  secret: file:secret
sessions: {}
api_keys: {environment: test}
routes:
  _middleware: {authenticate: [api_key, bearer, session]}
MORE
`

var by = issuance.By{Actor: "test"}

// newHybrid is a folder with hybrid in it, in front of an application that
// tells who it thinks is asking.
func newHybrid(t *testing.T, store, more string) folder {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Auth-Method")+" "+r.Header.Get("X-Auth-Subject"))
	}))
	t.Cleanup(app.Close)
	f := newFolder(t, strings.NewReplacer("STORE", store, "UPSTREAM", app.URL, "MORE", more).Replace(hybrid))
	f.write("secret", strings.Repeat("0123456789abcdes", 2)+"\n")
	f.rotate()
	return f
}

// rotate puts a new key into the folder's key ring.
func (f folder) rotate() {
	f.t.Helper()
	key, err := keyring.NewHMAC("HS256", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	ring, err := keyring.Rotate(f.read("keyring.jwks"), keyring.Rotation{Key: key, Now: time.Now()})
	if err != nil {
		f.t.Fatal(err)
	}
	f.write("keyring.jwks", string(ring))
}

// run opens the folder's configuration and runs it until the test ends.
func (f folder) run(env gateway.Environment) *gateway.Live {
	f.t.Helper()
	l, err := gateway.NewLive(f.load(), env, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- l.Run(ctx) }()
	f.t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			f.t.Error(err)
		}
		if err := l.Close(); err != nil {
			f.t.Error(err)
		}
	})
	waitUntil(f.t, func() bool { return l.System().Ready() == nil })
	return l
}

// ask sends one request through the proxy door.
func ask(t *testing.T, l *gateway.Live, field, value string) (status int, body string) {
	t.Helper()
	r := httptest.NewRequest("GET", "http://edge.example/x", nil)
	r.RemoteAddr = "203.0.113.7:999"
	r.Header.Set(field, value)
	w := httptest.NewRecorder()
	l.Door(config.ProxyListen).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// credentials are one of each kind, for alice.
type credentials struct {
	session, family string // public ids
	refresh         edgeward.Secret
	fields          map[string][2]string // by strategy: how a request shows them
}

func issue(t *testing.T, l *gateway.Live) credentials {
	t.Helper()
	a := l.System().Authority
	cookie, s, err := a.CreateSession(t.Context(), by, session.Grant{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := a.CreateAPIKey(t.Context(), by, apikey.Grant{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.MintPair(t.Context(), by, issuance.Grant{Subject: "alice"}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	return credentials{s.ID, pair.Family, pair.RefreshToken, map[string][2]string{
		"session": {"Cookie", session.CookieName + "=" + cookie.Reveal()},
		"api_key": {"X-Api-Key", key.Reveal()},
		"bearer":  {"Authorization", "Bearer " + pair.AccessToken.Reveal()},
	}}
}

func TestEveryCredentialOfOursIsAccepted(t *testing.T) {
	for _, store := range []string{"{path: edgeward.db}", "{memory: true}"} {
		t.Run(store, func(t *testing.T) {
			l := newHybrid(t, store, "").run(onDisk)
			for method, field := range issue(t, l).fields {
				if status, body := ask(t, l, field[0], field[1]); status != 200 || body != method+" alice" {
					t.Errorf("%s: %d %s", method, status, body)
				}
			}
		})
	}
}
