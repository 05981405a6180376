package worker_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestTheBackEndsDoor: what opens it, what it reads, and that it answers the same
// whatever is asked by who has no secret.
func TestTheBackEndsDoor(t *testing.T) {
	l := newLab(t, nil, nil)
	made := l.admin(t, "POST", "/v1/sessions", `{"subject":"bob"}`)
	for _, row := range []struct {
		rule, method, path, secret, body string
		status                           int
	}{
		{"a wrong secret", "POST", "/v1/sessions", adminSecret + "x", `{"subject":"bob"}`, 401},
		{"a secret's beginning", "POST", "/v1/sessions", adminSecret[:32], `{"subject":"bob"}`, 401},
		{"a wrong secret and an id that is", "DELETE", "/v1/sessions/" + made["id"], "x", "", 401},
		{"a wrong secret and an id that is none", "DELETE", "/v1/sessions/none", "x", "", 401},
		{"an id that is none", "DELETE", "/v1/sessions/none", adminSecret, "", 404},
		{"an API key that is none", "DELETE", "/v1/api-keys/none", adminSecret, "", 404},
		{"an id with a slash: the routes' to refuse", "DELETE", "/v1/sessions/" + made["id"] + "/x", adminSecret, "", 403},
		{"a member twice", "POST", "/v1/sessions", adminSecret, `{"subject":"bob","subject":"alice"}`, 400},
		{"a member in another case", "POST", "/v1/sessions", adminSecret, `{"subject":"bob","Permissions":["a"]}`, 400},
		{"something behind it", "POST", "/v1/sessions", adminSecret, `{"subject":"bob"}{}`, 400},
		{"a body that is too long", "POST", "/v1/sessions", adminSecret, `{"subject":"bob","user_agent":"` + strings.Repeat("x", 65<<10) + `"}`, 413},
		{"__proto__", "POST", "/v1/sessions", adminSecret, `{"__proto__":{"subject":"bob"}}`, 400},
		{"a key that ends before it begins", "POST", "/v1/api-keys", adminSecret, `{"subject":"robot","name":"r","lifetime_seconds":-1}`, 400},
		{"a key that ends at once", "POST", "/v1/api-keys", adminSecret, `{"subject":"robot","name":"r","lifetime_seconds":0}`, 400},
		{"a key whose end is beyond counting", "POST", "/v1/api-keys", adminSecret, `{"subject":"robot","name":"r","lifetime_seconds":18446744074}`, 400},
		{"a key that ends", "POST", "/v1/api-keys", adminSecret, `{"subject":"robot","name":"r","lifetime_seconds":60}`, 201},
	} {
		t.Run(row.rule, func(t *testing.T) {
			a, err := l.ask(row.method, row.path, row.body, "Authorization: Bearer "+row.secret, "Content-Type: application/json")
			if err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != row.status {
				t.Errorf("status %d, want %d: %s", a.StatusCode, row.status, a.body)
			}
			if strings.Contains(string(a.body), adminSecret) {
				t.Error("the answer holds the secret")
			}
		})
	}
	if a := l.get(t, "/api/x", "Cookie: "+made["cookie"]); a.StatusCode != http.StatusOK {
		t.Errorf("the session that nobody ended: %d", a.StatusCode)
	}
}
