package e2e

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
)

// hostsExample are the applications of examples/hosts: the port that each has
// there, and its host.
var hostsExample = map[string]string{
	"3001": "grafana.example.com", "3002": "wiki.example.com", "3003": "git.example.com", "3004": "photos.example.com",
	"3005": "recipes.example.net", "3006": "status.example.com", "3007": "admin.example.com", "3008": "api.example.com",
	"3009": "pr-7.preview.example.com",
}

// A village is examples/hosts as it stands, behind one front, with other addresses
// and with a provider.
type village struct {
	*site
	port string // of every host
	key  string // of an operator

	mu    sync.Mutex // guards heard
	heard map[string]*bytes.Buffer
}

// hostFronts are the ways in to the example: by the port that each has there.
var hostFronts = []struct {
	name, address string
	start         func(t *testing.T, dir, address string)
}{
	{"proxy", "127.0.0.1:8443", func(*testing.T, string, string) {}},
	{"caddy", "127.0.0.1:8444", func(t *testing.T, dir, address string) {
		cmd := exec.Command(command(t, "caddy"), "run")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
		startFront(t, "caddy", cmd, address)
	}},
	{"nginx", "127.0.0.1:8445", func(t *testing.T, dir, address string) {
		edited, err := os.ReadFile(filepath.Join(dir, "nginx.conf"))
		if err != nil {
			t.Fatal(err)
		}
		oneProcess := bytes.Replace(edited, []byte("daemon off;"), []byte("daemon off;\nmaster_process off;"), 1)
		if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), oneProcess, 0o644); err != nil {
			t.Fatal(err)
		}
		startFront(t, "nginx", exec.Command(command(t, "nginx"), "-p", filepath.Join(dir, "run"), "-c", "../nginx.conf", "-e", "stderr"), address)
	}},
}

func startFront(t *testing.T, name string, cmd *exec.Cmd, address string) {
	t.Helper()
	started := start(t, name, cmd)
	t.Cleanup(func() { _ = started.stop(syscall.SIGTERM) })
	started.listens(address)
}

// throughHostFronts runs test through every front, each with an example of its own.
func throughHostFronts(t *testing.T, test func(t *testing.T, v *village)) {
	t.Parallel()
	for _, way := range hostFronts {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			v := &village{site: &site{}, heard: map[string]*bytes.Buffer{}}
			g := &gateway{t: t, dir: t.TempDir(), proxy: loopback(freePort(t)), verify: loopback(freePort(t)), admin: loopback(freePort(t))}
			v.hybrid = &hybrid{gateway: g}
			addresses := []string{"127.0.0.1:8443", g.proxy, "127.0.0.1:8082", g.verify, "127.0.0.1:8081", g.admin}
			for _, front := range hostFronts[1:] {
				addresses = append(addresses, front.address, loopback(freePort(t)))
			}
			entry := addresses[slices.Index(addresses, way.address)+1]
			_, v.port, _ = strings.Cut(entry, ":")
			v.origin, v.operators = "https://auth.example.com:"+v.port, "http://"+g.admin
			p := newSignInProvider(t, v.site, nil, nil)
			v.providers = []*provider{p}
			edits := append(addresses, "https://id.example.org", p.issuer, "https://auth.example.com", v.origin,
				"https_port 8444", "admin off\n\thttps_port "+v.port)
			for port := range hostsExample {
				edits = append(edits, "127.0.0.1:"+port, v.application(port))
			}
			copyFolder(t, g.dir, "../examples/hosts", strings.NewReplacer(edits...))
			v.prepare()
			v.start()
			v.ready()
			way.start(t, g.dir, entry)
			test(t, v)
		})
	}
}

// application starts the one that the example has at port, and returns its address.
func (v *village) application(port string) string {
	u, heard := &upstream{}, &bytes.Buffer{}
	v.heard[port] = heard
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		fmt.Fprintln(heard, r.Method, r.Host, r.RequestURI)
		_ = r.Header.Write(heard)
		v.mu.Unlock()
		u.ServeHTTP(w, r)
	}))
	v.t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// hears returns what the application at port was asked so far.
