package edge_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/edge"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

const secret = "0123456789abcdef0123456789abcdef"

const file = `
trusted_proxies: [127.0.0.1/32]
issuers:
  - {issuer: app, audiences: [app], algorithms: [HS256], secret: env:EDGE_TEST_SECRET}
routes:
  _middleware: {authenticate: [bearer]}
  healthz: {authenticate: []}
`

func write(t *testing.T, content string) string {
	t.Helper()
	t.Setenv("EDGE_TEST_SECRET", secret)
	path := filepath.Join(t.TempDir(), "edgeward.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func token(t *testing.T) string {
	t.Helper()
	key, err := jwt.HMACKey("", jwt.HS256, edgeward.NewSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.HMACSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{Issuer: "app", Subject: "alice", Audience: []string{"app"}, Expires: time.Now().Add(time.Hour)}
	signed, err := jwt.Sign(context.Background(), signer, "at+jwt", claims.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestProtect(t *testing.T) {
	auth, err := edge.Open(write(t, file), edge.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.Ready(); err != nil {
		t.Error(err)
	}
	app := auth.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, known := edgeward.IdentityFrom(r.Context())
		fmt.Fprint(w, known, id)
		if known {
			fmt.Fprint(w, id.Subject, r.Header.Get("X-Forwarded-For"))
		}
	}))
	for rule, row := range map[string]struct {
		path, token string
		status      int
		body        string
	}{
		"nobody":         {"/", "", 401, "credential_required"},
		"somebody":       {"/", token(t), 200, "alice203.0.113.7, 127.0.0.1"}, // the file's trusted_proxies hold
		"a public route": {"/healthz", "", 200, "false"},
	} {
		t.Run(rule, func(t *testing.T) {
			r := httptest.NewRequest("GET", row.path, nil)
			r.RemoteAddr = "127.0.0.1:999"
			r.Header.Set("X-Forwarded-For", "203.0.113.7")
			if row.token != "" {
				r.Header.Set("Authorization", "Bearer "+row.token)
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.body) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, row.status, row.body)
			}
		})
	}
}

// A second program cannot have the store until the first has closed it.
func TestCloseGivesTheStoreBack(t *testing.T) {
	path := write(t, strings.ReplaceAll(file, "routes:", "store: {path: edge.db}\nroutes:"))
	cfg := edge.Config{OpenStore: sqlitestore.OpenFile}
	for range 2 {
		auth, err := edge.Open(path, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := edge.Open(path, cfg); err == nil {
			t.Error("two have the store at once")
		}
		if err := auth.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	_, err := edge.Open(write(t, "isuers: []\n"), edge.Config{})
	if err == nil || !strings.Contains(err.Error(), `did you mean "issuers"`) {
		t.Errorf("%v", err)
	}
}

func TestAChangedFileIsTakenOver(t *testing.T) {
	path := write(t, file)
	reloads := make(chan error, 10)
	auth, err := edge.Open(path, edge.Config{Reloaded: func(err error, _ time.Time) { reloads <- err }})
	if err != nil {
		t.Fatal(err)
	}
	<-reloads
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- auth.Run(ctx) }()
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(file, "healthz", "livez")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-reloads; err != nil {
		t.Fatal(err)
	}
	d := auth.Decide(ctx, &edgeward.Request{Method: "GET", Path: "/livez", Header: edgeward.Header{}})
	if d.Reason != edgeward.Public {
		t.Errorf("%v", d.Reason)
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func Example() {
	auth, err := edge.Open("edgeward.yaml", edge.Config{})
	if err != nil {
		log.Fatal(err) // every mistake with its line, and what to do about it
	}
	go auth.Run(context.Background())
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := edgeward.IdentityFrom(r.Context())
		fmt.Fprintf(w, "Hello %s\n", id.Subject)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8090", auth.Protect(app)))
}
