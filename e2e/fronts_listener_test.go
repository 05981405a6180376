package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
)

// secureGateway starts a gateway whose file has proxy, with DIR for its folder, and
// more, and a certificate for app.example.com.
func secureGateway(t *testing.T, u *upstream, proxy, more string) (*gateway, *certificatetest.Authority) {
	t.Helper()
	a := certificatetest.New(t)
	g := &gateway{t: t, dir: t.TempDir(), proxy: loopback(freePort(t)), admin: loopback(freePort(t))}
	chain, key := a.Issue(90*24*time.Hour, "app.example.com")
	for name, data := range map[string][]byte{"tls.crt": chain, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(g.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	proxy = strings.NewReplacer("PROXY", g.proxy, "DIR", g.dir, "TLS", "tls: {certificates: [{certificate: file:tls.crt, key: file:tls.key}]}").Replace(proxy)
	g.write("edgeward.yaml", "proxy: {upstream: \""+u.url+"\", "+proxy+"}\nadmin: {listen: \""+g.admin+"\"}\n"+more+"\nroutes: {_middleware: {authenticate: []}}\n")
	g.start()
	return g, a
}

// runHAProxy starts HAProxy with a configuration that listens on address.
func runHAProxy(t *testing.T, address, text string) {
	t.Helper()
	haproxy, path := command(t, "haproxy"), filepath.Join(t.TempDir(), "haproxy.cfg")
	const timeouts = "defaults\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
	if err := os.WriteFile(path, []byte(timeouts+strings.ReplaceAll(text, "ADDRESS", address)), 0o644); err != nil {
		t.Fatal(err)
	}
	started := start(t, "haproxy", exec.Command(haproxy, "-db", "-f", path))
	t.Cleanup(func() { _ = started.stop(syscall.SIGTERM) })
	started.listens(address)
}

// fromAnother dials from another address of this machine than the balancer's.
func fromAnother(address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		return d.DialContext(ctx, "tcp", address)
	}
}

func reportOf(t *testing.T, c *http.Client, url string) (*report, *http.Response) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := &report{}
	if err := json.NewDecoder(res.Body).Decode(r); err != nil {
		t.Fatalf("status %d: %v", res.StatusCode, err)
	}
	return r, res
}

// HAProxy passes TLS on, and says by the PROXY protocol whose connection it is:
// HTTP/2 and a WebSocket come from the client.
func TestHAProxyIntroducesClientsToTLS(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"send-proxy", "send-proxy-v2"} {
		u := newUpstream(t)
		g, a := secureGateway(t, u, `listen: "PROXY", TLS, proxy_protocol: [127.0.0.1/32]`, "")
		address := loopback(freePort(t))
		runHAProxy(t, address, "listen edge\n  mode tcp\n  bind ADDRESS\n  server edgeward "+g.proxy+" "+version+"\n")
		tr := &http.Transport{ForceAttemptHTTP2: true, DialContext: fromAnother(address), TLSClientConfig: &tls.Config{RootCAs: a.Pool()}}
		defer tr.CloseIdleConnections()
		seen, res := reportOf(t, &http.Client{Transport: tr}, "https://app.example.com/x")
		if res.ProtoMajor != 2 || seen.fields("X-Forwarded-For") != "127.0.0.2" || seen.fields("X-Forwarded-Proto") != "https" || seen.Host != "app.example.com" {
			t.Errorf("%s: %s, for %s, proto %s, host %s", version, res.Proto, seen.fields("X-Forwarded-For"), seen.fields("X-Forwarded-Proto"), seen.Host)
		}
		old := &http.Transport{DialContext: fromAnother(address), TLSClientConfig: &tls.Config{RootCAs: a.Pool(), NextProtos: []string{"http/1.1"}}}
		defer old.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		conn, _, err := websocket.Dial(ctx, "wss://app.example.com/ws", &websocket.DialOptions{HTTPClient: &http.Client{Transport: old}})
		if err != nil {
			t.Errorf("%s: %v", version, err)
		} else {
			_ = conn.CloseNow()
		}
		cancel()
	}
}

// HAProxy speaks HTTP/2 to us: over TLS, and without it where h2c says so.
func TestHAProxySpeaksHTTP2(t *testing.T) {
	t.Parallel()
	for way, row := range map[string]struct{ proxy, server, scheme string }{
		"over TLS":    {`listen: "PROXY", TLS`, "ssl alpn h2 verify none sni str(app.example.com)", "https"},
		"without TLS": {`listen: "PROXY", h2c: true`, "proto h2", "http"},
	} {
		u := newUpstream(t)
		g, _ := secureGateway(t, u, row.proxy, "")
		address := loopback(freePort(t))
		runHAProxy(t, address, "listen edge\n  mode http\n  bind ADDRESS\n  server edgeward "+g.proxy+" "+row.server+"\n")
		for range 3 {
			if a := say(t, address, "GET /a%20b?x=1"); a.status != 200 || a.report.fields("X-Forwarded-Proto") != row.scheme || a.report.Target != "/a%20b?x=1" {
				t.Errorf("%s: status %d, %+v", way, a.status, a.report)
			}
		}
	}
}

// nginx asks by a Unix socket, and says whose request it is.
func TestNginxAsksByAUnixSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	for trust, want := range map[string]string{"trusted_proxies: [unix]": "127.0.0.2", "": ""} {
		u := newUpstream(t)
		g, _ := secureGateway(t, u, `listen: "unix:`+socket+`", socket_mode: "0666"`, trust)
		address, at := loopback(freePort(t)), t.TempDir()
		if err := os.Mkdir(filepath.Join(at, "nginx"), 0o755); err != nil {
			t.Fatal(err)
		}
		conf := "server {\n  listen " + address + ";\n  location / {\n    proxy_pass http://unix:" + socket + ";\n    proxy_set_header Host $host;\n    proxy_set_header X-Forwarded-For $remote_addr;\n    proxy_set_header X-Forwarded-Proto https;\n  }\n}\n"
		if err := os.WriteFile(filepath.Join(at, "nginx", "edgeward.conf"), []byte(conf), 0o644); err != nil {
			t.Fatal(err)
		}
		runNginx(t, at, address)
		tr := &http.Transport{DialContext: fromAnother(address)}
		seen, _ := reportOf(t, &http.Client{Transport: tr}, "http://app.example.com/x")
		tr.CloseIdleConnections()
		if seen.fields("X-Forwarded-For") != want || (seen.fields("X-Forwarded-Proto") == "https") != (trust != "") {
			t.Errorf("%q: for %q, proto %q", trust, seen.fields("X-Forwarded-For"), seen.fields("X-Forwarded-Proto"))
		}
		g.stop()
		if _, err := os.Lstat(socket); err == nil {
			t.Error("the socket is still there")
		}
	}
}