func (v *village) hears(port string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.heard[port].String()
}

// prepare makes what the README of the example makes: certificate, secrets, and the
// key of an operator.
func (v *village) prepare() {
	v.t.Helper()
	certificate, key := certificatetest.New(v.t).Issue(time.Hour, "*.example.com", "*.preview.example.com", "*.example.net")
	v.must(os.Mkdir(filepath.Join(v.dir, "run"), 0o700))
	v.private("run/cert.pem", string(certificate))
	v.private("run/key.pem", string(key))
	v.private("run/secret", strings.Repeat("of the end-to-end tests ", 2))
	v.private("run/client-secret", clientSecret)
	v.key = v.command("apikey", "create", "--scope", "admin", "--offline")
}

// say sends a request to a host by HTTP/1.1, as [say] does; lines that are empty are
// left out. It reports false where the front ended the connection in place of an answer.
func (v *village) say(host, requestLine string, lines ...string) (answer, bool) {
	v.t.Helper()
	conn, err := tls.Dial("tcp", "127.0.0.1:"+v.port, &tls.Config{ServerName: host, InsecureSkipVerify: true})
	if err != nil {
		return answer{}, false
	}
	lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return line == "" })
	a, err := sayOver(conn, host+":"+v.port, requestLine, lines...)
	return a, err == nil
}

// command runs edgeward in the folder of the example, as an operator, and returns
// what it prints.
func (v *village) command(args ...string) string {
	v.t.Helper()
	path, err := binary()
	v.must(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = v.dir
	cmd.Env = append(os.Environ(), "EDGEWARD_ADMIN_KEY="+v.key)
	out, err := cmd.Output()
	v.must(err)
	return strings.TrimSpace(string(out))
}

// copyFolder copies a folder to dir, with what the edits replace; without run, which
// holds what an example makes.
func copyFolder(t *testing.T, dir, folder string, edits *strings.Replacer) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "run":
			return filepath.SkipDir
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, folder))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, []byte(edits.Replace(string(content))), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// One sign-in opens all hosts, of both domains and of names that are in no list, each
// by its own rules; a logout at one closes them all. No application sees how.
func TestOneSignInForEightHosts(t *testing.T) {
	throughHostFronts(t, func(t *testing.T, v *village) {
		waitForBrowser(t)
		const page = "/page?from=a%20b&x=%2Fy%3D"
		b := newProfile(t).tab()
		b.open(v.at("wiki.example.com") + page)
		b.signIn("ada")
		b.lands(v.at("wiki.example.com") + page)
		people := []string{"3001", "3002", "3003", "3004", "3005", "3009"} // for whom the applications are
		for _, port := range people {
			host := hostsExample[port]
			b.open(v.at(host) + page)
			b.lands(v.at(host) + page)
			seen := b.seen()
			if seen.Header.Get("X-Auth-Subject") != "ada" || seen.Header.Get("X-Auth-Permissions") != "wiki:write" || seen.Target != page {
				t.Errorf("%s: the application saw %s, %v", host, seen.Target, seen.Header)
			}
			wantNoneOfOurs(t, seen)
			if !strings.Contains(v.hears(port), "GET "+host) {
				t.Errorf("another application than %s answered", host)
			}
			wantKept(t, b.cookies(v.at(host))[cookieName], "Lax")
		}
		b.open(v.at("pr-8.preview.example.com") + page)
		b.lands(v.at("pr-8.preview.example.com") + page)
		b.open(v.at("admin.example.com"))
		b.wantStatus(403)
		if v.hears("3007") != "" {
			t.Error("ada was let in where admin is asked for")
		}
		b.open(v.at("wiki.example.com"))
		if got := b.fetch("/edit", `{method: 'POST', body: 'x'}`); got.Status != 200 {
			t.Errorf("ada may write: %+v", got)
		}

		given := map[string]string{}
		for _, host := range hostsExample {
			for name, c := range b.cookies(v.at(host)) {
				given[host] += name + "=" + c.Value + "; "
			}
		}
		b.open(v.at("recipes.example.net") + "/auth/logout")
		b.press("Sign out")
		b.lands(v.at("recipes.example.net") + "/auth/signed-out")
		for _, port := range people {
			host := hostsExample[port]
			if a, _ := v.say(host, "GET /page", "Cookie: "+given[host]); a.status != 401 {
				t.Errorf("%s after the logout: %d %s", host, a.status, a.body)
			}
		}

		operator := newProfile(t).tab()
		operator.open(v.at("admin.example.com") + page)
		operator.signIn("olga")
		operator.lands(v.at("admin.example.com") + page)
		operator.open(v.at("wiki.example.com"))
		if got := operator.fetch("/edit", `{method: 'POST', body: 'x'}`); got.Status != 403 {
			t.Errorf("olga may not write: %+v", got)
		}
		v.gateway.stop()
		if log := v.process.output.String(); !strings.Contains(log, "/auth/arrive") || strings.Contains(log, "ewt_") {
			t.Error("the log has a ticket, or nothing of its way")
		}
		for port, host := range hostsExample {
			for _, part := range []string{"ticket", "ewt_", "/auth/"} {
				if strings.Contains(v.hears(port), part) {
					t.Errorf("the application of %s heard of a %s:\n%s", host, part, v.hears(port))
				}
			}
		}
	})
}

