package door_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// TestTheTokenEndpoint: a client hears the same as at the gateway.
func TestTheTokenEndpoint(t *testing.T) {
	l := newLab(t, nil, nil)
	pair := l.admin(t, "POST", "/v1/tokens", `{"subject":"carol","permissions":["orders:read","orders:write"]}`)
	grant := func(more ...string) string {
		f := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {pair["refresh_token"]}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f.Encode()
	}
	for _, row := range []struct {
		rule, path, method, body, field string
		status                          int
		code, scope                     string
	}{
		{"less than was granted", "/oauth/token", "POST", grant("scope", "orders:read"), "", 200, "", "orders:read"},
		{"all that was granted", "/oauth/token", "POST", grant(), "", 200, "", "orders:read orders:write"},
		{"more than was granted", "/oauth/token", "POST", grant("scope", "orders:read admin"), "", 400, "invalid_scope", ""},
		{"what is no scope", "/oauth/token", "POST", grant("scope", "\"\t"), "", 400, "invalid_scope", ""},
		{"a client's password", "/oauth/token", "POST", grant(), "Authorization: Basic YTpi", 401, "invalid_client", ""},
		{"a client's secret", "/oauth/token", "POST", grant("client_secret", "x"), "", 401, "invalid_client", ""},
		{"an assertion's type alone", "/oauth/token", "POST", grant("client_assertion_type", "x"), "", 401, "invalid_client", ""},
		{"the same at the other endpoint", "/oauth/revoke", "POST", "token=x&client_assertion=x", "", 401, "invalid_client", ""},
		{"no grant_type", "/oauth/token", "POST", "refresh_token=x", "", 400, "invalid_request", ""},
		{"another grant", "/oauth/token", "POST", grant("grant_type", "password"), "", 400, "unsupported_grant_type", ""},
		{"a token of nobody's", "/oauth/token", "POST", grant("refresh_token", "ewr_x"), "", 400, "invalid_grant", ""},
		{"a parameter in the URL", "/oauth/token?scope=a", "POST", grant(), "", 400, "invalid_request", ""},
		{"a scope beyond what is read", "/oauth/token", "POST", grant("pad", strings.Repeat("x", 17<<10)), "", 413, "", ""},
		{"a token beyond what is read", "/oauth/revoke", "POST", "token=" + strings.Repeat("x", 17<<10), "", 413, "", ""},
		{"another media type beside it", "/oauth/token", "POST", grant(), "Content-Type: text/plain", 400, "invalid_request", ""},
		{"a page of others", "/oauth/token", "POST", grant(), "Sec-Fetch-Site: cross-site", 403, "", ""},
		{"a GET", "/oauth/token", "GET", "", "", 405, "", ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			fields := []string{"Content-Type: application/x-www-form-urlencoded"}
			if row.field != "" {
				fields = append(fields, row.field)
			}
			a, err := l.ask(row.method, row.path, row.body, fields...)
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Error, Scope string }
			_ = json.Unmarshal(a.body, &got)
			if a.StatusCode != row.status || got.Error != row.code || got.Scope != row.scope {
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
			if (a.Header.Get("Www-Authenticate") == `Basic realm="edgeward"`) != (row.code == "invalid_client") {
				t.Errorf("WWW-Authenticate %q", a.Header.Get("Www-Authenticate"))
			}
			if allow := a.Header.Get("Allow"); (allow == "POST") != (row.status == 405) {
				t.Errorf("Allow %q", allow)
			}
			if a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", a.Header.Get("Cache-Control"))
			}
		})
	}
	if a, err := l.ask("POST", "/v1/tokens", `{"subject":"carol","permissions":["two words"]}`, "Authorization: Bearer "+adminSecret, "Content-Type: application/json"); err != nil || a.StatusCode != 400 {
		t.Errorf("a permission that is none: %v %d %s", err, a.StatusCode, a.body)
	}
}
