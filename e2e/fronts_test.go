package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A front is where clients come in: the gateway's own proxy, or a web server
// that asks the gateway. All have to decide alike.
type front struct {
	name     string
	address  string
	upstream *upstream
	gateway  *gateway
	token    string // of the subject "machine", who may orders:read
}

// fronts are the ways in, by name.
var fronts = []struct {
	name  string
	start func(t *testing.T, g *gateway, u *upstream) (address string)
}{
	{"proxy", func(_ *testing.T, g *gateway, _ *upstream) string { return g.proxy }},
	{"nginx", startNginx},
	{"caddy", startCaddy},
	{"haproxy", startHAProxy},
	{"traefik", startTraefik},
}

// throughEach runs test through every front, each with its own gateway.
func throughEach(t *testing.T, test func(t *testing.T, f *front)) {
	t.Parallel()
	p := newProvider(t, "")
	for _, way := range fronts {
		t.Run(way.name, func(t *testing.T) {
			isAtHand(t, way.name)
			u := newUpstream(t)
			g := newGateway(t, u, p.issuer)
			g.ready()
			test(t, &front{way.name, way.start(t, g, u), u, g, p.token("orders:read")})
		})
	}
}

func startNginx(t *testing.T, g *gateway, u *upstream) string {
	t.Helper()
	dir, address := t.TempDir(), loopback(freePort(t))
	copyExample(t, dir, "nginx", g.edits, readdressed(t, address, g.verify, u.address))
	return runNginx(t, dir, address)
}

// startIngressNginx runs what the controller makes of its example.
func startIngressNginx(t *testing.T, g *gateway, u *upstream) string {
	t.Helper()
	return startController(t, g, u, nil)
}

