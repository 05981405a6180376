package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/jwt"
)

var secretNames = regexp.MustCompile(`env:([A-Z_]+)`)

// guides reads the providers that docs/providers.md shows.
func guides(t *testing.T) map[string]config.Provider {
	t.Helper()
	text, err := os.ReadFile("../../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]config.Provider{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, name := range secretNames.FindAllStringSubmatch(block[1], -1) {
			t.Setenv(name[1], "0123456789abcdef0123456789abcdef")
		}
		t.Setenv("EDGEWARD_SECRET", "0123456789abcdef0123456789abcdef")
		path := filepath.Join(t.TempDir(), "edgeward.yaml")
		file := `proxy: {listen: "127.0.0.1:0", upstream: "http://127.0.0.1:3000"}
store: {path: edgeward.db}
tokens: {secret: env:EDGEWARD_SECRET}
sessions: {}
routes: {_middleware: {authenticate: [session]}}
login:
  origin: https://app.example.com
  providers:
    ` + strings.ReplaceAll(block[1], "\n", "\n    ") + "\n"
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := source.Load(path)
		if err != nil {
			t.Errorf("%s%v", block[1], err)
			continue
		}
		for _, p := range loaded.Login.Providers {
			all[p.Name] = p
		}
	}
	return all
}

// What the guides show is read, and gives the groups and permissions that they say, of
// claims as each provider sends them.
func TestTheGuidesOfProvidersAreRight(t *testing.T) {
	all := guides(t)
	for name, row := range map[string]struct {
		claims              string
		groups, permissions []string
		email, username     string
	}{
		"keycloak": {`{"sub":"a","preferred_username":"ada","email":"ada@example.com","email_verified":true,"groups":["staff","ops"],"realm_access":{"roles":["editor","offline_access","uma_authorization"]}}`,
			[]string{"ops", "staff"}, []string{"articles:write"}, "ada@example.com", "ada"},
		"entra": {`{"sub":"a","oid":"b","tid":"c","preferred_username":"ada@example.com","email":"ada@example.com","groups":["2bd1b2a0-0000-0000-0000-000000000001"],"roles":["Editor"],"sid":"00112233-4455-6677-8899-aabbccddeeff"}`,
			[]string{"2bd1b2a0-0000-0000-0000-000000000001"}, []string{"articles:write"}, "", "ada@example.com"},
		"okta":    {`{"sub":"00u1","preferred_username":"ada@example.com","groups":["Everyone","app-ops"]}`, []string{"Everyone", "app-ops"}, nil, "", "ada@example.com"},
		"google":  {`{"sub":"1047","hd":"example.com","email":"ada@example.com","email_verified":true,"name":"Ada"}`, nil, nil, "ada@example.com", ""},
		"cognito": {`{"sub":"a","cognito:username":"ada","cognito:groups":["staff"],"email":"ada@example.com","email_verified":"true","token_use":"id"}`, []string{"staff"}, nil, "ada@example.com", "ada"},
		"authentik": {`{"sub":"f00","preferred_username":"ada","email":"ada@example.com","email_verified":false,"groups":["staff","authentik Admins"]}`,
			[]string{"authentik Admins", "staff"}, nil, "", "ada"},
		"zitadel": {`{"sub":"2690","preferred_username":"ada","urn:zitadel:iam:org:project:roles":{"editor":{"2691":"example.zitadel.cloud"},"reader":{"2691":"example.zitadel.cloud"}}}`,
			[]string{"editor", "reader"}, nil, "", "ada"},
		"github":    {`{"sub":"583231","preferred_username":"octocat","email":"a@example.com","email_verified":true,"groups":["acme","acme/ops"]}`, []string{"acme", "acme/ops"}, []string{"deploy"}, "a@example.com", "octocat"},
		"discord":   {`{"sub":"8035","groups":["197038439483310086"]}`, []string{"197038439483310086"}, nil, "", ""},
		"bitbucket": {`{"sub":"{c788}","groups":["acme"]}`, []string{"acme"}, nil, "", ""},
	} {
		p, found := all[name]
		if !found {
			t.Errorf("docs/providers.md has no guide for %s", name)
			continue
		}
		v, err := jwt.ParseObject(row.claims)
		if err != nil {
			t.Fatal(err)
		}
		user, err := p.Claims.Read(claim.Object(v))
		if err != nil {
			t.Fatal(err)
		}
		if got := user.Profile; !slices.Equal(got.Groups, row.groups) || got.Email != row.email || got.Username != row.username || !slices.Equal(user.Permissions, row.permissions) {
			t.Errorf("%s: %+v %v", name, got, user.Permissions)
		}
	}
	if len(all) != 10 {
		t.Errorf("%d guides", len(all))
	}
}
