package gateway_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// An inside is a provider whose issuer is out of reach from here: its metadata, token and
// userinfo endpoints are at an address of the inside, with a certificate of a private
// authority.
type inside struct {
	*httptest.Server
	t         *testing.T
	key       *keyfile.Private
	nonce     atomic.Value
	assertion atomic.Value // the last one
}

const insideIssuer = "https://id.example"

func newInside(t *testing.T) *inside {
	key, err := keyfile.Generate(jwt.RS256)
	if err != nil {
		t.Fatal(err)
	}
	p := &inside{t: t, key: key}
	mux := http.NewServeMux()
	p.Server = httptest.NewUnstartedServer(mux)
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that are meant to fail
	say := func(path string, what func(r *http.Request) any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(what(r))
		})
	}
	say("/meta", func(*http.Request) any {
		return map[string]any{
			"issuer": insideIssuer, "authorization_endpoint": insideIssuer + "/authorize", "token_endpoint": insideIssuer + "/token", "jwks_uri": p.URL + "/keys",
		}
	})
	say("/keys", func(*http.Request) any { return json.RawMessage(jwks.AppendSet(nil, key.Public())) })
	say("/me", func(*http.Request) any { return map[string]any{"sub": "alice", "roles": []string{"staff"}} })
	say("/token", func(r *http.Request) any {
		p.assertion.Store(r.FormValue("client_assertion"))
		now := time.Now().Unix()
		claims, _ := json.Marshal(map[string]any{"iss": insideIssuer, "sub": "alice", "aud": "edge", "iat": now, "exp": now + 60, "nonce": p.nonce.Load()})
		id, err := jwt.Sign(r.Context(), key, "JWT", claims)
		if err != nil {
			t.Error(err)
		}
		return map[string]any{"token_type": "Bearer", "access_token": "a", "refresh_token": "r", "id_token": id}
	})
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

// What the configuration says of a provider reaches whatever asks it: requests of
// sign-ins, and those for its keys.
func TestAProviderInside(t *testing.T) {
	p := newInside(t)
	entry := fmt.Sprintf(`login:
  origin: https://app.example
  providers:
    - name: id
      issuer: %s
      client_id: edge
      metadata: %[2]s/meta
      token_endpoint: %[2]s/token
      userinfo_endpoint: %[2]s/me
      userinfo: always
      authorization_params: {prompt: select_account, resource: [https://a.example, https://b.example]}
      client_assertion_file: file:token
      permissions: {claim: roles, map: {staff: [app]}}
`, insideIssuer, p.URL)
	env := gateway.Environment{Stores: gateway.FilesBy(sqlitestore.OpenFile)}

	strange := newHybrid(t, "{memory: true}", entry)
	strange.write("token", "token-0")
	if errs := strange.run(env).System().Login.Check(t.Context()); len(errs) == 0 {
		t.Error("a certificate of an unknown authority is believed")
	}

	f := newHybrid(t, "{memory: true}", entry+"      ca: file:ca.pem\n")
	f.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})))
	f.write("token", "token-1\n")
	l := f.run(env).System().Login
	if errs := l.Check(t.Context()); len(errs) > 0 {
		t.Fatal(errs)
	}
	begun, err := l.Begin(t.Context(), "id", edgeward.Secret{}, "/")
	if err != nil {
		t.Fatal(err)
	}
	asked, _ := url.Parse(begun.Location)
	q := asked.Query()
	if !strings.HasPrefix(begun.Location, insideIssuer+"/authorize?") || q.Get("prompt") != "select_account" || len(q["resource"]) != 2 {
		t.Errorf("the browser is sent to %s", begun.Location)
	}
	p.nonce.Store(q.Get("nonce"))
	who, err := l.Finish(t.Context(), edgeward.NewSecret(begun.Cookie), login.Callback{State: q.Get("state"), Code: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(who.Permissions, []string{"app"}) || p.assertion.Load() != "token-1" {
		t.Errorf("permissions %v, by %v", who.Permissions, p.assertion.Load())
	}
	// The platform wrote another token.
	f.write("token", "token-2")
	if _, err := l.Refresh(t.Context(), "id", who.Issuer, who.Subject, who.Grant); err != nil || p.assertion.Load() != "token-2" {
		t.Errorf("%v, by %v", err, p.assertion.Load())
	}
}