// startController is startIngressNginx with what edits replace in the file.
func startController(t *testing.T, g *gateway, u *upstream, edits func(conf string) string) string {
	t.Helper()
	dir, address := t.TempDir(), loopback(freePort(t))
	generated, err := os.ReadFile("testdata/ingress-nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := string(generated)
	if edits != nil {
		conf = edits(conf)
	}
	if err := os.Mkdir(filepath.Join(dir, "nginx"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx", "edgeward.conf"), []byte(readdressed(t, address, g.verify, u.address).Replace(conf)), 0o644); err != nil {
		t.Fatal(err)
	}
	return runNginx(t, dir, address)
}

// runNginx starts nginx with nginx/edgeward.conf below dir.
func runNginx(t *testing.T, dir, address string) string {
	t.Helper()
	nginx, main := command(t, "nginx"), filepath.Join(dir, "main.conf")
	if err := os.WriteFile(main, []byte(nginxMain), 0o644); err != nil {
		t.Fatal(err)
	}
	started := start(t, "nginx", exec.Command(nginx, "-p", dir, "-c", main, "-e", "stderr"))
	t.Cleanup(func() { _ = started.stop(syscall.SIGTERM) })
	started.listens(address)
	return address
}

// nginxMain is what surrounds the example in an nginx that is one process, so
// that its id is all there is to end.
const nginxMain = `
daemon off;
master_process off;
pid nginx.pid;
events { }
http {
    access_log            off;
    client_body_temp_path body;
    proxy_temp_path       proxy;
    fastcgi_temp_path     fastcgi;
    uwsgi_temp_path       uwsgi;
    scgi_temp_path        scgi;
    include nginx/edgeward.conf;
}
`

func startCaddy(t *testing.T, g *gateway, u *upstream) string {
	t.Helper()
	caddy, dir, address := command(t, "caddy"), t.TempDir(), loopback(freePort(t))
	copyExample(t, dir, "caddy", g.edits, readdressed(t, address, g.verify, u.address))
	cmd := exec.Command(caddy, "run", "--config", filepath.Join(dir, "caddy", "Caddyfile"))
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	started := start(t, "caddy", cmd)
	t.Cleanup(func() { _ = started.stop(syscall.SIGTERM) })
	started.listens(address)
	return address
}

func startHAProxy(t *testing.T, g *gateway, u *upstream) string {
	t.Helper()
	haproxy, dir, address := command(t, "haproxy"), t.TempDir(), loopback(freePort(t))
	copyExample(t, dir, "haproxy", g.edits, readdressed(t, address, g.verify, u.address))
	cmd := exec.Command(haproxy, "-db", "-f", "haproxy.cfg")
	cmd.Dir = filepath.Join(dir, "haproxy")
	started := start(t, "haproxy", cmd)
	t.Cleanup(func() { _ = started.stop(syscall.SIGTERM) })
	started.listens(address)
	return address
}

// isAtHand ends the test of a front that no package brings and that nobody has
// built.
func isAtHand(t *testing.T, front string) {
	t.Helper()
	if front == "traefik" && os.Getenv("EDGEWARD_TRAEFIK") == "" {
		t.Skip("SKIPPED: EDGEWARD_TRAEFIK names no traefik; make parts builds bin/traefik")
	}
}

func startTraefik(t *testing.T, g *gateway, u *upstream) string {
	t.Helper()
	traefik, dir, address := os.Getenv("EDGEWARD_TRAEFIK"), t.TempDir(), loopback(freePort(t))
	copyExample(t, dir, "traefik", g.edits, readdressed(t, address, g.verify, u.address))
	cmd := exec.Command(traefik, "--configFile=traefik.yaml", "--global.checkNewVersion=false")
	cmd.Dir = filepath.Join(dir, "traefik")
	started := start(t, "traefik", cmd)
	t.Cleanup(func() { _ = started.stop(syscall.SIGTERM) })
	started.listens(address)
	eventually(t, "traefik has read its file", patience, func() bool { return !answers("http://"+address+"/", 404) })
	return address
}

func TestEveryFrontTellsTheUpstreamWhoIsAsking(t *testing.T) {
	throughEach(t, func(t *testing.T, f *front) {
		a := say(t, f.address, "GET /api/orders?page=2", bearer(f.token))
		if a.status != 200 || a.report == nil {
			t.Fatalf("status %d, %s", a.status, a.body)
		}
		for name, want := range map[string]string{
			"X-Auth-Subject": "machine", "X-Auth-Method": "bearer", "X-Auth-Permissions": "orders:read", "Authorization": "",
		} {
			if got := a.report.Header.Get(name); got != want {
				t.Errorf("upstream saw %s: %q, want %q", name, got, want)
			}
		}
		if a.report.Target != "/api/orders?page=2" || a.report.Method != "GET" {
			t.Errorf("upstream saw %s %s", a.report.Method, a.report.Target)
		}
		if a := say(t, f.address, "GET /public/page"); a.status != 200 || a.report == nil {
			t.Errorf("a public page: status %d", a.status)
		}
		if a := say(t, f.address, "POST /api/orders", bearer(f.token), "Content-Length: 11\r\n\r\nhello world"); a.report == nil || a.report.Body != "hello world" {
			t.Errorf("a body: status %d, upstream saw %+v", a.status, a.report)
		}
	})
}

// Attack row 35: what a client says about proxies before it is not passed on. The
// gateway's own proxy is left out, because it trusts the address of the tests.
func TestNoWebServerPassesOnWhatAClientSaysOfItsWay(t *testing.T) {
	throughEach(t, func(t *testing.T, f *front) {
		if f.name == "proxy" {
			return
		}
		a := say(t, f.address, "GET /api/orders", bearer(f.token), "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https",
			"X-Forwarded-Host: elsewhere.example", "X-Forwarded-Method: HEAD", "X-Forwarded-Uri: /public/page")
		if a.report == nil {
			t.Fatalf("status %d, %s", a.status, a.body)
		}
		for name := range a.report.Header {
			if name == "X-Forwarded-Method" || name == "X-Forwarded-Uri" {
				t.Errorf("upstream saw %s: %q", name, a.report.Header[name])
			}
		}
		for name, want := range map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": f.address} {
			if got := strings.Join(a.report.Header[name], ", "); got != want {
				t.Errorf("upstream saw %s: %q, want %q", name, got, want)
			}
		}
		if a.report.Host != f.address || a.report.Target != "/api/orders" {
			t.Errorf("upstream saw %s on host %s", a.report.Target, a.report.Host)
		}
		f.gateway.stop()
		if log := f.gateway.process.output.String(); strings.Contains(log, "203.0.113.9") || !strings.Contains(log, "/api/orders") {
			t.Errorf("the gateway took the client's word for its address, or logged nothing:\n%s", log)
		}
	})
}

// Attack rows 34 and 35: what the gateway's proxy removes, an application sees behind
// no web server either. Of a field that a client names in Connection, the same.
func TestNoFrontPassesOnWhatTheProxyRemoves(t *testing.T) {
	throughEach(t, func(t *testing.T, f *front) {
		for _, name := range []string{
			"X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Prefix", "X-Forwarded-Ssl", "X-Forwarded-User", "X-Forwarded-Access-Token",
			"X-Original-Method", "X-Original-URI", "X-Original-URL", "X-Original-Proto", "X-Original-Host", "X-Rewrite-URL", "Forwarded", "X-Real-IP", "True-Client-IP",
			"CF-Connecting-IP", "X-Client-IP", "X-Script-Name", "X-Scheme", "Front-End-Https", "X-Request-Id", "X-Edgeward-Refusal", "CloudFront-Viewer-Address", "X-MS-Original-URL",
			"Proxy-Authorization", "Keep-Alive", "HTTP2-Settings", "Trailer", "Path-Info", "X-HTTP-Method-Override", "Proxy",
		} {
			for _, path := range []string{"/public/page", "/api/orders"} {
				a := say(t, f.address, "GET "+path, name+": attacker", bearer(f.token))
				if got := a.report.fields(name); strings.Contains(got, "attacker") {
					t.Errorf("upstream saw %s: %s", name, got)
				}
			}
		}
		a := say(t, f.address, "GET /api/orders", "Connection: close, X-Auth-Subject, X-One", bearer(f.token))
		if got := a.report.fields("Connection"); a.status != 200 || strings.Contains(got, "X-") {
			t.Errorf("status %d, upstream saw Connection: %s", a.status, got)
		}
		for _, protocol := range []string{"h2c", "h2c, websocket", "h2c|websocket", "websocket|h2c", "TLS/1.0"} {
			a := say(t, f.address, "GET /api/orders", "Connection: Upgrade, HTTP2-Settings", "Upgrade: "+strings.ReplaceAll(protocol, "|", "\r\nUpgrade: "), "HTTP2-Settings: AAMAAABkAAQAAP__",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", bearer(f.token))
			if got := a.report.fields("Upgrade"); got != "" && got != "websocket" {
				t.Errorf("upstream saw Upgrade: %s", got)
			}
		}
		f.gateway.stop()
		if got := a.report.fields("X-Request-Id"); got == "" || !strings.Contains(f.gateway.process.output.String(), got) {
			t.Errorf("upstream saw the request id %q, which is not in the log", got)
		}
	})
}

// Attack row 34: CVE-2026-30851 (absent claim), CVE-2025-64484 (underscores),
// CVE-2026-29054 (named in Connection).
func TestNoFrontLetsAClientNameItself(t *testing.T) {
	claims := [][]string{
		{"X-Auth-Subject: attacker"},
		{"x-auth-subject: attacker"},
		{"x_auth_subject: attacker"},
		{"X-Auth_Subject: attacker"},
		{"X_Auth-Subject: attacker"},
		{"X-Auth-Session: attacker"}, // a claim that the token does not have
		{"X_Auth_Session: attacker"},
		{"X-Auth-Assertion: attacker"},
		{"X-Auth-Something-Else: attacker"},
		{"X-Auth-Subject: attacker", "X-Auth-Subject: attacker"},
		{"X-Auth-Subject: attacker", "Connection: close, X-Auth-Subject"},
		{"Connection: close, X-Auth-Subject, X-Auth-Issuer, X-Auth-Permissions"},
		{"X_Auth_Subject: attacker", "Connection: X_Auth_Subject, X-Auth-Subject, close"},
		{"X-Auth-Subject: attacker", "Connection: Upgrade, X-Auth-Subject", "Upgrade: websocket"},
	}
	throughEach(t, func(t *testing.T, f *front) {
		for _, lines := range claims {
			t.Run(strings.Join(lines, ", "), func(t *testing.T) {
				known := say(t, f.address, "GET /api/orders", append(lines, bearer(f.token))...)
				public := say(t, f.address, "GET /public/page", lines...)
				if irregular := strings.Contains(lines[0], "_"); f.name == "traefik" && irregular && known.status == 400 && public.status == 400 {
					return // it removes fields by their whole names only, so Edgeward refuses the look-alikes
				}
				if f.name == "haproxy" && slices.Contains(lines, "Upgrade: websocket") && known.status == 400 && public.status == 400 {
					return // HAProxy itself refuses a handshake without a key
				}
				if known.report == nil || public.report == nil {
					t.Fatalf("status %d, and %d on a public path: not forwarded", known.status, public.status)
				}
				if got := known.report.Header["X-Auth-Subject"]; len(got) != 1 || got[0] != "machine" {
					t.Errorf("upstream saw the subject %q", got)
				}
				unlessForged(t, known)
				unlessForged(t, public)
			})
		}
	})
}

// unlessForged fails when the upstream received anything under the names of
// the identity that the client made up. A name that is none of Edgeward's is an
// application's own, and nginx removes fields by their whole name only.
func unlessForged(t *testing.T, a answer) {
	t.Helper()
	for name, values := range a.report.Header {
		folded := strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if strings.HasPrefix(folded, "x-auth") && folded != "x-auth-something-else" && strings.Contains(fmt.Sprint(values), "attacker") {
			t.Errorf("upstream saw %s: %q", name, values)
		}
	}
}

// Attack row 35: the address of the request is what the front saw, not what a
// client says that some other front saw.
func TestNoFrontLetsAClientChooseWhatIsDecided(t *testing.T) {
	claims := []string{
		"X-Forwarded-Uri: /public/page", "X-Original-URI: /public/page", "X-Original-URL: /public/page", "X-Rewrite-URL: /public/page",
		"X-Forwarded-Method: OPTIONS", "X-Original-Method: OPTIONS", "X-HTTP-Method-Override: OPTIONS",
		"X-Forwarded-Prefix: /public", "Forwarded: for=127.0.0.1;host=public", "X_Forwarded_Uri: /public/page", "X_Original_URI: /public/page",
	}
	throughEach(t, func(t *testing.T, f *front) {
		for _, line := range append(claims, strings.Join(claims[:3], "\r\n")) {
			t.Run(line, func(t *testing.T) {
				before := f.upstream.received.Load()
				if a := say(t, f.address, "GET /api/orders", line); a.status < 400 || a.status > 403 {
					t.Errorf("without a token: status %d", a.status)
				}
				if a := say(t, f.address, "POST /api/write", line, "Content-Length: 0", bearer(f.token)); a.status < 400 || a.status > 403 {
					t.Errorf("without the permission: status %d", a.status)
				}
				if f.upstream.received.Load() != before {
					t.Error("the upstream was reached")
				}
			})
		}
	})
}

// Attack row 36: nobody may reach /api from below /public, and nothing that two
// programs could read differently may reach the upstream at all.
func TestNoFrontLetsAPathHaveTwoReadings(t *testing.T) {
	targets := []string{
		"/public/../api/orders", "/public/%2e%2e/api/orders", "/public/.%2e/api/orders", "/public/..%2fapi/orders", "/public/..%5capi/orders",
		`/public/..\api/orders`, "/public/..;/api/orders", "/public/x;y", "/public//api/orders", "//public/page", "//api/orders", "/public/./page",
		"/public/a%2fb", "/public/a%252fb", "/public/%252e%252e/api/orders", "/public/a%5cb", `/public/a\b`, "/public/a%00b", "/public/a%0d%0aX-Auth-Subject:%20attacker",
		"/public/%c0%ae%c0%ae/api/orders", "/public/%ff", "/public/%zz", "/public/%", "/public/a%23b", "/public/a%3fb", "/public/#/../api/orders",
		"/apiadmin", "/API/orders", "/publicly", "http://public/api/orders", "*", "api/orders",
	}
	throughEach(t, func(t *testing.T, f *front) {
		for _, target := range targets {
			t.Run(target, func(t *testing.T) {
				before := f.upstream.received.Load()
				a := say(t, f.address, "GET "+target)
				if f.name == "traefik" && a.report != nil && strings.HasPrefix(a.report.Target, "/public/") && path.Clean(a.report.Target) == a.report.Target {
					return // Traefik cleans a path before it asks, and forwards what it asked about
				}
				if a.status < 400 || a.status > 404 {
					t.Errorf("status %d, want a refusal", a.status)
				}
				if f.upstream.received.Load() != before {
					t.Errorf("the upstream was reached and saw %+v", a.report)
				}
			})
		}
	})
}

func TestEveryFrontShowsTheProblem(t *testing.T) {
	refusals := []struct {
		rule, requestLine string
		token             bool
		status            int
		code, challenge   string
	}{
		{"nothing was sent", "GET /api/orders", false, 401, "credential_required", `Bearer realm="edgeward"`},
		{"a body does not change it", "POST /api/orders", false, 401, "credential_required", `Bearer realm="edgeward"`},
		{"a permission is lacking", "GET /api/write", true, 403, "insufficient_scope", `scope="orders:write"`},
		{"no route", "GET /elsewhere", true, 403, "forbidden", ""},
	}
	throughEach(t, func(t *testing.T, f *front) {
		for _, r := range refusals {
			t.Run(r.rule, func(t *testing.T) {
				lines := []string{"Content-Length: 0"}
				if r.token {
					lines = append(lines, bearer(f.token))
				}
				a := say(t, f.address, r.requestLine, lines...)
				wantProblem(t, a, r.status, r.code)
				if got := a.header.Values("WWW-Authenticate"); !strings.Contains(strings.Join(got, "\n"), r.challenge) || len(got) > 1 {
					t.Errorf("challenges %q, want one with %q", got, r.challenge)
				}
			})
		}
	})
}

func wantProblem(t *testing.T, a answer, status int, code string) {
	t.Helper()
	var problem struct {
		Status    int
		Code      string
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(a.body), &problem); err != nil {
		t.Fatalf("status %d with no problem document: %v\n%s", a.status, err, a.body)
	}
	if a.status != status || problem.Code != code || problem.RequestID == "" || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, type %q, problem %+v; want %d and %q", a.status, a.header.Get("Content-Type"), problem, status, code)
	}
}

// What could not be told stays a 503 and never becomes a way in, also where
// the web server has no word for it.
func TestEveryFrontStaysClosedWhileNothingCanBeTold(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "")
	token := p.token("orders:read")
	p.stop()
	for _, way := range fronts {
		t.Run(way.name, func(t *testing.T) {
			isAtHand(t, way.name)
			u := newUpstream(t)
			g := newGateway(t, u, p.issuer)
			address := way.start(t, g, u)
			a := say(t, address, "GET /api/orders", bearer(token))
			wantProblem(t, a, 503, "unavailable")
			if a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if way.name != "proxy" {
				g.stop()
				if a := say(t, address, "GET /public/page"); a.status < 500 || a.report != nil {
					t.Errorf("with the gateway gone: status %d, upstream reached: %v", a.status, a.report != nil)
				}
			}
		})
	}
}
