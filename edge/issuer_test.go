package edge_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/edge"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

const remembering = `
store: {memory: true}
tokens: {secret: env:EDGE_TEST_SECRET}
sessions: {}
api_keys: {}
routes: routes
`

// opened returns one over a file system, and what it observes.
func opened(t *testing.T) (*edge.Edge, *[]edgeward.Reason) {
	t.Setenv("EDGE_TEST_SECRET", secret)
	var seen []edgeward.Reason
	files := fstest.MapFS{
		"conf/edgeward.yaml":           {Data: []byte(remembering)},
		"conf/routes/_middleware.yaml": {Data: []byte("authenticate: [session, api_key]")},
		"conf/routes/[id]/orders.yaml": {Data: []byte("permissions: [orders]")},
	}
	auth, err := edge.OpenFS(files, "conf/edgeward.yaml", edge.Config{Observe: func(_ context.Context, o httpauth.Observation) { seen = append(seen, o.Decision.Reason) }})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- auth.Run(t.Context()) }()
	t.Cleanup(func() { <-ended; _ = auth.Close() })
	for auth.Ready() != nil {
		runtime.Gosched()
	}
	return auth, &seen
}

func status(auth *edge.Edge, field, value string) int {
	r := httptest.NewRequest("GET", "/7/orders", nil)
	r.Header.Set(field, value)
	w := httptest.NewRecorder()
	auth.Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
	return w.Code
}

func TestIssuer(t *testing.T) {
	auth, seen := opened(t)
	ctx, issuer := t.Context(), auth.Issuer("app")
	cookie, s, err := issuer.CreateSession(ctx, session.Grant{Issuer: "https://i.example", Subject: "alice", Permissions: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	shown, key, err := issuer.CreateAPIKey(ctx, apikey.Grant{Subject: "robot", Permissions: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	asks := func(want int) {
		t.Helper()
		if got := status(auth, "Cookie", session.CookieName+"="+cookie.Reveal()); got != want {
			t.Errorf("by the session: %d, want %d", got, want)
		}
		if got := status(auth, "X-Api-Key", shown.Reveal()); got != want {
			t.Errorf("by the API key: %d, want %d", got, want)
		}
	}
	asks(200)
	if page, _, err := issuer.Sessions(ctx, "https://i.example", "alice", "", 10); err != nil || len(page) != 1 || page[0].ID != s.ID {
		t.Errorf("%v, %v", page, err)
	}
	if page, _, err := issuer.APIKeys(ctx, "", 10); err != nil || len(page) != 1 || page[0].ID != key.ID {
		t.Errorf("%v, %v", page, err)
	}
	if err := errors.Join(issuer.EndSession(ctx, s.ID, "lost"), issuer.RevokeAPIKey(ctx, key.ID, "lost")); err != nil {
		t.Fatal(err)
	}
	asks(401)
	if len(*seen) != 4 || (*seen)[0] != edgeward.Authenticated || (*seen)[3] != edgeward.APIKeyRevoked {
		t.Errorf("observed %v", *seen)
	}
	if err := issuer.EndSession(ctx, "none", ""); !errors.Is(err, edge.ErrUnknown) {
		t.Errorf("a session that there is not: %v", err)
	}
	if page, _, err := issuer.Sessions(ctx, "https://i.example", "", "", 10); !errors.Is(err, edge.ErrGrant) || len(page) != 0 {
		t.Errorf("sessions of an issuer without a subject: %v, %v", page, err)
	}
	if _, err := issuer.RevokeSubject(ctx, "", "bob", ""); !errors.Is(err, edge.ErrUnknown) {
		t.Errorf("a subject that there is not: %v", err)
	}
	if _, err := issuer.MintPair(ctx, edge.TokenGrant{Subject: "alice"}); !errors.Is(err, edge.ErrUnsupported) {
		t.Errorf("tokens without keys: %v", err)
	}
}

func TestIssuerReplacesASecretAndRevokesWhatAnEntryNames(t *testing.T) {
	auth, _ := opened(t)
	ctx, issuer := t.Context(), auth.Issuer("app")
	old, key, err := issuer.CreateAPIKey(ctx, apikey.Grant{Subject: "robot", Permissions: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	fresh, rotated, err := issuer.RotateAPIKey(ctx, key.ID, time.Time{})
	if err != nil || rotated.ID != key.ID {
		t.Fatalf("%+v, %v", rotated, err)
	}
	asks := func(secret edgeward.Secret, want int) {
		t.Helper()
		if got := status(auth, "X-Api-Key", secret.Reveal()); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	asks(old, 401)
	asks(fresh, 200)
	if _, err := issuer.Revoke(ctx, revocation.Entry{Scope: revocation.APIKey, Value: key.ID}); err != nil {
		t.Fatal(err)
	}
	asks(fresh, 401)
}

func TestIssuerWithoutAStore(t *testing.T) {
	t.Setenv("EDGE_TEST_SECRET", secret)
	auth, err := edge.Parse("edgeward.yaml", []byte(file), edge.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := auth.Issuer("app").CreateSession(t.Context(), session.Grant{}); !errors.Is(err, edge.ErrUnsupported) {
		t.Errorf("%v", err)
	}
}

// A store in a file needs something to open it by, which a program links if it
// wants to.
func TestNoDatabaseIsLinked(t *testing.T) {
	t.Setenv("EDGE_TEST_SECRET", secret)
	_, err := edge.Parse("edgeward.yaml", []byte(strings.ReplaceAll(file, "routes:", "store: {path: edge.db}\nroutes:")), edge.Config{})
	if err == nil || !strings.Contains(err.Error(), "edge.Config.OpenStore") {
		t.Errorf("%v", err)
	}
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(out)) {
		if strings.Contains(path, "sqlite") {
			t.Errorf("edge links %s", path)
		}
	}
}
