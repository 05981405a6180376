package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/server"
)

func TestAdmin(t *testing.T) {
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	report := server.Report{Error: "store: gone", KeySets: []server.KeySet{{Issuer: "https://i.example/", Error: "dial: refused"}}}
	s, _ := start(t, server.Config{Handler: server.Admin(server.AdminConfig{Report: func() server.Report { return report }, Metrics: hello, Control: teapot, Console: teapot})})
	rows := []struct {
		request string
		status  int
		part    string
	}{
		{"GET /healthz", 200, `"ok": true`},
		{"GET /readyz", 503, `"error": "dial: refused"`},
		{"GET /readyz", 503, `"error": "store: gone"`},
		{"GET /metrics", 200, "hello"},
		{"DELETE /v1/sessions/a", 418, ""},
		{"POST /readyz", 405, ""},
		{"GET /console", 418, ""},
		{"POST /console/sign-in", 418, ""},
		{"GET /", 303, "Location: /console"},
		{"GET /other", 404, ""},
		{"DELETE /v1", 418, ""},
		{"DELETE /v1/", 418, ""},
		{"DELETE /v1/api-keys/", 418, ""},
		{"DELETE /v1/api-keys/..", 400, ""},
		{"DELETE /v1/api-keys/../", 400, ""},
		{"DELETE /v1/api-keys/%2e%2e", 400, ""},
		{"DELETE /v1/api-keys/.", 400, ""},
		{"DELETE /v1//api-keys", 400, ""},
		{"GET /console/../v1/", 400, ""},
		{"GET //", 400, ""},
		{"GET //evil.example/..", 400, ""},
		{"GET /healthz/..", 400, ""},
		{"GET /console//", 400, ""},
	}
	for _, row := range rows {
		t.Run(row.request, func(t *testing.T) {
			conn := dial(t, s, row.request+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", row.status)) || !strings.Contains(string(answer), row.part) {
				t.Errorf("%s", answer)
			}
		})
	}
}

// A page can give its own name our address (DNS rebinding) and read what we
// answer to it.
func TestAdminOnLoopbackAnswersToLoopbackNamesOnly(t *testing.T) {
	s, _ := start(t, server.Config{Handler: server.Admin(server.AdminConfig{Report: func() server.Report { return server.Report{} }, Metrics: hello, Control: hello, Console: hello, Host: func() string { return "console.example" }})})
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:9090": 200, "127.0.0.1": 200, "127.0.0.1:9090": 200, "127.1.2.3": 200, "[::1]": 200, "[::1]:9090": 200,
		"console.example": 200, "CONSOLE.example": 200, "console.example:9090": 421, "x.console.example": 421,
		"evil.example": 421, "evil.example:9090": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "192.0.2.1": 421, "[2001:db8::1]:9090": 421,
	} {
		for _, path := range []string{"/metrics", "/healthz"} {
			if got := roundTrip(t, s, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); got != want {
				t.Errorf("%s of %s: %d, want %d", path, host, got, want)
			}
		}
	}
	if got := roundTrip(t, s, "GET /healthz HTTP/1.0\r\n\r\n"); got != 200 {
		t.Errorf("a health check without a name for us: %d", got)
	}
}

// attacks.md row 40.
func TestAdminIsHeldByNoClient(t *testing.T) {
	admin := server.Admin(server.AdminConfig{Report: func() server.Report { return server.Report{} }, Metrics: hello, Control: hello, Console: hello, Host: func() string { return "console.example" }})
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/elsewhere"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := doorstest.Pipe(t, admin) // one whose body never comes
				_, _ = io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
				if _, err := io.ReadAll(client); err != nil {
					t.Error(err)
				}
				client = doorstest.Pipe(t, admin) // one that does not read
				_, _ = io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n")
				time.Sleep(time.Hour)
				if answer, _ := io.ReadAll(io.LimitReader(client, 1)); len(answer) > 0 {
					t.Error("an hour later the answer is still there")
				}
			})
		})
	}
}
