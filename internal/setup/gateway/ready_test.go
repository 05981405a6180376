package gateway_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/gateway"
)

// TestReadiness: what a node can do, at a cold start while the keys of one issuer
// cannot be fetched.
func TestReadiness(t *testing.T) {
	up, down := keyServer(t), httptest.NewServer(nil)
	down.Close()
	issuer := func(name, uri string) string {
		return "  - {issuer: https://" + name + ".example/, audiences: [api], algorithms: [ES256], jwks_uri: " + uri + "}\n"
	}
	one, other, gone := issuer("one", up.URL), issuer("other", up.URL+"/other"), issuer("gone", down.URL)
	remembers := "store: {memory: true}\ntokens: {secret: file:secret}\n"
	for rule, row := range map[string]struct {
		issuers, more string
		ready         bool
		degraded      string
	}{
		"all can be had":                {one + other, "", true, ""},
		"one of two cannot":             {one + gone, "", true, "gone.example"},
		"one of two cannot, the first":  {gone + one, "", true, "gone.example"},
		"one of two cannot, strictly":   {one + gone, "admin: {strict_readiness: true}\n", false, "gone.example"},
		"all can be had, strictly":      {one + other, "admin: {strict_readiness: true}\n", true, ""},
		"the only one cannot":           {gone, "", false, "gone.example"},
		"the only one, beside sessions": {gone, remembers + "sessions: {}\n", true, "gone.example"},
		"the only one, beside API keys": {gone, remembers + "api_keys: {}\n", true, "gone.example"},
		"beside API keys, strictly":     {gone, remembers + "api_keys: {}\nadmin: {strict_readiness: true}\n", false, "gone.example"},
		"a store without either of two": {gone, remembers, false, "gone.example"},
	} {
		t.Run(rule, func(t *testing.T) {
			f := newFolder(t, to("http://127.0.0.1:3000")+"issuers:\n"+row.issuers+row.more)
			f.write("secret", strings.Repeat("0123456789abcdef", 4))
			l, _ := f.live()
			if l.System().Ready() == nil {
				t.Error("ready before anything was asked for")
			}
			ctx, stop := context.WithCancel(t.Context())
			stopped := make(chan error)
			go func() { stopped <- l.Run(ctx) }()
			defer func() {
				stop()
				<-stopped
				_ = l.Close()
			}()
			waitUntil(t, func() bool { return asked(l.System()) })
			if row.ready {
				waitUntil(t, func() bool { return l.System().Ready() == nil })
			}
			err, degraded := l.System().Ready(), l.System().Degraded()
			if (err == nil) != row.ready || err != nil && !strings.Contains(err.Error(), row.degraded) {
				t.Errorf("Ready: %v, want ready: %v", err, row.ready)
			}
			if row.degraded == "" && len(degraded) > 0 || row.degraded != "" && (len(degraded) != 1 || !strings.Contains(degraded[0].Error(), row.degraded)) {
				t.Errorf("degraded: %v, want %q", degraded, row.degraded)
			}
		})
	}
}

// asked reports whether every key set was asked for.
func asked(s *gateway.System) bool {
	for _, k := range s.KeySets() {
		if k.Fetches == 0 {
			return false
		}
	}
	return true
}
