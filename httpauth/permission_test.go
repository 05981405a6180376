package httpauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/httpauth"
)

// known lets in whoever says in X-Subject who they are, with two permissions.
var known = deciderFunc(func(r *edgeward.Request) edgeward.Decision {
	d := edgeward.Decision{Allow: true, Reason: edgeward.Public}
	if subject := r.Header.First("X-Subject"); subject != "" {
		d.Reason = edgeward.Authenticated
		d.Identity, _ = edgeward.NewIdentity(edgeward.Identity{Issuer: "https://i.example", Subject: subject, Permissions: []string{"orders:read", "orders:write"}})
	}
	return d
})

func TestRequirePermission(t *testing.T) {
	for rule, row := range map[string]struct {
		permissions []string
		fields      []string
		status      int
		challenge   string
	}{
		"one that is held":       {[]string{"orders:read"}, []string{"X-Subject: alice"}, 200, ""},
		"all are held":           {[]string{"orders:write", "orders:read"}, []string{"X-Subject: alice"}, 200, ""},
		"one of two is missing":  {[]string{"orders:read", "admin"}, []string{"X-Subject: alice"}, 403, `Bearer realm="edgeward", error="insufficient_scope", scope="orders:read admin"`},
		"none that can be held":  {[]string{"orders:read orders:write"}, []string{"X-Subject: alice"}, 403, `Bearer realm="edgeward", error="insufficient_scope", scope="orders:read orders:write"`},
		"an identity, no more":   {nil, []string{"X-Subject: alice"}, 200, ""},
		"nobody is known":        {[]string{"orders:read"}, nil, 401, `Bearer realm="edgeward"`},
		"nobody, none required":  {nil, nil, 401, `Bearer realm="edgeward"`},
		"a field names somebody": {nil, []string{"X-Auth-Subject: alice"}, 401, `Bearer realm="edgeward"`},
	} {
		app := httpauth.RequirePermission(row.permissions...)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		w := do(guard(t, known, app.ServeHTTP), "/", row.fields...)
		if w.Code != row.status || w.Header().Get("Www-Authenticate") != row.challenge {
			t.Errorf("%s: %d, %q", rule, w.Code, w.Header().Get("Www-Authenticate"))
		}
		if id := w.Header()["X-Request-Id"]; len(id) != 1 || w.Code != 200 && !strings.Contains(w.Body.String(), id[0]) {
			t.Errorf("%s: the request ids are %q, in %s", rule, id, w.Body)
		}
	}
}

// Outside of the middleware nobody is known, and no field of the client's is
// believed.
func TestRequirePermissionAloneRefuses(t *testing.T) {
	app := httpauth.RequirePermission()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("let in") }))
	w := do(app, "/", "X-Auth-Subject: alice", "X-Request-Id: chosen")
	if w.Code != 401 || w.Header().Get("X-Request-Id") == "chosen" {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
}

func TestOpenRequestsEndWithTheirIdentity(t *testing.T) {
	t.Parallel()
	open := &httpauth.OpenRequests{Alive: func(*edgeward.Identity) error { return edgeward.CredentialRevoked }}
	go func() { _ = open.Run(t.Context()) }()
	auth, err := httpauth.New(known, httpauth.Config{OpenRequests: open})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(auth(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })))
	defer server.Close()
	r, _ := http.NewRequest("GET", server.URL, nil)
	r.Header.Set("X-Subject", "alice")
	if _, err := http.DefaultClient.Do(r); err == nil {
		t.Error("what was cut off looks whole")
	}
	if s := open.Stats(); s.Revoked != 1 || s.Expired != 0 {
		t.Errorf("%+v", s)
	}
}

func TestNoOpenRequests(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var none *httpauth.OpenRequests
	if err := none.Run(ctx); err != nil || none.Stats() != (httpauth.OpenStats{}) {
		t.Errorf("%v, %v", err, none.Stats())
	}
}
