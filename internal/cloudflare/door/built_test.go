package door_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// command is the built program.
var command = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "edgeward")
	cmd := exec.Command("go", "build", "-o", program, "../../../cmd/edgeward")
	cmd.Stderr = os.Stderr
	return program, cmd.Run()
})

// newBuiltLab deploys the folder that "edgeward worker build" writes for a
// configuration, without bindings but for options.
func newBuiltLab(t *testing.T, configuration string, options map[string]any) *lab {
	t.Helper()
	l := &lab{issuer: newIssuer(t), origin: newOrigin(t)}
	program, err := command()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "edgeward.yaml"), filepath.Join(dir, "deployed")
	text := fmt.Sprintf("proxy: {listen: \"127.0.0.1:0\", upstream: %q}\nissuers: [{issuer: %q, audiences: [%q], jwks_uri: %q}]\n%s",
		l.origin.URL, l.issuer.URL, audience, l.issuer.URL+"/jwks", configuration)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "worker", "build", "--config", file, "--out", folder).CombinedOutput(); err != nil {
		t.Fatalf("worker build: %v\n%s", err, out)
	}
	l.workerd = start(t, deployed(t, folder, options))
	return l
}

// deployed returns what starts a runtime on a folder for wrangler.
func deployed(t *testing.T, folder string, options map[string]any) map[string]any {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"worker.mjs"}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.Name() != names[0] && (ext == ".mjs" || ext == ".wasm" || ext == ".json") {
			names = append(names, e.Name())
		}
	}
	deployment := map[string]any{"folder": folder, "modules": names}
	maps.Copy(deployment, options)
	return deployment
}

// TestWhatIsBuiltIsWhatRuns: others' tokens are accepted by a Worker that has
// nothing bound to it, as its wrangler.toml says.
func TestWhatIsBuiltIsWhatRuns(t *testing.T) {
	l := newBuiltLab(t, "routes: {api/_middleware: {authenticate: [bearer]}}\nfailures: {limit: 3}\n", nil)
	toml, err := os.ReadFile(filepath.Join(l.options["folder"].(string), "wrangler.toml"))
	if err != nil || strings.Contains(string(toml), "durable_objects") {
		t.Errorf("%v\n%s", err, toml)
	}
	token := l.issuer.token(t, time.Now())
	for range 2 {
		if a := l.get(t, "/api/x", "Authorization: Bearer "+token); a.StatusCode != 200 || string(a.body) != "hello" {
			t.Fatalf("status %d: %s", a.StatusCode, a.body)
		}
	}
	if seen := l.origin.seen.Swap(nil); seen == nil || seen.Header.Get("X-Auth-Subject") != "alice" {
		t.Errorf("the origin saw %v", seen)
	}
	for path, want := range map[string]int{"/api/x": 401, "/x": 403, "/oauth/token": 403, "/auth/login": 403} {
		if a := l.get(t, path, "Authorization: Bearer "+tampered(token), "CF-Connecting-IP: 192.0.2.7"); a.StatusCode != want {
			t.Errorf("%s: status %d, want %d: %s", path, a.StatusCode, want, a.body)
		}
	}
	var last int
	for range 4 {
		last = l.get(t, "/api/x", "Authorization: Bearer "+tampered(token), "CF-Connecting-IP: 192.0.2.7").StatusCode
	}
	if last != 429 {
		t.Errorf("after five guesses: status %d", last)
	}
	if l.origin.seen.Load() != nil {
		t.Error("the origin was reached")
	}
}

// TestWhatIsBuiltRemembers is the same for a Worker with a store.
func TestWhatIsBuiltRemembers(t *testing.T) {
	l := newBuiltLab(t, "routes: {api/_middleware: {authenticate: [session]}}\nstore: {path: edgeward.db}\ntokens: {secret: env:EDGEWARD_SECRET}\nsessions: {}\n", map[string]any{
		"objects":  map[string]string{"EDGEWARD_STORE": "EdgewardStore"},
		"bindings": map[string]string{"EDGEWARD_SECRET": strings.Repeat("0123456789abcdes", 2), "EDGEWARD_ADMIN": adminSecret},
	})
	session := l.admin(t, "POST", "/v1/sessions", `{"issuer":"https://edge.example/","subject":"bob"}`)
	if a := l.get(t, "/api/x", "Cookie: "+session["cookie"]); a.StatusCode != 200 {
		t.Errorf("status %d: %s", a.StatusCode, a.body)
	}
	l.admin(t, "DELETE", "/v1/sessions/"+session["id"], "")
	if a := l.get(t, "/api/x", "Cookie: "+session["cookie"]); a.StatusCode != 401 {
		t.Errorf("status %d: %s", a.StatusCode, a.body)
	}
}
