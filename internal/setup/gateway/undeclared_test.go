package gateway_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// Behind a proxy that nobody declared, one guesser does not ban everybody; the
// log says so, once.
func TestAProxyThatNobodyDeclared(t *testing.T) {
	var log bytes.Buffer
	l := newHybrid(t, "{memory: true}", "failures: {limit: 3, window: 10m}").run(gateway.Environment{Stores: gateway.FilesBy(sqlitestore.OpenFile), Log: slog.New(slog.NewTextHandler(&log, nil))})
	guess := func(peer, told string) int {
		r := httptest.NewRequest("GET", "http://edge.example/x", nil)
		r.RemoteAddr = peer
		r.Header.Set("Cookie", session.CookieName+"=ews_made-up")
		if told != "" {
			r.Header.Set("X-Forwarded-For", told)
		}
		w := httptest.NewRecorder()
		l.Door(config.ProxyListen).ServeHTTP(w, r)
		return w.Code
	}
	warnings := func() int { return strings.Count(log.String(), "list each proxy in trusted_proxies") }
	if status := guess("203.0.113.7:9", ""); status != 401 || warnings() != 0 {
		t.Errorf("without a proxy: status %d, %d warnings", status, warnings())
	}
	for range 10 {
		if status := guess("127.0.0.1:9", ""); status != 401 || warnings() != 1 {
			t.Fatalf("through a proxy that sends no field: status %d, %d warnings", status, warnings())
		}
	}
	for range 10 {
		if status := guess("127.0.0.1:9", "203.0.113.9"); status != 401 {
			t.Fatalf("through the proxy: status %d", status)
		}
	}
	if n := l.System().Blocked(); n != 0 || warnings() != 1 {
		t.Errorf("%d blocked, %d warnings", n, warnings())
	}
	for range 3 {
		guess("198.51.100.1:9", "203.0.113.9")
	}
	if status := guess("198.51.100.1:9", "203.0.113.10"); status != 429 {
		t.Errorf("a liar on the Internet: status %d", status)
	}
}

// TestNetworksOfClients: where a private address is that of one client, its
// failed attempts count, at the proxy and in the middleware.
func TestNetworksOfClients(t *testing.T) {
	l := newHybrid(t, "{memory: true}", "failures: {limit: 3, window: 10m}\nclient_networks: [127.0.0.0/8]").run(onDisk)
	attempt := func(h http.Handler) int {
		r := httptest.NewRequest("GET", "http://edge.example/x", nil)
		r.RemoteAddr = "127.0.0.1:9"
		r.Header.Set("Cookie", session.CookieName+"=ews_made-up")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	middleware := l.System().Middleware(http.NotFoundHandler())
	for _, want := range []int{401, 401, 401, 429} {
		if status := attempt(middleware); status != want {
			t.Errorf("the middleware: status %d, want %d", status, want)
		}
	}
	if status := attempt(l.Door(config.ProxyListen)); status != 429 {
		t.Errorf("the proxy: status %d, want 429", status)
	}
}
