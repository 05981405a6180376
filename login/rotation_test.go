package login_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
)

// over serves p over HTTP, with its keys.
func over(t *testing.T, p *idp) (fetched *atomic.Int32) {
	t.Helper()
	fetched = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			fetched.Add(1)
			w.Header().Set("Content-Type", "application/json")
			p.mu.Lock()
			defer p.mu.Unlock()
			w.Write(jwks.AppendSet(nil, p.signer.Public()))
			return
		}
		body := make([]byte, max(r.ContentLength, 0))
		r.Body.Read(body)
		answer, err := p.fetch(openid.Request{Method: r.Method, URL: p.issuer + r.URL.Path, Header: map[string][]string(r.Header), Body: body})
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", answer.Header.First("Content-Type"))
		w.WriteHeader(answer.Status)
		w.Write(answer.Body)
	}))
	t.Cleanup(server.Close)
	p.issuer = server.URL
	return fetched
}

// The provider rotates its keys between the redirect and the callback: its key
// set is asked once more, whatever strangers had it asked for a moment ago, and
// the person notices nothing. All of it over HTTP.
func TestKeysThatChangeDuringASignIn(t *testing.T) {
	b := &browser{world: newWorld(t)}
	fetched := over(t, b.one)
	p := &b.config.Providers[0]
	keys, err := remote.New(remote.Config{Issuer: b.one.issuer, Importer: stdcrypto.Import, Now: b.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	p.Issuer, p.Keys = b.one.issuer, keys
	b.config.Fetcher = outbound.NewFetcher(outbound.Config{})
	if b.Login, err = login.New(b.config); err != nil {
		t.Fatal(err)
	}
	if _, err := b.signIn(t, b.one, "one"); err != nil {
		t.Fatal(err)
	}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	if _, err := keys.Key(t.Context(), "made up", true, jwt.RS256); edgeward.ReasonOf(err) != edgeward.TokenKey {
		t.Fatal(err)
	}
	b.one.mu.Lock()
	b.one.signer = newSigner("next", jwt.RS256)
	b.one.mu.Unlock()
	if _, err := b.finish(t, c); err != nil {
		t.Error(err)
	}
	if n := fetched.Load(); n != 3 {
		t.Errorf("the key set was fetched %d times, want 3", n)
	}
}
