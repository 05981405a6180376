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

// TestTheCommandsForSeveralHostsWork pastes them with other ports, too.
func TestTheCommandsForSeveralHostsWork(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"caddy", "nginx", "openssl", "curl"} {
		command(t, program)
	}
	root := t.TempDir()
	var edits []string
	for _, port := range []string{"8081", "8082", "8443", "8444", "8445"} {
		edits = append(edits, "127.0.0.1:"+port, loopback(freePort(t)))
	}
	_, caddy, _ := strings.Cut(edits[7], ":")
	edits = append(edits, "https_port 8444", "admin off\n\thttps_port "+caddy)
	for port := range hostsExample {
		edits = append(edits, "127.0.0.1:"+port, newUpstream(t).address)
	}
	copyFolder(t, filepath.Join(root, "examples/hosts"), "../examples/hosts", strings.NewReplacer(edits...))
	// The applications are those of this test: theirs have ports that another test may have.
	commands := strings.Replace(pasted(t, root, "hosts"), "../../bin/applications &", "sleep 60 &", 1)
	for i, port := range []string{"8443", "8444", "8445"} {
		_, free, _ := strings.Cut(edits[2*i+5], ":")
		commands = strings.ReplaceAll(commands, port, free)
	}
	out := runBlock(t, root, "hosts", commands)
	for _, want := range []string{`"Host":"status.example.com"`, `"Host":"photos.example.com"`, `"X-Auth-Subject":["robot"]`, "401"} {
		if n := strings.Count(out, want); n < 3 {
			t.Errorf("%q is %d times in the output, of three ways:\n%s", want, n, out)
		}
	}
}

// paste runs the first block of commands in examples/name/README.md, in a copy,
// and returns what it printed.
func paste(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	copyExample(t, filepath.Join(root, "examples"), name, readdressed(t, loopback(freePort(t)), loopback(freePort(t)), loopback(freePort(t))))
	return runBlock(t, root, name, pasted(t, root, name))
}

// pasted returns the first block of commands in the README of an example below root.
func pasted(t *testing.T, root, name string) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "examples", name, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	return block
}

// runBlock runs a block of commands in root, where the programs are built that it
// builds, and returns what it printed.
func runBlock(t *testing.T, root, name, block string) string {
	t.Helper()
	// Built here: HOME is another one there, and with it Go's caches.
	built := strings.NewReplacer("make build", "true", "go build -o bin/middleware ./examples/middleware", "true",
		"go build -o bin/applications ./examples/hosts/applications", "true").Replace(block)
	for path, source := range map[string]string{"edgeward": "../cmd/edgeward", "middleware": "../examples/middleware", "applications": "../examples/hosts/applications"} {
		if !strings.Contains(block, path) {
			continue
		}
		if out, err := exec.Command("go", "build", "-o", filepath.Join(root, "bin", path), source).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
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
	for _, name := range []string{"nginx/edgeward.conf", "caddy/Caddyfile", "traefik/dynamic.yaml", "hosts/edgeward-host.conf", "hosts/Caddyfile"} {
		content, err := os.ReadFile(filepath.Join("../examples", name))
		if err != nil {
			t.Fatal(err)
		}
		for field := range identity.Names(nil) {
			if !slices.Contains(strings.Fields(string(content)), field) {
				t.Errorf("%s does not copy %s", name, field)
			}
		}
	}
}

// What protects one host protects each of several: the text is the same one.
func TestTheExampleOfSeveralHostsProtectsAsThatOfOne(t *testing.T) {
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join("../examples", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	between := func(text, from, to string) string {
		_, text, _ = strings.Cut(text, from)
		text, _, _ = strings.Cut(text, to)
		return text
	}
	nginx := read("nginx/edgeward.conf")
	server := between(nginx, "    listen 127.0.0.1:8000;\n", "\n}\n")
	server = strings.ReplaceAll("\n"+server+"\n", "\n    ", "\n")
	server = strings.Replace(server, "http://application;", "http://$application;", 1)
	_, host, _ := strings.Cut(read("hosts/edgeward-host.conf"), "\n\n")
	for name, pair := range map[string][2]string{
		"edgeward.conf":      {between(nginx, "# A request in HTTP/1.0", "\n\nserver {"), strings.TrimSpace(between(read("hosts/edgeward.conf"), "# A request in HTTP/1.0", "\x00"))},
		"edgeward-host.conf": {strings.TrimSpace(server), strings.TrimSpace(host)},
		"Caddyfile": {
			strings.Replace(between(read("caddy/Caddyfile"), "\troute {\n", "\n\t}\n"), "reverse_proxy 127.0.0.1:3000", "reverse_proxy {vars.application}", 1),
			between(read("hosts/Caddyfile"), "\troute {\n", "\n\t}\n"),
		},
	} {
		for i, want := range strings.Split(pair[0], "\n") {
			got := strings.Split(pair[1], "\n")
			if len(got) <= i || strings.TrimSpace(got[i]) != strings.TrimSpace(want) {
				t.Errorf("examples/hosts/%s lacks a line of the example for one host, or has another there: %s", name, want)
				break
			}
		}
		if pair[0] == "" || strings.Count(pair[0], "\n") != strings.Count(pair[1], "\n") {
			t.Errorf("examples/hosts/%s has lines that the example for one host lacks", name)
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
