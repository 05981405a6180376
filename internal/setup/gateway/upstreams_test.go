package gateway_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
)

// statusOf sends a request through the proxy of l.
func statusOf(l *gateway.Live) int {
	w := httptest.NewRecorder()
	l.Door(config.ProxyListen).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Code
}

// A server that a private authority vouches for, and that asks who we are.
func TestUpstreamsAreVerifiedBothWays(t *testing.T) {
	ours, theirs := certificatetest.New(t), certificatetest.New(t)
	pair := func(a *certificatetest.Authority, hosts ...string) (tls.Certificate, []byte, []byte) {
		chain, key := a.Issue(time.Hour, hosts...)
		made, err := tls.X509KeyPair(chain, key)
		if err != nil {
			t.Fatal(err)
		}
		return made, chain, key
	}
	server, _, _ := pair(theirs, "app.internal")
	app := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.ServerName != "app.internal" || len(r.TLS.PeerCertificates) == 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	app.TLS = &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.Pool()}
	app.Config.ErrorLog = log.New(io.Discard, "", 0)
	app.StartTLS()
	defer app.Close()
	_, chain, key := pair(ours) // it names no host
	_, foreign, foreignKey := pair(theirs)
	for rule, row := range map[string]struct {
		settings string
		status   int
	}{
		"both know each other":          {"ca: file:ca.pem, server_name: app.internal, client_certificate: {certificate: file:us.crt, key: file:us.key}", 200},
		"without its authority":         {"server_name: app.internal, client_certificate: {certificate: file:us.crt, key: file:us.key}", 502},
		"another authority":             {"ca: file:ours.pem, server_name: app.internal, client_certificate: {certificate: file:us.crt, key: file:us.key}", 502},
		"another name":                  {"ca: file:ca.pem, server_name: web.internal, client_certificate: {certificate: file:us.crt, key: file:us.key}", 502},
		"the name of its address":       {"ca: file:ca.pem, client_certificate: {certificate: file:us.crt, key: file:us.key}", 502},
		"without our certificate":       {"ca: file:ca.pem, server_name: app.internal", 502},
		"another's certificate":         {"ca: file:ca.pem, server_name: app.internal, client_certificate: {certificate: file:foreign.crt, key: file:foreign.key}", 502},
		"the same in HTTP/1.1":          {"ca: file:ca.pem, server_name: app.internal, http2: false, client_certificate: {certificate: file:us.crt, key: file:us.key}", 200},
		"where HTTP/2 is not to be had": {"ca: file:ca.pem, server_name: app.internal, http2: true, client_certificate: {certificate: file:us.crt, key: file:us.key}", 502},
	} {
		t.Run(rule, func(t *testing.T) {
			f := newFolder(t, fmt.Sprintf("%supstreams: {app: {urls: [%q], %s}}\n", to("app"), app.URL, row.settings))
			for name, content := range map[string][]byte{"ca.pem": theirs.PEM, "ours.pem": ours.PEM, "us.crt": chain, "us.key": key, "foreign.crt": foreign, "foreign.key": foreignKey} {
				f.write(name, string(content))
			}
			l, _ := f.live()
			defer l.Close()
			if got := statusOf(l); got != row.status {
				t.Errorf("status %d, want %d", got, row.status)
			}
		})
	}
}

// An upstream whose section did not change keeps its connections and what is known of
// its servers; one that changed, or whose files did, is made anew, and the
// connections of the old one end.
func TestAReloadKeepsWhatDidNotChange(t *testing.T) {
	var opened, closed atomic.Int32
	app := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	app.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	}
	app.Start()
	defer app.Close()
	text := to("app") + fmt.Sprintf("upstreams: {app: {urls: [%q, %q], retry: true}}\n", app.URL, "http://127.0.0.1:1")
	f := newFolder(t, text)
	l, _ := f.live()
	defer l.Close()
	for range 40 { // some begin at the server that is not there, until it is left out
		if got := statusOf(l); got != 200 {
			t.Fatalf("status %d", got)
		}
	}
	failures := l.System().Upstreams()[1].Failures
	if failures < 3 || l.System().Upstreams()[1].Up || opened.Load() != 1 {
		t.Fatalf("%+v, %d connections", l.System().Upstreams(), opened.Load())
	}
	f.write("edgeward.yaml", strings.Replace(text, "authenticate: []", "authenticate: [], max_body: 1MiB", 1))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := l.System().Upstreams()[1]; statusOf(l) != 200 || opened.Load() != 1 || got.Failures != failures || got.Up {
		t.Errorf("%+v, %d connections", got, opened.Load())
	}
	f.write("edgeward.yaml", strings.Replace(text, "retry: true", "retry: true, idle_timeout: 5s", 1))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := l.System().Upstreams()[1]; got.Failures != 0 || !got.Up {
		t.Errorf("what changed knows of before: %+v", got)
	}
	for closed.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
}
