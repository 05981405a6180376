package door_test

import (
	"net"
	"net/url"
	"strconv"
	"testing"

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
	l := &lab{issuer: newIssuer(t), origin: newOrigin(t)}
	deployment := l.deployment(t, map[string]any{
		"failures": map[string]any{}, "issuers": []any{},
		"tokens": map[string]any{"issuer": endpointtest.Issuer, "audience": endpointtest.Audience, "keys": "env:EDGEWARD_KEYRING", "secret": "env:EDGEWARD_SECRET"},
		"login": map[string]any{"origin": e.Origin, "prefix": prefix, "outcome": "both", "providers": []any{
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
