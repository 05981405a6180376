package door_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// An adminRow is one request to /v1. What {name} stands for was kept of an answer
// before.
type adminRow struct {
	rule, method, path, body string
	fields                   []string // beside those of the administrator; "Authorization: x" is in their place
	status                   int
	keep                     string // name=path of members
}

// adminRows go through the gateway and the Worker in this order.
var adminRows = []adminRow{
	{rule: "a session", method: "POST", path: "/v1/sessions", status: 201, keep: "session=session.id cookie=cookie",
		body: `{"subject":"bob","permissions":["orders:read"],"client_ip":"203.0.113.7","user_agent":"curl"}`},
	{rule: "a session of another issuer", method: "POST", path: "/v1/sessions", body: `{"issuer":"https://other.example","subject":"bob"}`, status: 201},
	{rule: "no subject", method: "POST", path: "/v1/sessions", body: `{}`, status: 400},
	{rule: "a member that is unknown", method: "POST", path: "/v1/sessions", body: `{"subject":"bob","subjekt":"x"}`, status: 400},
	{rule: "a member twice", method: "POST", path: "/v1/sessions", body: `{"subject":"bob","subject":"alice"}`, status: 400},
	{rule: "a member in another case", method: "POST", path: "/v1/sessions", body: `{"subject":"bob","Permissions":["a"]}`, status: 400},
	{rule: "something behind it", method: "POST", path: "/v1/sessions", body: `{"subject":"bob"}{}`, status: 400},
	{rule: "__proto__", method: "POST", path: "/v1/sessions", body: `{"__proto__":{"subject":"bob"}}`, status: 400},
	{rule: "a permission that is no scope-token", method: "POST", path: "/v1/tokens", body: `{"subject":"carol","permissions":["two words"]}`, status: 400},
	{rule: "a subject that splits a header", method: "POST", path: "/v1/sessions", body: `{"subject":"a\r\nb"}`, status: 422},
	{rule: "a body that is too long", method: "POST", path: "/v1/sessions", body: `{"subject":"` + strings.Repeat("x", 64<<10) + `"}`, status: 413},
	{rule: "a body of another type", method: "POST", path: "/v1/sessions", body: `subject=bob`, fields: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 415},
	{rule: "a session that takes the place of another", method: "POST", path: "/v1/sessions", body: `{"subject":"bob","replaces":"{value}"}`, status: 201, keep: "session=session.id"},
	{rule: "sessions of a subject", method: "GET", path: "/v1/sessions?subject=bob", status: 200},
	{rule: "no page of sessions", method: "GET", path: "/v1/sessions?limit=0", status: 400},
	{rule: "a parameter that is unknown", method: "GET", path: "/v1/sessions?subjekt=bob", status: 400},
	{rule: "the end of a session", method: "DELETE", path: "/v1/sessions/{session}", status: 204},
	{rule: "an id that is none", method: "DELETE", path: "/v1/sessions/none", status: 404},

	{rule: "tokens", method: "POST", path: "/v1/tokens", body: `{"subject":"carol","permissions":["orders:write"],"client_id":"app"}`, status: 201, keep: "family=family"},
	{rule: "the revocation of a family", method: "POST", path: "/v1/revocations", body: `{"scope":"family","value":"{family}","expires":"2099-01-01T00:00:00Z","reason":"test"}`, status: 201},
	{rule: "the revocation of nothing", method: "POST", path: "/v1/revocations", body: `{"scope":"family","value":"nothing"}`, status: 404},
	{rule: "by force", method: "POST", path: "/v1/revocations", body: `{"scope":"token","value":"x","expires":"2099-01-01T00:00:00Z","force":true}`, status: 201},
	{rule: "a scope that is none", method: "POST", path: "/v1/revocations", body: `{"scope":"everything","value":"x"}`, status: 422},
	{rule: "a time that is none", method: "POST", path: "/v1/revocations", body: `{"scope":"issuer","value":"https://other.example","not_before":"yesterday"}`, status: 400},
	{rule: "revocations", method: "GET", path: "/v1/revocations?scope=token", status: 200},

	{rule: "an API key", method: "POST", path: "/v1/api-keys", status: 201, keep: "key=api_key.id secret=secret", fields: []string{"Idempotency-Key: k1"},
		body: `{"subject":"robot","name":"r","permissions":["sessions:write","apikeys:write"],"networks":["0.0.0.0/0","::/0"],"expires":"2099-01-01T00:00:00Z"}`},
	{rule: "the same again", method: "POST", path: "/v1/api-keys", status: 201, fields: []string{"Idempotency-Key: k1"},
		body: `{"subject":"robot","name":"r","permissions":["sessions:write","apikeys:write"],"networks":["0.0.0.0/0","::/0"],"expires":"2099-01-01T00:00:00Z"}`},
	{rule: "another under the same key", method: "POST", path: "/v1/api-keys", body: `{"subject":"other"}`, status: 422, fields: []string{"Idempotency-Key: k1"}},
	{rule: "an Idempotency-Key that is none", method: "POST", path: "/v1/api-keys", body: `{"subject":"other"}`, status: 400, fields: []string{"Idempotency-Key: a b"}},
	{rule: "a key that has expired", method: "POST", path: "/v1/api-keys", body: `{"subject":"robot","expires":"2020-01-01T00:00:00Z"}`, status: 422},
	{rule: "by the API key", method: "POST", path: "/v1/sessions", body: `{"subject":"dave"}`, status: 201, fields: []string{"Authorization: Bearer {secret}"}},
	{rule: "by the API key in its own field", method: "POST", path: "/v1/sessions", body: `{"subject":"dave"}`, status: 201, fields: []string{"Authorization: ", "X-API-Key: {secret}"}},
	{rule: "what the API key may not", method: "GET", path: "/v1/sessions", status: 403, fields: []string{"Authorization: Bearer {secret}"}},
	{rule: "more than the API key has", method: "POST", path: "/v1/api-keys", body: `{"subject":"x","permissions":["admin"]}`, status: 403, fields: []string{"Authorization: Bearer {secret}"}},
	{rule: "API keys", method: "GET", path: "/v1/api-keys", status: 200},
	{rule: "a new secret", method: "POST", path: "/v1/api-keys/{key}/rotate", body: `{"keep_old_seconds":3600}`, status: 200},
	{rule: "the replaced secret rotates", method: "POST", path: "/v1/api-keys/{key}/rotate", body: `{"keep_old_seconds":0}`, status: 403, fields: []string{"Authorization: Bearer {secret}"}},
	{rule: "the end of an API key", method: "DELETE", path: "/v1/api-keys/{key}", status: 204},
	{rule: "a revoked API key", method: "POST", path: "/v1/sessions", body: `{"subject":"dave"}`, status: 401, fields: []string{"Authorization: Bearer {secret}"}},
	{rule: "an API key that is none", method: "DELETE", path: "/v1/api-keys/none", status: 404},

	{rule: "a logout everywhere", method: "POST", path: "/v1/subjects/logout", body: `{"issuer":"https://other.example","subject":"bob","reason":"stolen"}`, status: 200},
	{rule: "the logout of an unknown subject", method: "POST", path: "/v1/subjects/logout", body: `{"subject":"mallory"}`, status: 404},
	{rule: "bans", method: "GET", path: "/v1/bans", status: 200},
	{rule: "a ban that is no address", method: "DELETE", path: "/v1/bans/nobody", status: 404},
	{rule: "a backup", method: "GET", path: "/v1/backup", status: 501},
	{rule: "the description", method: "GET", path: "/v1/openapi.json", status: 200, fields: []string{"Authorization: "}},

	{rule: "a wrong secret", method: "POST", path: "/v1/sessions", body: `{"subject":"bob"}`, status: 401, fields: []string{"Authorization: Bearer " + adminSecret + "x"}},
	{rule: "the beginning of the secret", method: "GET", path: "/v1/sessions", status: 401, fields: []string{"Authorization: Bearer " + adminSecret[:32]}},
	{rule: "an API key of nobody", method: "GET", path: "/v1/sessions", status: 401, fields: []string{"Authorization: Bearer ew_live_x"}},
	{rule: "no credential", method: "GET", path: "/v1/sessions", status: 401, fields: []string{"Authorization: "}},
	{rule: "a method that it has not", method: "PUT", path: "/v1/sessions", body: `{}`, status: 405},
	{rule: "a page of another site", method: "POST", path: "/v1/sessions", body: `{"subject":"bob"}`, status: 403, fields: []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}},
}

