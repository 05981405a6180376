package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
)

// A site is a gateway that runs on a folder.
type site struct {
	t *testing.T
	*Process
	dir       string
	authority *certificatetest.Authority
	log       *lockedLog
}

type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newSite runs a gateway whose file has more beside an application that says how it
// was asked. "DIR" in it stands for the folder.
func newSite(t *testing.T, authority *certificatetest.Authority, files map[string][]byte, more string) *site {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		h := hr.Header
		_, _ = fmt.Fprintf(w, "for=%s proto=%s host=%s", h.Get("X-Forwarded-For"), h.Get("X-Forwarded-Proto"), h.Get("X-Forwarded-Host"))
	}))
	t.Cleanup(app.Close)
	s := &site{t: t, dir: t.TempDir(), authority: authority, log: &lockedLog{}}
	for name, data := range files {
		s.write(name, data)
	}
	text := strings.NewReplacer("DIR", s.dir, "UPSTREAM", app.URL).Replace(more)
	s.write("edgeward.yaml", []byte(text+"\nroutes: {_middleware: {authenticate: []}}\n"))
	c, err := source.Load(filepath.Join(s.dir, "edgeward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Process, err = Open(c, slog.New(slog.NewTextHandler(s.log, nil)), "test"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// write replaces a file at once.
func (s *site) write(name string, data []byte) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		s.t.Fatal(err)
	}
}

// at returns where a listener is.
func (s *site) at(name string) string {
	s.t.Helper()
	for _, l := range s.Listeners() {
		if l.Name() == name {
			return l.Address()
		}
	}
	s.t.Fatalf("there is no %s", name)
	return ""
}

// client returns one that finds every host at a listener.
func (s *site) client(name string, protocols ...func(*http.Protocols, bool)) *http.Client {
	s.t.Helper()
	address, p := s.at(name), new(http.Protocols)
	for _, set := range protocols {
		set(p, true)
	}
	tr := &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{RootCAs: s.authority.Pool()}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		to := address
		if path, local := strings.CutPrefix(address, "unix:"); local {
			network, to = "unix", path
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}}
	s.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

var (
	http1 = (*http.Protocols).SetHTTP1
	http2 = (*http.Protocols).SetHTTP2
	h2c   = (*http.Protocols).SetUnencryptedHTTP2
)

func say(c *http.Client, url string, fields ...string) string {
	hr, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	for i := 0; i < len(fields); i += 2 {
		hr.Header.Set(fields[i], fields[i+1])
	}
	res, err := c.Do(hr)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(res.StatusCode, " ", string(body))
}

const secureProxy = `
proxy:
  listen: 127.0.0.1:0
  upstream: UPSTREAM
  hosts: [app.example.com, other.example.com, "*.wild.example.com"]
  redirect: 127.0.0.1:0
  tls: {certificates: [{certificate: file:tls.crt, key: file:tls.key}, {certificate: file:wild.crt, key: file:wild.key}]}
admin: {listen: 127.0.0.1:0}
`

func secureSite(t *testing.T) *site {
	t.Helper()
	a := certificatetest.New(t)
	files := map[string][]byte{}
	files["tls.crt"], files["tls.key"] = a.Issue(90*24*time.Hour, "app.example.com")
	files["wild.crt"], files["wild.key"] = a.Issue(24*time.Hour, "*.wild.example.com")
	return newSite(t, a, files, secureProxy)
}

