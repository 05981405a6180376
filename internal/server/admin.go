package server

import (
	"encoding/json"
	"net"
	"net/http"
	"path"
	"strings"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// A Report says whether the gateway can serve, and what it waits for.
type Report struct {
	Ready    bool     `json:"ready"`
	Draining bool     `json:"draining"`
	KeySets  []KeySet `json:"key_sets"`
	// Degraded are the issuers and providers whose keys cannot be had. The node may
	// be ready without them.
	Degraded []string `json:"degraded"`
	// Upstreams are the servers of those with a name. A node is ready without any of
	// them: another node would be no better off.
	Upstreams []Upstream `json:"upstreams,omitempty"`
	Error     string     `json:"error,omitempty"` // what it waits for; it holds no secret
	// Warnings are what does not work and does not make it wait.
	Warnings []string `json:"warnings,omitempty"`
}

// An Upstream is one server's line in a Report.
type Upstream struct {
	Name   string `json:"name"`
	Server string `json:"server"`
	Up     bool   `json:"up"` // it is asked before those that are not
}

// A KeySet is one issuer's line in a Report.
type KeySet struct {
	Issuer  string  `json:"issuer"`
	Ready   bool    `json:"ready"` // loaded once, and not too old to use
	Keys    int     `json:"keys"`
	Ignored int     `json:"keys_ignored"` // of the set, but of no use
	Age     float64 `json:"age_seconds"`
	Note    string  `json:"note,omitempty"`  // why no token can match all the same
	Error   string  `json:"error,omitempty"` // of the last fetch
}

// AdminConfig is what the admin listener serves. All handlers have to be there.
type AdminConfig struct {
	Report  func() Report
	Metrics http.Handler
	Control http.Handler // below /v1/; demands an API key
	Console http.Handler // /console and below; demands that somebody signs in
	// Host returns the name, with a port unless that is the default one, under
	// which browsers know a proxy in front; "" for none. nil: there is none.
	Host func() string
}

// Admin serves /healthz (the process answers), /readyz (200 when Report says
// ready, else 503; the Report as JSON either way) and /metrics, which change
// nothing and show no secret, the control API and the console. It belongs on the
// loopback address all the same. Who asks there must call it by a loopback name,
// or by Host: a page in a browser whose name was made to point here (DNS
// rebinding) gets 421.
func Admin(cfg AdminConfig) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1", cfg.Control) // or the mux would redirect to /v1/
	mux.Handle("/v1/", cfg.Control)
	mux.Handle("/console", cfg.Console)
	mux.Handle("/console/", cfg.Console)
	mux.Handle("GET /{$}", http.RedirectHandler("/console", http.StatusSeeOther))
	mux.Handle("GET /metrics", cfg.Metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, struct {
			OK bool `json:"ok"`
		}{true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		status, r := http.StatusOK, cfg.Report()
		if !r.Ready {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		door.LimitUnreadBody(w, hr)
		if rebound(hr) && (cfg.Host == nil || !strings.EqualFold(hr.Host, cfg.Host())) {
			refuse(w, http.StatusMisdirectedRequest)
			return
		}
		if mended(hr.URL.Path) {
			refuse(w, http.StatusBadRequest)
			return
		}
		mux.ServeHTTP(w, hr)
	})
}

// mended reports whether the mux would redirect to another spelling of a path
// (dot segments, double slashes) instead of serving it. A client that follows
// takes its key along, and the method to an address that it did not name:
// DELETE /v1/api-keys/.. would become one of /v1/.
func mended(p string) bool {
	clean := path.Clean(p)
	return clean != p && (clean == "/" || clean+"/" != p)
}

// rebound reports whether hr came in on a loopback address under a name that is
// none. A client without a name for us is no browser.
func rebound(hr *http.Request) bool {
	local, ok := hr.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.IP.IsLoopback() && hr.Host != "" && !canonical.IsLoopback(hr.Host)
}

func answer(w http.ResponseWriter, status int, document any) {
	body, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		refuse(w, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
