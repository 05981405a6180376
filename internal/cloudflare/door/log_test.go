package door_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// TestEveryRefusalIsLogged: row 74. Why a request was refused is in the log, once
// for each, and nothing secret is.
func TestEveryRefusalIsLogged(t *testing.T) {
	const planted = "ew_live_aaaaaaaaaaaaaaaa_plantedplantedplantedplantedplantedplantedplan_000000"
	c, err := door.ParseConfiguration(`{"store": {"path": "EDGEWARD_STORE"}, "sessions": {}, "tokens": {"secret": "env:S"}, "routes": {
		"_middleware": {"authenticate": ["bearer", "session"]}, "shut": {}, "open": {"authenticate": []}, "cors": {"authenticate": [], "cors": {"origins": ["https://a.example"]}}},
		"issuers": [{"issuer": "https://i.example", "audiences": ["a"], "algorithms": ["HS256"], "secret": "env:S"}],
		"login": {"origin": "https://app.example", "providers": [{"name": "one", "issuer": "https://one.example", "client_id": "c", "client_secret": "env:S"}]}}`,
		map[string]edgeward.Secret{"S": edgeward.NewSecret(strings.Repeat("secret of tests ", 2)), door.AdminSecret: edgeward.NewSecret(adminSecret)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := door.NewSystem(c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	door.LogTo(s, func(line string) { lines = append(lines, line) })
	ctx := runtime.WithHost(t.Context(), &counting{})
	for _, row := range []struct {
		rule   string
		frame  runtime.Frame
		reason string
		holds  []string
	}{
		{"nothing to log", runtime.Frame{"GET", "https://app.example/open", "192.0.2.1", ""}, "", nil},
		{"a preflight", runtime.Frame{"OPTIONS", "https://app.example/cors", "192.0.2.1", "", "origin", "https://a.example", "access-control-request-method", "GET"}, "", nil},
		{"no credential", runtime.Frame{"GET", "https://app.example/x?code=" + planted, "192.0.2.1", ""}, "credential_missing", []string{`"status":401`, `"path":"/x"`, `"client":"192.0.2.1"`, `"origin":"https://app.example"`, `"route":"/*"`}},
		{"a navigation, which is led to the login", runtime.Frame{"GET", "https://app.example/x", "192.0.2.1", "", "sec-fetch-mode", "navigate"}, "credential_missing", nil},
		{"elsewhere nobody is led there", runtime.Frame{"GET", "http://localhost:8787/x", "", "", "sec-fetch-mode", "navigate"}, "credential_missing", []string{"http://localhost:8787, and login.origin is https://app.example"}},
		{"a broken token", runtime.Frame{"GET", "https://app.example/x", "", "", "authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJ" + planted + ".x"}, "token", []string{`"err":"`}},
		{"a path that holds a key", runtime.Frame{"GET", "https://app.example/" + planted + "/x", "", ""}, "credential_missing", nil},
		{"two readings", runtime.Frame{"GET", "https://app.example/a//b", "", ""}, "malformed_request", []string{`"status":400`}},
		{"a long path", runtime.Frame{"GET", "https://app.example/" + strings.Repeat("eyJ/", 1_000), "", ""}, "credential_missing", nil},
		{"a route that says nothing", runtime.Frame{"GET", "https://app.example/shut", "", "", "authorization", "Basic eDp5"}, "", nil},
		{"the back end's secret, wrong", runtime.Frame{"POST", "https://app.example/v1/sessions", "", "{}", "authorization", "Bearer eyJ" + planted + ".eyJ.x"}, "api_key_secret", nil},
		{"a member that is unknown", runtime.Frame{"POST", "https://app.example/v1/sessions", "", `{"subject":"x","subjekt":"x"}`, "authorization", "Bearer " + adminSecret, "content-type", "application/json"}, "bad_request", []string{"subjekt"}},
		{"another method", runtime.Frame{"PUT", "https://app.example/auth/login", "", ""}, "method_not_allowed", []string{`"status":405`}},
		{"a sign-in elsewhere", runtime.Frame{"GET", "http://localhost:8787/auth/login", "", ""}, "no_route", []string{"http://localhost:8787 is not the login's origin, https://app.example"}},
		{"a callback of nobody", runtime.Frame{"GET", "https://app.example/auth/callback?state=x&code=" + planted, "", ""}, "login_mismatch", []string{`"status":400`}},
		{"a logout token that is none", runtime.Frame{"POST", "https://app.example/auth/backchannel-logout", "", "logout_token=" + planted, "content-type", "application/x-www-form-urlencoded"}, "bad_request", []string{`"status":400`}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			lines = nil
			s.Handle(ctx, row.frame)
			if row.reason == "" && !strings.HasPrefix(row.rule, "a route") {
				if len(lines) > 0 {
					t.Errorf("%q", lines)
				}
				return
			}
			if len(lines) != 1 || !strings.HasSuffix(lines[0], "}\n") || strings.Count(lines[0], "\n") != 1 {
				t.Fatalf("%q", lines)
			}
			var line map[string]any
			if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || line["msg"] != "refused" || line["id"] == "" {
				t.Errorf("%v: %s", err, lines[0])
			}
			if reason, _ := line["reason"].(string); !strings.Contains(reason, row.reason) {
				t.Errorf("reason %q, want %q", reason, row.reason)
			}
			for _, part := range row.holds {
				if !strings.Contains(lines[0], part) {
					t.Errorf("no %s in %s", part, lines[0])
				}
			}
			if strings.Contains(lines[0], "planted") || strings.Contains(lines[0], adminSecret) || len(lines[0]) > 4096 {
				t.Errorf("it holds a secret, or is long: %s", lines[0])
			}
		})
	}
}
