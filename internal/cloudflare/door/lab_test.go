package door_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	module "github.com/edgeward/edgeward/internal/cloudflare/driver"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

const (
	adminSecret = "the-secret-of-the-back-end-0123456789"
	audience    = "https://api.example"
	own         = "https://edge.example/"
)

// driver are the modules of a deployed Worker, its entry first.
var driver = []string{
	"worker.mjs", "boot.mjs", "door.mjs", "reactor.mjs", "frame.mjs", "effects.mjs", "body.mjs", "fetch.mjs", "signatures.mjs", "store.mjs", "copies.mjs", "objects.mjs",
}

var scratch string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "edgeward-worker-*")
	if err != nil {
		panic(err)
	}
	scratch = folder
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// reactor is the built module.
var reactor = sync.OnceValues(func() (string, error) {
	wasm := filepath.Join(scratch, "app.wasm")
	cmd := exec.Command("go", slices.Concat([]string{"build"}, module.BuildFlags, []string{"-o", wasm, "../app"})...)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", err
	}
	built, err := os.ReadFile(wasm)
	if err != nil {
		return "", err
	}
	if built, err = module.Compact(built); err != nil {
		return "", err
	}
	return wasm, os.WriteFile(wasm, built, 0o600)
})

// A lab is a Worker as it is deployed, between an issuer and an origin.
type lab struct {
	*workerd
	issuer *issuer
	origin *origin
}

// proxyTo is the section of an upstream, "" for none.
func proxyTo(upstream string) map[string]any {
	section := map[string]any{"listen": ":0"}
	if upstream != "" {
		section["upstream"] = upstream
	}
	return section
}

// newLab deploys the Worker. More is added to its configuration, and options to
// those of the runtime.
func newLab(t testing.TB, more, options map[string]any) *lab {
	t.Helper()
	l := &lab{issuer: newIssuer(t), origin: newOrigin(t)}
	l.workerd = start(t, l.deployment(t, more, options))
	return l
}

func (l *lab) deployment(t testing.TB, more, options map[string]any) map[string]any {
	t.Helper()
	wasm, err := reactor()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{wasm}
	for _, name := range driver {
		files = append(files, filepath.Join("..", "driver", name))
	}
	folder := modules(t, files...)
	config := map[string]any{
		"proxy": proxyTo(l.origin.URL),
		"store": map[string]any{"path": "EDGEWARD_STORE"},
		"routes": map[string]any{
			"api/_middleware":    map[string]any{"authenticate": []string{"api_key", "bearer", "session"}},
			"api/admin":          map[string]any{"permissions": []string{"orders:write"}},
			"public/_middleware": map[string]any{"authenticate": []string{}},
		},
		"issuers":  []any{map[string]any{"issuer": l.issuer.URL, "audiences": []string{audience}, "jwks_uri": l.issuer.URL + "/jwks"}},
		"tokens":   map[string]any{"issuer": own, "audience": audience, "keys": "env:EDGEWARD_KEYRING", "secret": "env:EDGEWARD_SECRET"},
		"sessions": map[string]any{},
		"api_keys": map[string]any{},
	}
	maps.Copy(config, more)
	text, err := json.Marshal(config)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "edgeward.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	deployment := map[string]any{
		"folder":   folder,
		"modules":  append(append([]string{}, driver...), "app.wasm", "edgeward.json"),
		"objects":  map[string]string{"EDGEWARD_STORE": "EdgewardStore"},
		"kv":       []string{"EDGEWARD_KV"},
		"bindings": map[string]string{"EDGEWARD_KEYRING": newKeyRing(t), "EDGEWARD_SECRET": strings.Repeat("0123456789abcdes", 2), "EDGEWARD_ADMIN": adminSecret},
	}
	maps.Copy(deployment, options)
	return deployment
}

