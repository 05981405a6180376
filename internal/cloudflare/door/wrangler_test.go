package door_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A dev is "wrangler dev" or "wrangler pages dev" in a folder.
type dev struct{ url string }

// startDev runs it until the test ends.
func startDev(t *testing.T, folder string, command ...string) *dev {
	t.Helper()
	wrangler, err := filepath.Abs(filepath.Join(parts, "node_modules", "wrangler", "bin", "wrangler.js"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(wrangler); err != nil {
		missing(t, "wrangler")
	}
	port, inspector := vacant(t), vacant(t)
	cmd := exec.Command("node", append(append([]string{wrangler}, command...), "--port", strconv.Itoa(port), "--inspector-port", strconv.Itoa(inspector), "--ip", "127.0.0.1")...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "WRANGLER_SEND_METRICS=false", "CI=1", "XDG_CONFIG_HOME="+t.TempDir(), "NO_COLOR=1")
	group(cmd)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		stdin.Close()
		endGroup(cmd)
		if <-ended; t.Failed() {
			t.Logf("wrangler wrote: %s", log.Bytes())
		}
	})
	d := &dev{fmt.Sprintf("http://127.0.0.1:%d", port)}
	for {
		if _, err := ask(fresh, "GET", d.url+"/", ""); err == nil {
			return d
		}
		select {
		case <-ended:
			t.Fatal("wrangler ended")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// write puts files below folder.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// built runs "edgeward worker build" in folder for a configuration whose issuer
// is i.
func built(t *testing.T, i *issuer, folder, configuration string, args ...string) {
	t.Helper()
	program, err := command()
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := reactor()
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, map[string]string{"edgeward.yaml": fmt.Sprintf("issuers: [{issuer: %q, audiences: [%q], jwks_uri: %q}]\n%s", i.URL, audience, i.URL+"/jwks", configuration)})
	cmd := exec.Command(program, append([]string{"worker", "build", "--wasm", wasm}, args...)...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("worker build: %v\n%s", err, out)
	}
}

// TestAProjectsOwnMiddlewareRunsBehindEdgeward: row 72, in the real "wrangler
// pages dev". A chained middleware, also of several functions and in TypeScript,
// hears of nobody whom Edgeward refuses, and of everybody else who it is.
func TestAProjectsOwnMiddlewareRunsBehindEdgeward(t *testing.T) {
	i := newIssuer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"functions/api/x.js": `export const onRequest = (c) => Response.json({ seen: c.data.seen, user: c.data.user, header: c.request.headers.get("X-Auth-Subject") });`,
		"public/index.html":  "<p>home</p>",
		"public/open/a.txt":  "open file",
		"middleware.ts": `
			const first: any = (c) => { c.data.seen = [c.data.user?.subject ?? null]; return c.next(); };
			const second: any = async (c) => { c.data.seen.push("second"); const r = await c.next(); const own = new Response(r.body, r); own.headers.set("X-Chained", "1"); return own; };
			export const onRequest = [first, second];`,
	})
	built(t, i, folder, "routes: {_middleware: {authenticate: [bearer]}, open/_middleware: {authenticate: []}}\n", "--pages", "--chain", "middleware.ts")
	d := startDev(t, folder, "pages", "dev")
	token := "Authorization: Bearer " + i.token(t, time.Now())
	for _, row := range []struct {
		rule, path, field string
		status            int
		body              string
	}{
		{"nobody at a function", "/api/x", "", 401, "credential_required"},
		{"nobody at a static file", "/", "", 401, "credential_required"},
		{"somebody at a function", "/api/x", token, 200, `{"seen":["alice","second"],"user":{"subject":"alice",`},
		{"somebody at a static file", "/", token, 200, "home"},
		{"anybody where that is stated", "/open/a.txt", "", 200, "open file"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			fields := []string{"X-Auth-Subject: eve"}
			if row.field != "" {
				fields = append(fields, row.field)
			}
			a, err := ask(fresh, "GET", d.url+row.path, "", fields...)
			if err != nil || a.StatusCode != row.status || !strings.Contains(string(a.body), row.body) {
				t.Errorf("%v %v %s, want %d %s", err, a.Response, a.body, row.status, row.body)
			}
			if (a.Header.Get("X-Chained") != "") != (row.status == 200) {
				t.Errorf("the chained middleware ran: %q, for status %d", a.Header.Get("X-Chained"), row.status)
			}
		})
	}
}

// TestFilesBehindTheWorker: row 73, in the real "wrangler dev". With
// run_worker_first files are what an allowed request goes on to.
func TestFilesBehindTheWorker(t *testing.T) {
	i := newIssuer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"site/report.html": "secret report", "site/open.txt": "open file"})
	built(t, i, folder, "routes: {_middleware: {authenticate: [bearer]}, open.txt: {authenticate: []}}\n", "--out", "edge")
	config := filepath.Join(folder, "edge", "wrangler.toml")
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = io.WriteString(f, "\n[assets]\ndirectory = \"../site\"\nbinding = \"ASSETS\"\nrun_worker_first = true\n")
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	d := startDev(t, folder, "dev", "--config", config)
	for path, want := range map[string]int{"/report": 401, "/report.html": 401, "/open.txt": 200} {
		if a, err := ask(fresh, "GET", d.url+path, ""); err != nil || a.StatusCode != want || want == 200 && string(a.body) != "open file" {
			t.Errorf("%s: %v %d %s", path, err, a.StatusCode, a.body)
		}
	}
	a, err := ask(fresh, http.MethodGet, d.url+"/report", "", "Authorization: Bearer "+i.token(t, time.Now()))
	if err != nil || string(a.body) != "secret report" {
		t.Errorf("%v %d %s", err, a.StatusCode, a.body)
	}
}