// Requests to /v1 have one answer, whether the gateway gives it or the Worker.
func TestTheControlAPIIsTheGateways(t *testing.T) {
	l := newLab(t, nil, nil)
	theirs, ours := newAdmin(t, strings.TrimSuffix(l.url, "/")), newAdmin(t, gatewayAPI(t))
	for _, row := range adminRows {
		t.Run(row.rule, func(t *testing.T) {
			worker, gateway := theirs.send(t, row), ours.send(t, row)
			if worker != gateway {
				t.Errorf("the Worker answers\n%s\nthe gateway\n%s", worker, gateway)
			}
		})
	}
	// So the command line works with either.
	c, err := client.New(client.Config{Server: strings.TrimSuffix(l.url, "/"), Key: edgeward.NewSecret(adminSecret)})
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateAPIKey(t.Context(), client.NewAPIKey{Subject: "ops", Permissions: []string{adminscope.Admin}})
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := c.APIKeys(t.Context(), client.Page{}); err != nil || len(keys.APIKeys) != 2 || made.Secret.IsZero() {
		t.Errorf("%+v, %v", keys, err)
	}
	// The Worker has no listener of its own for it: what is not of the API may be
	// the application's.
	if a := l.get(t, "/v1/nothing", "Authorization: Bearer "+adminSecret); a.StatusCode != 403 {
		t.Errorf("a path that is none of the API's: %d", a.StatusCode)
	}
}