// A client gets the certificate of the host that it names, and the application
// hears how it came.
func TestHTTPSThroughTheWholeGateway(t *testing.T) {
	s := secureSite(t)
	for name, protocol := range map[string]func(*http.Protocols, bool){"HTTP/1.1": http1, "HTTP/2": http2} {
		c := s.client(config.ProxyListen, protocol)
		for host, want := range map[string]string{
			"app.example.com":    "200 for=127.0.0.1 proto=https host=app.example.com",
			"a.wild.example.com": "200 for=127.0.0.1 proto=https host=a.wild.example.com",
			"other.example.com":  "certificate is valid for app.example.com",
			"wild.example.com":   "certificate is valid for app.example.com",
		} {
			if got := say(c, "https://"+host+"/"); !strings.Contains(got, want) {
				t.Errorf("%s, %s: %s", name, host, got)
			}
		}
		if got := say(c, "https://app.example.com/%2e%2e/x"); !strings.HasPrefix(got, "400") { // and the connection stays
			t.Errorf("%s: %s", name, got)
		}
	}
	report := s.report()
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "wild.crt") || !report.Ready {
		t.Errorf("a certificate that ends tomorrow: %+v", report)
	}
	for s.Listeners()[0].Refused()["client"] < 4 { // a server hears of it later than its client
		time.Sleep(time.Millisecond)
	}
	metrics := say(s.client(config.AdminListen, http1), "http://"+s.at(config.AdminListen)+"/metrics")
	for _, line := range []string{
		`edgeward_certificate_expiry_timestamp_seconds{certificate="tls.crt",listener="proxy.listen"}`,
		`edgeward_handshakes_failed_total{kind="client",listener="proxy.listen"} 4`,
		`edgeward_connections{listener="proxy.redirect"}`,
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s in the metrics", line)
		}
	}
}

