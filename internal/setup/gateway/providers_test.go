package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// A provider that signs with nothing that is allowed is in the log, and in what
// /readyz says, before anybody tries to sign in; it takes no node out of service. A
// class that routes ask for, and that it does not list, is in the log.
func TestAProviderAtWhichNobodyCanSignInIsSaid(t *testing.T) {
	var provider *httptest.Server
	provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			_, _ = io.WriteString(w, `{"keys":[]}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": provider.URL, "authorization_endpoint": provider.URL + "/authorize", "token_endpoint": provider.URL + "/token",
			"jwks_uri": provider.URL + "/keys", "id_token_signing_alg_values_supported": []string{"HS512"}, "acr_values_supported": []string{"bronze", "silver"},
		})
	}))
	t.Cleanup(provider.Close)
	f := newHybrid(t, "{memory: true}", fmt.Sprintf("login:\n  origin: https://app.example\n  providers: [{name: id, issuer: %q, client_id: edge}]\nhosts: {x.example: {routes: {_middleware: {authenticate: [bearer], acr: [silver, gold]}}}}\n", provider.URL))
	var log lockedBuffer
	l, err := gateway.NewLive(f.load(), gateway.Environment{Stores: gateway.FilesBy(sqlitestore.OpenFile), Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- l.Run(ctx) }()
	defer func() {
		stop()
		if err := errors.Join(<-stopped, l.Close()); err != nil {
			t.Error(err)
		}
	}()
	waitUntil(t, func() bool { return len(l.System().Complaints()) > 0 })
	for _, said := range []string{strings.Join(l.System().Complaints(), "\n"), log.String()} {
		if !strings.Contains(said, "login provider id") || !strings.Contains(said, "HS512") || !strings.Contains(said, "RS256") {
			t.Errorf("it says %s", said)
		}
	}
	waitUntil(t, func() bool {
		return strings.Contains(log.String(), `login provider id: its metadata does not list acr [\"gold\"]`)
	})
}

// A lockedBuffer can be written to and read at a time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
