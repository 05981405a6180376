package door_test

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/edgeward/edgeward/internal/cloudflare/build"
	"github.com/edgeward/edgeward/internal/endpoint/endpointtest"
)

// TestTheEndpoints holds the Worker to the table of all endpoints, by its module on
// the real runtime.
func TestTheEndpoints(t *testing.T) {
	for name, prefix := range map[string]string{"as they are": "/auth", "at another prefix": "/_sso/auth"} {
		t.Run(name, func(t *testing.T) { holdToTheTable(t, prefix) })
	}
}

func holdToTheTable(t *testing.T, prefix string) {
	port := vacant(t)
	e := endpointtest.Edge{Origin: (&url.URL{Scheme: "https", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}).String(), Prefix: prefix}
	e.Provider = e.NewProvider(t)
	pages, languages := builtPages(t)
	l := &lab{issuer: newIssuer(t), origin: newOrigin(t)}
	deployment := l.deployment(t, map[string]any{
		"languages": languages, "failures": map[string]any{}, "issuers": []any{},
		"hosts":  map[string]any{endpointtest.Host: map[string]any{"authenticate": []string{"session", "cookie"}}},
		"tokens": map[string]any{"issuer": endpointtest.Issuer, "audience": endpointtest.Audience, "keys": "env:EDGEWARD_KEYRING", "secret": "env:EDGEWARD_SECRET"},
		"login": map[string]any{"origin": e.Origin, "prefix": prefix, "pages": pages, "outcome": "both", "providers": []any{
			map[string]any{"name": "dev", "issuer": e.Provider, "client_id": endpointtest.ClientID, "client_secret": "env:PROVIDER", "scopes": []string{"profile"}},
			map[string]any{"name": "other", "label": "Another", "issuer": "https://other.example/realm", "client_id": "x"},
		}},
	}, map[string]any{"port": port, "https": true})
	deployment["bindings"].(map[string]string)["PROVIDER"] = endpointtest.Secret
	l.workerd = start(t, deployment)
	key := func(scope string) string {
		return l.admin(t, "POST", "/v1/api-keys", `{"subject":"robot","name":"r","permissions":["`+scope+`"]}`)["secret"]
	}
	e.APIKey, e.AdminKey = key("introspect"), key("admin")
	e.Waived = map[string]string{
		"control of an unknown path": "the paths of an application stand beside /v1, so that the routes decide about those that /v1 has not",
	}
	endpointtest.Run(t, e)
}

// builtPages returns the table's section login.pages and the languages as a build makes
// them.
func builtPages(t *testing.T) (pages, languages any) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"logo.svg": endpointtest.Logo,
		"edgeward.yaml": `{routes: {_middleware: {authenticate: [session]}}, store: {path: x.db}, sessions: {}, tokens: {secret: env:EDGEWARD_SECRET},
  login: {origin: https://app.example.com, pages: ` + endpointtest.Pages + `, providers: [{name: a, issuer: https://id.example.com, client_id: x}]}}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := build.Load(filepath.Join(folder, "edgeward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Login     struct{ Pages any }
		Languages any
	}
	if err := json.Unmarshal(c.JSON, &made); err != nil {
		t.Fatal(err)
	}
	return made.Login.Pages, made.Languages
}
