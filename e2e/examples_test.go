package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/edgeward/edgeward/internal/wire/identity"
)

func TestTheMiddlewareExampleRuns(t *testing.T) {
	t.Parallel()
	p, path, address := newProvider(t, ""), filepath.Join(t.TempDir(), "middleware"), loopback(freePort(t))
	if out, err := exec.Command("go", "build", "-o", path, "../examples/middleware").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	config := filepath.Join(t.TempDir(), "edgeward.yaml")
	content := "issuers: [{issuer: \"" + p.issuer + "\", audiences: [\"" + audience + "\"]}]\n" +
		"routes: {_middleware: {authenticate: [bearer]}, healthz: {authenticate: []}}\n"
	if err := os.WriteFile(config, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, "middleware", exec.Command(path, "-listen", address, "-config", config)).listens(address)

	a := say(t, address, "GET /", bearer(p.token("orders:read")), "x_auth_subject: attacker")
	if a.status != 200 || !strings.HasPrefix(a.body, "Hello machine of "+p.issuer) {
		t.Errorf("with a token: status %d, %s", a.status, a.body)
	}
	if a := say(t, address, "GET /", "X-Auth-Subject: attacker"); a.status != 401 {
		t.Errorf("without a token: status %d, want 401", a.status)
	}
	if a := say(t, address, "GET /healthz"); a.status != 200 || strings.Contains(a.body, "machine") {
		t.Errorf("the public path: status %d, %s", a.status, a.body)
	}
}

// What a README says to paste is pasted, with other ports.
func TestTheCommandsOfTheReadmesWork(t *testing.T) {
	for name, programs := range map[string][]string{"nginx": {"nginx", "curl"}, "caddy": {"caddy", "curl"}, "middleware": {"curl"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, program := range programs {
				command(t, program)
			}
			out := paste(t, name)
			for _, want := range []string{"Hello ada", "HTTP/1.1 401 Unauthorized", `"code":"credential_required"`} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in the output:\n%s", want, out)
				}
			}
			if strings.Contains(out, "root") {
				t.Errorf("the name that a client gave itself is in the output:\n%s", out)
			}
		})
	}
}

// paste runs the first block of commands in examples/name/README.md, in a copy,
// and returns what it printed.
func paste(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	copyExample(t, filepath.Join(root, "examples"), name, readdressed(t, loopback(freePort(t)), loopback(freePort(t)), loopback(freePort(t))))
	readme, err := os.ReadFile(filepath.Join(root, "examples", name, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	// Built here: HOME is another one there, and with it Go's caches.
	for path, source := range map[string]string{"bin/edgeward": "../cmd/edgeward", "bin/middleware": "../examples/middleware"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(root, path), source).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	built := strings.NewReplacer("make build", "true", "go build -o bin/middleware ./examples/middleware", "true").Replace(block)
	cmd := exec.Command("bash", "-c", "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n"+built)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "HOME="+root, "PATH="+os.Getenv("PATH")+":/usr/sbin")
	p := start(t, "README of "+name, cmd)
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatalf("it does not end:\n%s", p.output)
	}
	return p.output.String()
}

// readdressed replaces the addresses in the examples: of the web server, of
// Edgeward's forward-auth and of the application. Caddy loses its admin
// endpoint, whose port is the same for every Caddy.
func readdressed(t *testing.T, front, verify, application string) *strings.Replacer {
	t.Helper()
	_, port, _ := strings.Cut(front, ":")
	return strings.NewReplacer(
		"127.0.0.1:8000", front, "127.0.0.1:8082", verify, "127.0.0.1:3000", application,
		"127.0.0.1:8081", loopback(freePort(t)), "127.0.0.1:8090", loopback(freePort(t)),
		"http://:8000 {", "{\n\tadmin off\n}\n\nhttp://:"+port+" {",
	)
}

// copyExample copies edgeward.yaml and the files of one example to dir, with what
// the edits replace, one after the other; nil replaces nothing.
func copyExample(t *testing.T, dir, name string, edits ...*strings.Replacer) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../examples", name, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, from := range append(files, "../examples/edgeward.yaml") {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		edited := string(content)
		for _, edit := range edits {
			if edit != nil {
				edited = edit.Replace(edited)
			}
		}
		to := filepath.Join(dir, strings.TrimPrefix(from, "../examples"))
		if err := os.WriteFile(to, []byte(edited), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A field that the proxy does not copy is one that the client can set.
func TestEveryExampleCopiesEveryIdentityField(t *testing.T) {
	for _, name := range []string{"nginx/edgeward.conf", "caddy/Caddyfile", "traefik/dynamic.yaml"} {
		content, err := os.ReadFile(filepath.Join("../examples", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range identity.Names() {
			if !slices.Contains(strings.Fields(string(content)), field) {
				t.Errorf("%s does not copy %s", name, field)
			}
		}
	}
}

// The example of Traefik runs where Traefik is: see startTraefik.
func TestTheTraefikExampleIsYAML(t *testing.T) {
	for _, name := range []string{"traefik.yaml", "dynamic.yaml"} {
		content, err := os.ReadFile(filepath.Join("../examples/traefik", name))
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := yaml.Unmarshal(content, &document); err != nil || len(document) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
