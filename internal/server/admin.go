package server

import (
	"encoding/json"
	"net/http"
)

// A Report says whether the gateway can serve, and what it waits for.
type Report struct {
	Ready    bool     `json:"ready"`
	Draining bool     `json:"draining"`
	KeySets  []KeySet `json:"key_sets"`
	Error    string   `json:"error,omitempty"` // what it waits for; it holds no secret
}

// A KeySet is one issuer's line in a Report.
type KeySet struct {
	Issuer string  `json:"issuer"`
	Ready  bool    `json:"ready"` // loaded once, and not too old to use
	Keys   int     `json:"keys"`
	Age    float64 `json:"age_seconds"`
	Error  string  `json:"error,omitempty"` // of the last fetch
}

// Admin serves /healthz (the process answers), /readyz (200 when report says
// ready, else 503; the Report as JSON either way) and /metrics, which change
// nothing and show no secret, and control below /v1/, which demands an API key.
// It belongs on the loopback address all the same.
func Admin(report func() Report, metrics, control http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", control)
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, struct {
			OK bool `json:"ok"`
		}{true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		status, r := http.StatusOK, report()
		if !r.Ready {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, r)
	})
	return mux
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