// What a browser asks by HTTP it is sent to by HTTPS, on hosts that are served.
func TestTheRedirectToHTTPS(t *testing.T) {
	s := secureSite(t)
	c := s.client("proxy.redirect", http1)
	_, port, _ := net.SplitHostPort(s.at("proxy.redirect"))
	for rule, row := range map[string]struct {
		method, host, target string
		status               int
		to                   string
	}{
		"a page":                    {"GET", "app.example.com", "/a%20b?x=1&y", 301, "https://app.example.com:0/a%20b?x=1&y"},
		"its head":                  {"HEAD", "app.example.com", "/", 301, "https://app.example.com:0/"},
		"another spelling and port": {"GET", "APP.Example.com.:" + port, "/", 301, "https://app.example.com:0/"},
		"a form":                    {"POST", "app.example.com", "/form", 308, "https://app.example.com:0/form"},
		"a host below":              {"GET", "a.wild.example.com", "/", 301, "https://a.wild.example.com:0/"},
		"another host":              {"GET", "evil.example", "/", 421, ""},
		"an address":                {"GET", "127.0.0.1", "/", 421, ""},
		"no host":                   {"GET", "a b", "/", 400, ""},
		"two readings":              {"GET", "app.example.com", "/a/../b", 400, ""},
		"another authority":         {"GET", "app.example.com", "//evil.example/", 400, ""},
	} {
		conn, err := net.Dial("tcp", s.at("proxy.redirect"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", row.method, row.target, row.host)
		answer, err := io.ReadAll(conn)
		_ = conn.Close()
		text := string(answer)
		if err != nil || !strings.HasPrefix(text, fmt.Sprintf("HTTP/1.1 %d ", row.status)) || strings.Contains(text, "Location: ") != (row.to != "") || row.to != "" && !strings.Contains(text, "Location: "+row.to+"\r\n") {
			t.Errorf("%s: %v, %s", rule, err, text)
		}
	}
	if got := say(c, "http://app.example.com/"); !strings.HasPrefix(got, "301") {
		t.Error(got)
	}
}

// Certificates are replaced as Kubernetes does it while clients ask, on connections
// that stay and on new ones, and no request fails. A pair that does not fit leaves
// what was there.
func TestCertificatesAreReplacedUnderLoad(t *testing.T) {
	a := certificatetest.New(t)
	dir := t.TempDir()
	mount := func(version string, chain, key []byte) { // ..data is another folder, at once
		folder := filepath.Join(dir, version)
		for _, err := range []error{
			os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "tls.crt"), chain, 0o600), os.WriteFile(filepath.Join(folder, "tls.key"), key, 0o600),
			os.Symlink(version, filepath.Join(dir, "..new")), os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	chain, key := a.Issue(90*24*time.Hour, "app.example.com")
	mount("v0", chain, key)
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, a, nil, strings.ReplaceAll(`
proxy: {listen: 127.0.0.1:0, upstream: UPSTREAM, tls: {certificates: [{certificate: "file:MOUNT/tls.crt", key: "file:MOUNT/tls.key"}]}}
admin: {listen: 127.0.0.1:0}
`, "MOUNT", dir))

	var asked, failed atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 6 {
		clients.Go(func() {
			c := s.client(config.ProxyListen, []func(*http.Protocols, bool){http1, http2}[i%2])
			c.Transport.(*http.Transport).DisableKeepAlives = i%3 == 0
			for {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if got := say(c, "https://app.example.com/"); !strings.HasPrefix(got, "200") {
					failed.Add(1)
					t.Error(got)
				}
			}
		})
	}
	shown := func() *x509.Certificate {
		conn, err := tls.Dial("tcp", s.at(config.ProxyListen), &tls.Config{RootCAs: a.Pool(), ServerName: "app.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0]
	}
	for version := range 5 {
		before := shown()
		chain, key = a.Issue(90*24*time.Hour, "app.example.com")
		mount(fmt.Sprint("v", version+1), chain, key)
		if err := s.live.Reload(); err != nil {
			t.Fatal(err)
		}
		if after := shown(); after.Equal(before) {
			t.Error("the certificate is the old one")
		}
		for had := asked.Load(); asked.Load() < had+50; {
			time.Sleep(time.Millisecond)
		}
	}
	before := shown()
	mount("unfit", chain, func() []byte { _, other := a.Issue(time.Hour, "app.example.com"); return other }())
	if err := s.live.Reload(); err == nil || !strings.Contains(err.Error(), "does not belong") {
		t.Errorf("%v", err)
	}
	if !shown().Equal(before) {
		t.Error("half a pair is in force")
	}
	close(stop)
	clients.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
	}
}

// What a listener is opened with takes a restart.
func TestATransportDoesNotChangeByAReload(t *testing.T) {
	s := secureSite(t)
	whole, err := os.ReadFile(filepath.Join(s.dir, "edgeward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"proxy.redirect":       {"  redirect: 127.0.0.1:0\n", ""},
		"proxy.proxy_protocol": {"  redirect: 127.0.0.1:0\n", "  redirect: 127.0.0.1:0\n  proxy_protocol: [10.0.0.0/8]\n"},
		"proxy.tls":            {"  redirect: 127.0.0.1:0\n  tls:", "  # tls:"},
	} {
		s.write("edgeward.yaml", []byte(strings.Replace(string(whole), change[0], change[1], 1)))
		if err := s.live.Reload(); err == nil || what != "proxy.tls" && !strings.Contains(err.Error(), what+" changed") {
			t.Errorf("%s: %v", what, err)
		}
	}
	s.write("edgeward.yaml", []byte(strings.Replace(string(whole), "tls: {", "tls: {min_version: 1.3, ", 1)))
	if err := s.live.Reload(); err != nil {
		t.Error(err)
	}
	if _, err := tls.Dial("tcp", s.at(config.ProxyListen), &tls.Config{RootCAs: s.authority.Pool(), ServerName: "app.example.com", MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 is still spoken")
	}
}

// Whose word counts for a client's address: a peer's on a Unix socket, where the
// configuration says so, and that of a PROXY header, which is then a peer's own.
func TestTheClientsAddress(t *testing.T) {
	a := certificatetest.New(t)
	const head = "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n"
	for rule, row := range map[string]struct {
		listen, more string
		header       string
		forwarded    string
		want         string
	}{
		"a socket that is trusted":              {"unix:DIR/s", "trusted_proxies: [unix]", "", "203.0.113.9", "for=203.0.113.9 proto=https"},
		"a socket that is trusted, and silence": {"unix:DIR/s", "trusted_proxies: [unix]", "", "", "for= proto=https"},
		"a socket that is not":                  {"unix:DIR/s", "", "", "203.0.113.9", "for= proto=http "},
		"a socket, and the networks alone":      {"unix:DIR/s", "trusted_proxies: [127.0.0.0/8]", "", "203.0.113.9", "for= proto=http "},
		"a field that says unix":                {"127.0.0.1:0", "trusted_proxies: [unix, 127.0.0.0/8]", "", "203.0.113.9, ::%unix", "for=::, 127.0.0.1 proto=https"},
		"introduced on a socket":                {"unix:DIR/s, proxy_protocol: [unix]", "", head, "198.51.100.9", "for=203.0.113.7 proto=http "},
		"introduced":                            {"127.0.0.1:0, proxy_protocol: [127.0.0.0/8]", "", head, "198.51.100.9", "for=203.0.113.7 proto=http "},
		"introduced, a trusted proxy":           {"127.0.0.1:0, proxy_protocol: [127.0.0.0/8]", "trusted_proxies: [203.0.113.0/24]", head, "198.51.100.9", "for=198.51.100.9, 203.0.113.7 proto=https"},
		"introduced by a trusted proxy":         {"127.0.0.1:0, proxy_protocol: [127.0.0.0/8]", "trusted_proxies: [127.0.0.0/8]", head, "198.51.100.9", "for=203.0.113.7 proto=http "},
		"introduced as nobody on a socket":      {"unix:DIR/s, proxy_protocol: [unix]", "trusted_proxies: [unix]", "PROXY UNKNOWN\r\n", "198.51.100.9", "for= proto=http "},
		"introduced as nobody":                  {"127.0.0.1:0, proxy_protocol: [127.0.0.0/8]", "trusted_proxies: [127.0.0.0/8]", "PROXY UNKNOWN\r\n", "198.51.100.9", "for= proto=http "},
	} {
		s := newSite(t, a, nil, "proxy: {upstream: UPSTREAM, listen: "+strings.Replace(row.listen, "unix:DIR/s", `"unix:DIR/s"`, 1)+"}\nadmin: {listen: 127.0.0.1:0}\n"+row.more)
		network, address := "tcp", s.at(config.ProxyListen)
		if path, local := strings.CutPrefix(address, "unix:"); local {
			network, address = "unix", path
		}
		conn, err := net.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "%sGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: %s\r\n\r\n", row.header, row.forwarded)
		answer, err := io.ReadAll(conn)
		_ = conn.Close()
		if err != nil || !strings.Contains(string(answer), "\r\n\r\n"+row.want) {
			t.Errorf("%s: %v, %s", rule, err, answer)
		}
	}
}

// The operators' listener and the one for proxies have the same keys.
func TestEveryListenerSpeaksTLS(t *testing.T) {
	a := certificatetest.New(t)
	files := map[string][]byte{}
	files["tls.crt"], files["tls.key"] = a.Issue(90*24*time.Hour, "app.example.com", "127.0.0.1")
	const pair = "tls: {certificates: [{certificate: file:tls.crt, key: file:tls.key}]}"
	s := newSite(t, a, files, "forward_auth: {listen: 127.0.0.1:0, "+pair+"}\nadmin: {listen: 127.0.0.1:0, "+pair+"}\ntrusted_proxies: [127.0.0.1/32]\n")
	if got := say(s.client(config.ForwardAuthListen, http2), "https://app.example.com/verify", "X-Forwarded-Method", "GET", "X-Forwarded-Uri", "/", "X-Forwarded-Host", "a", "X-Forwarded-Proto", "https"); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
	if got := say(s.client(config.AdminListen, http2), "https://"+s.at(config.AdminListen)+"/readyz"); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
	if got := say(s.client(config.AdminListen, http2), "https://app.example.com/readyz"); !strings.HasPrefix(got, "421") { // DNS rebinding
		t.Error(got)
	}
}

func TestHTTP2WithoutTLSThroughTheWholeGateway(t *testing.T) {
	a := certificatetest.New(t)
	s := newSite(t, a, nil, "proxy: {listen: 127.0.0.1:0, upstream: UPSTREAM, h2c: true}\nadmin: {listen: \"unix:DIR/admin\"}\n")
	for _, protocol := range []func(*http.Protocols, bool){h2c, http1} {
		if got := say(s.client(config.ProxyListen, protocol), "http://app.example.com/"); got != "200 for=127.0.0.1 proto=http host=app.example.com" {
			t.Error(got)
		}
	}
	if got := say(s.client(config.AdminListen, http1), "http://anything/healthz"); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
}