func newKeyRing(t testing.TB) string {
	t.Helper()
	key, err := keyring.NewHMAC(jwt.HS256, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Rotate(nil, keyring.Rotation{Key: key, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return string(ring)
}

// An answer is what a client gets.
type answer struct {
	*http.Response
	body []byte
}

// ask sends a request with fields, "Name: value".
func (l *lab) ask(method, path, body string, fields ...string) (answer, error) {
	return ask(fresh, method, strings.TrimSuffix(l.url, "/")+path, body, fields...)
}

func ask(client *http.Client, method, url, body string, fields ...string) (answer, error) {
	hr, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if hr.Header.Add(name, value); name == "Host" {
			hr.Host = value
		}
	}
	res, err := client.Do(hr)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	return answer{res, content}, err
}

// get sends a GET that has to be answered.
func (l *lab) get(t *testing.T, path string, fields ...string) answer {
	t.Helper()
	a, err := l.ask("GET", path, "", fields...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// admin does something as the back end does, and returns what was made.
func (l *lab) admin(t *testing.T, method, path, body string) map[string]string {
	t.Helper()
	made, err := l.made(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (l *lab) made(method, path, body string) (map[string]string, error) {
	a, err := l.ask(method, path, body, "Authorization: Bearer "+adminSecret, "Content-Type: application/json")
	if err != nil {
		return nil, err
	}
	if a.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: status %d: %s", method, path, a.StatusCode, a.body)
	}
	var document map[string]any
	if len(a.body) > 0 {
		err = json.Unmarshal(a.body, &document)
	}
	return texts(document), err
}

// texts are the strings of a document, and of what is in it.
func texts(document map[string]any) map[string]string {
	all := map[string]string{}
	for name, v := range document {
		switch v := v.(type) {
		case string:
			all[name] = v
		case map[string]any:
			maps.Copy(all, texts(v))
		}
	}
	return all
}

// An issuer signs RS256 tokens and publishes its keys.
type issuer struct {
	*httptest.Server
	key     crypto.Signer
	fetches atomic.Int64
	held    atomic.Pointer[hold]
}

// A hold keeps answers back.
type hold struct{ asked, release chan struct{} }

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := stdcrypto.GenerateKey(jwt.RS256)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	set := i.set(t)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		i.fetches.Add(1)
		if h := i.held.Load(); h != nil {
			h.asked <- struct{}{}
			<-h.release
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(set)
	}))
	t.Cleanup(i.Close)
	return i
}

// set is the key set that the issuer publishes.
func (i *issuer) set(t testing.TB) []byte {
	t.Helper()
	jwk, err := stdcrypto.PublicJWK(i.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	jwk.KeyID, jwk.Algorithm = "1", jwt.RS256
	return jwks.AppendSet(nil, jwk)
}

// token returns one that is valid from a time on, for an hour.
func (i *issuer) token(t testing.TB, from time.Time, extra ...jwt.Extra) string {
	t.Helper()
	signer, err := stdcrypto.NewSigner("1", jwt.RS256, i.key)
	if err != nil {
		t.Fatal(err)
	}
	c := jwt.Claims{Issuer: i.URL, Subject: "alice", Audience: []string{audience}, IssuedAt: from, Expires: from.Add(time.Hour), TokenID: rand.Text()}
	token, err := jwt.Sign(t.Context(), signer, "at+jwt", c.AppendJSON(nil, extra...))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// An origin is the application behind the Worker. It echoes.
type origin struct {
	*httptest.Server
	seen atomic.Pointer[http.Request]
}

func newOrigin(t testing.TB) *origin {
	t.Helper()
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		o.seen.Store(hr)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		io.Copy(w, io.MultiReader(bytes.NewReader([]byte("hello")), hr.Body))
	}))
	t.Cleanup(o.Close)
	return o
}

// tampered is a token whose signature is another's.
func tampered(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	signature, _ := base64.RawURLEncoding.DecodeString(token[at:])
	signature[0] ^= 1
	return token[:at] + base64.RawURLEncoding.EncodeToString(signature)
}