// gatewayAPI serves /v1 as the gateway does, with what the lab has.
func gatewayAPI(t *testing.T) string {
	t.Helper()
	n := issuancetest.New(t)
	cfg := n.Authority.Config
	cfg.AdminSecret = edgeward.NewSecret(adminSecret)
	authority, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	api, err := admin.New(admin.Config{Authority: authority, Store: n.Store, Now: n.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&door.Endpoints{Set: api, Trusted: (*clientip.Trusted)(nil).Local()})
	t.Cleanup(server.Close)
	return server.URL
}

// An adminClient sends rows to one server, and keeps what they ask for.
type adminClient struct {
	url  string
	kept map[string]string
}

func newAdmin(t *testing.T, url string) *adminClient {
	t.Helper()
	return &adminClient{url, map[string]string{}}
}

// send returns the answer as it is comparable: without what is another each time.
func (c *adminClient) send(t *testing.T, row adminRow) string {
	t.Helper()
	fields := map[string]string{"Authorization": "Bearer " + adminSecret}
	if row.body != "" {
		fields["Content-Type"] = "application/json"
	}
	for _, f := range row.fields {
		name, value, _ := strings.Cut(f, ": ")
		if fields[name] = c.fill(value); fields[name] == "" {
			delete(fields, name)
		}
	}
	lines := []string{"CF-Connecting-IP: 203.0.113.7"} // the platform's; the gateway has its peer
	for name, value := range fields {
		lines = append(lines, name+": "+value)
	}
	a, err := ask(fresh, row.method, c.url+c.fill(row.path), c.fill(row.body), lines...)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != row.status {
		t.Errorf("%s: status %d, want %d: %s", c.url, a.StatusCode, row.status, a.body)
	}
	if strings.Contains(string(a.body), adminSecret) {
		t.Error("the answer holds the secret")
	}
	return fmt.Sprintf("%d\n%s\n%s", a.StatusCode, headerOf(a.Header), c.keep(t, row.keep, a.body))
}

func (c *adminClient) fill(s string) string {
	for name, value := range c.kept {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// headerOf is what an answer says beside its body.
func headerOf(h http.Header) string {
	var b strings.Builder
	for _, name := range []string{"Content-Type", "Cache-Control", "Pragma", "X-Content-Type-Options", "Www-Authenticate", "Allow", "Retry-After", "Idempotency-Replayed", "Set-Cookie"} {
		fmt.Fprintf(&b, "%s: %q\n", name, h.Values(name))
	}
	fmt.Fprintf(&b, "X-Request-Id: %v", h.Get("X-Request-Id") != "")
	return b.String()
}

// changing are the members whose values are others each time.
var changing = []string{
	"id", "cookie", "set_cookie", "secret", "access_token", "refresh_token", "family", "created", "seen", "expires", "used", "old_until",
	"refresh_expires", "not_before", "revoked", "expires_in", "request_id", "next", "issuer",
}

// keep keeps members of an answer, and returns it with its changing members.
func (c *adminClient) keep(t *testing.T, names string, body []byte) string {
	t.Helper()
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		return string(body)
	}
	for _, name := range strings.Fields(names) {
		name, path, _ := strings.Cut(name, "=")
		at := document
		for member := range strings.SplitSeq(path, ".") {
			object, _ := at.(map[string]any)
			at = object[member]
		}
		c.kept[name], _ = at.(string)
		if _, value, found := strings.Cut(c.kept[name], "="); name == "cookie" && found {
			c.kept["value"] = value
		}
	}
	text, err := json.MarshalIndent(stable(document), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	stated := string(text)
	for name, value := range c.kept {
		stated = strings.ReplaceAll(stated, value, "{"+name+"}")
	}
	return stated
}

func stable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Collect(maps.Keys(v)) {
			if v[name] = stable(v[name]); slices.Contains(changing, name) {
				v[name] = fmt.Sprintf("%T", v[name])
			}
		}
	case []any:
		for i := range v {
			v[i] = stable(v[i])
		}
	}
	return v
}

// A client that misspells a path of /v1 shows its secret to the application, which
// does not get it, whatever the route forwards.
func TestTheAdminSecretGoesNoFurther(t *testing.T) {
	l := newLab(t, map[string]any{"routes": map[string]any{
		"v1/_middleware": map[string]any{"authenticate": []string{}, "forward_credential": true},
	}}, nil)
	for rule, row := range map[string]struct {
		field string
		kept  bool
	}{
		"as a bearer token":       {"Authorization: Bearer " + adminSecret, false},
		"by another scheme":       {"Authorization: Basic " + adminSecret, false},
		"in the field of a key":   {"X-Api-Key: " + adminSecret, false},
		"the application's token": {"Authorization: Bearer x" + adminSecret[1:], true},
		"a short one":             {"X-Api-Key: x", true},
	} {
		name, value, _ := strings.Cut(row.field, ": ")
		if a := l.get(t, "/v1/session", row.field); a.StatusCode != 200 {
			t.Errorf("%s: status %d", rule, a.StatusCode)
		}
		if got := l.origin.seen.Load().Header.Get(name); row.kept && got != value || !row.kept && got != "" {
			t.Errorf("%s: the application got %q", rule, got)
		}
	}
}
