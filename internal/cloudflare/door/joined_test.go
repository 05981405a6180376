package door_test

import (
	"testing"
)

// TestACookieInASecondField: row 22. The platform joins two fields by a comma, and
// behind one no cookie is found: neither to be looked at nor to be taken off
// what travels on.
func TestACookieInASecondField(t *testing.T) {
	l := newLab(t, nil, nil)
	session := l.admin(t, "POST", "/v1/sessions", `{"subject":"bob"}`)["cookie"]
	for _, row := range []struct {
		rule   string
		fields []string
		status int
	}{
		{"in the second field", []string{"Cookie: a=1", "Cookie: " + session}, 400},
		{"in both", []string{"Cookie: " + session, "Cookie: " + session}, 400},
		{"behind a comma of one field", []string{"Cookie: a=1,2, " + session}, 400},
		{"behind a comma and a tab", []string{"Cookie: a=1,\t" + session}, 400},
		{"the application's in both", []string{"Cookie: a=1", "Cookie: b=2"}, 200},
		{"beside a value with a comma", []string{"Cookie: a=1,2; " + session + "; b=3, 4"}, 200},
	} {
		t.Run(row.rule, func(t *testing.T) {
			if a := l.get(t, "/public/x", row.fields...); a.StatusCode != row.status {
				t.Errorf("status %d, want %d: %s", a.StatusCode, row.status, a.body)
			}
		})
	}
	a, err := l.ask("GET", "/public/x", "a body")
	if err != nil || a.StatusCode != 400 {
		t.Errorf("a GET with a body, which the platform does not forward: %v, %v", a.Response, err)
	}
}
