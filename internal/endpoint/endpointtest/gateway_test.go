package endpointtest

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/keyring"
)

var update = flag.Bool("update", false, "write testdata/answers.golden by what the gateway answers")

const file = `
proxy: {listen: 127.0.0.1:8080, upstream: "http://127.0.0.1:9"}
store: {memory: true}
tokens: {issuer: %q, audience: %q, keys: file:keyring.jwks, secret: file:secret}
sessions: {}
api_keys: {}
login:
  origin: %q
  prefix: %q
  outcome: both
  pages: %s
  providers:
    - {name: dev, issuer: %q, client_id: %s, client_secret: file:client}
    - {name: other, label: Another, issuer: "https://other.example/realm", client_id: x}
routes: {_middleware: {authenticate: [session, cookie]}}
hosts: {notes.example: {authenticate: [session, cookie]}}
`

// TestTheGateway: what the endpoints answer over net/http.
func TestTheGateway(t *testing.T) {
	e := openGateway(t, "")
	if *update {
		if err := os.WriteFile("testdata/answers.golden", encode(answers(t, e)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	Run(t, e)
}

// TestAnotherPrefix: all that names a path of the endpoints for users follows the
// configuration, or an answer would differ.
func TestAnotherPrefix(t *testing.T) { Run(t, openGateway(t, "/_sso/auth")) }

func openGateway(t *testing.T, prefix string) Edge {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := Edge{Origin: "https://" + listener.Addr().String(), Prefix: prefix}
	e.Provider = e.NewProvider(t)
	live := run(t, write(t, fmt.Sprintf(file, Issuer, Audience, e.Origin, e.prefix(), Pages, e.Provider, ClientID)))
	a := live.System().Authority
	key := func(scope string) string {
		secret, _, err := a.CreateAPIKey(t.Context(), issuance.By{Actor: "test"}, apikey.Grant{Subject: "robot", Name: "r", Permissions: []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		return secret.Reveal()
	}
	e.APIKey, e.AdminKey = key(adminscope.Introspect), key(adminscope.Admin)
	serve(t, listener, live.Door(config.ProxyListen))
	control, err := admin.New(admin.Config{Authority: a, Store: live.System().State().Store()})
	if err != nil {
		t.Fatal(err)
	}
	if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	e.Control = "https://" + listener.Addr().String()
	serve(t, listener, &door.Endpoints{Set: control})
	return e
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	server := httptest.NewUnstartedServer(h)
	server.Listener.Close()
	server.Listener = l
	server.StartTLS()
	t.Cleanup(server.Close)
}

// write writes a folder with the configuration and returns its file.
func write(t *testing.T, text string) string {
	t.Helper()
	key, err := keyring.NewHMAC("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Rotate(nil, keyring.Rotation{Key: key, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string]string{
		"edgeward.yaml": text, "keyring.jwks": string(ring), "secret": strings.Repeat("0123456789abcdes", 2) + "\n", "client": Secret + "\n", "logo.svg": Logo,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "edgeward.yaml")
}

func run(t *testing.T, path string) *gateway.Live {
	t.Helper()
	loaded, err := source.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	live, err := gateway.NewLive(loaded, gateway.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- live.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if err := live.Close(); err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(10 * time.Second); live.System().Ready() != nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	return live
}
