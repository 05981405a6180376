package gateway

import (
	"net/http"
	"strings"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// httpsPort is the one that a URL leaves out.
const httpsPort = "443"

// portOf returns what a URL says of the port of an address.
func portOf(address string) string {
	_, port, ok := rule.SplitHostPort(address)
	if !ok || transport.OnSocket(address) || port == httpsPort {
		return ""
	}
	return ":" + port
}

// ServeHTTP leads a request without TLS to the same page by HTTPS: 301, and 308
// where the method has to stay. The host is one that the listener answers for, in
// its one spelling; for others, and for what has two readings, there is a refusal. A
// client that followed has sent what it had in clear already, which no answer can
// undo: that is what Strict-Transport-Security is for.
func (s *Secure) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	door.LimitUnreadBody(w, hr)
	w.Header().Set("Cache-Control", "no-store")
	if proof, ok := s.challenges.Token(hr.URL.Path); ok && hr.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write([]byte(proof))
		return
	}
	host, err := canonical.Host(hr.Host, "http")
	target, wrong := canonical.RequestTarget(hr.RequestURI)
	switch {
	case err != nil || wrong != nil || target.Agrees("http", host) != nil:
		answer(w, http.StatusBadRequest)
		return
	case !s.serves(host):
		answer(w, http.StatusMisdirectedRequest)
		return
	}
	status := http.StatusPermanentRedirect
	if hr.Method == http.MethodGet || hr.Method == http.MethodHead {
		status = http.StatusMovedPermanently
	}
	w.Header().Set("Location", "https://"+canonical.Hostname(host)+s.port+hr.URL.RequestURI())
	answer(w, status)
}

// serves reports whether the listener answers for host, by the same lists as the
// door.
func (s *Secure) serves(host string) bool {
	if !s.hosts.Has(host) {
		return false
	}
	if l := s.trees.Login; l != nil && canonical.Hostname(strings.TrimPrefix(l.Origin, "https://")) == canonical.Hostname(host) {
		return true
	}
	_, _, covered := s.trees.Hosts.Lookup(host)
	return covered
}

// answer says a status in words and nothing of the request.
func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(http.StatusText(status) + "\n"))
}
