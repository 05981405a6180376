package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// Keys that no token can match, and keys that are left out, are told where an
// operator looks: in the state of the key set, which /readyz and the console show.
func TestAKeySetThatFitsNoTokenIsNoted(t *testing.T) {
	private, err := stdcrypto.GenerateKey(jwt.ES256)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := stdcrypto.NewSigner("k", jwt.ES256, private)
	if err != nil {
		t.Fatal(err)
	}
	set := strings.Replace(string(jwks.AppendSet(nil, signer.Public())), `]`, `,{"kty":"AKP","kid":"pq"}]`, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, set)
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "edgeward.yaml")
	text := "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nroutes: {_middleware: {authenticate: [bearer]}}\n" +
		"issuers: [{issuer: " + server.URL + ", audiences: [api], jwks_uri: " + server.URL + "/keys}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := source.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gateway.Build(c.Config, onDisk, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for s.KeySets()[0].Fetches == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	k := s.KeySets()[0]
	if k.Keys != 1 || k.Ignored != 1 || !k.Usable || !strings.Contains(k.Note, "algorithms allows RS256, and the issuer's keys are for ES256") {
		t.Errorf("%+v", k)
	}
}