// Programs come with API keys, and the world to what is public.
func TestWhatIsAskedAtEightHostsOfPrograms(t *testing.T) {
	throughHostFronts(t, func(t *testing.T, v *village) {
		key := "X-API-Key: " + v.command("apikey", "create", "--subject", "robot", "--scope", "orders:read")
		poor := "X-API-Key: " + v.command("apikey", "create", "--subject", "poor", "--scope", "other")
		for _, row := range []struct {
			host, path, key string
			status          int
		}{
			{"status.example.com", "/", "", 200}, {"photos.example.com", "/share/summer", "", 200}, {"photos.example.com", "/", "", 401},
			{"api.example.com", "/orders", key, 200}, {"api.example.com", "/orders", poor, 403}, {"api.example.com", "/orders", "", 401},
			{"git.example.com", "/api/repos", key, 200}, {"git.example.com", "/", key, 401}, {"grafana.example.com", "/", key, 401},
			{"admin.example.com", "/", key, 401}, {"pr-7.preview.example.com", "/", "", 401},
		} {
			a, _ := v.say(row.host, "GET "+row.path, "Host: "+row.host+":"+v.port, row.key)
			if a.status != row.status || (a.report != nil) != (row.status == 200) {
				t.Errorf("%s%s with %q: %d %s", row.host, row.path, row.key, a.status, a.body)
			}
		}
	})
}

// Attack rows 35 and 36: the host that is decided about is the one whose application
// answers, however a client names two.
func TestNoFrontLetsAHostHaveTwoReadings(t *testing.T) {
	throughHostFronts(t, func(t *testing.T, v *village) {
		const guarded, open = "admin.example.com", "status.example.com"
		for _, sni := range []string{guarded, open} {
			for _, row := range [][]string{
				{"GET https://" + guarded + "/", "Host: " + open},
				{"GET http://" + guarded + "/", "Host: " + open},
				{"GET /", "Host: " + guarded, "X-Forwarded-Host: " + open},
				{"GET /", "Host: " + guarded, "X-Original-Host: " + open},
				{"GET /", "Host: " + guarded, "X-Original-URL: https://" + open + "/"},
				{"GET /", "Host: " + guarded, "Host: " + open}, {"GET /", "Host: " + open, "Host: " + guarded},
				{"GET /", "Host: " + guarded + "."}, {"GET /", "Host: " + strings.ToUpper(guarded)}, {"GET /", "Host: " + guarded + ":1"},
				{"GET /", "Host: " + open + "@" + guarded}, {"GET /", "Host: " + open + "," + guarded}, {"GET /", "Host: " + guarded + ", " + open},
				{"GET /", "Host: x." + open + "." + guarded}, {"GET /"},
			} {
				if a, _ := v.say(sni, row[0], row[1:]...); v.hears("3007") != "" {
					t.Fatalf("%q at %s: %d, and the application saw %s", row, sni, a.status, v.hears("3007"))
				}
			}
		}
	})
}
