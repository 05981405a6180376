package door_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// A recording host remembers which effects were asked for.
type recording struct {
	runtime.Host
	mu    sync.Mutex
	kinds []string
	args  [][]string
}

// Perform implements [runtime.Host].
func (h *recording) Perform(kind string, args ...string) (runtime.Frame, error) {
	h.mu.Lock()
	h.kinds, h.args = append(h.kinds, kind), append(h.args, args)
	h.mu.Unlock()
	return h.Host.Perform(kind, args...)
}

// withKV is a bridge whose runtime has Workers KV.
func withKV(t *testing.T) *bridge {
	t.Helper()
	options := bridged(t)
	options["kv"] = []string{"EDGEWARD_KV"}
	return &bridge{start(t, options), t.Name() + "/"}
}

// TestWhoWritesKVIsNobody: row 71, through the whole Worker: keys and a session
// that somebody planted in the namespace let nobody in.
func TestWhoWritesKVIsNobody(t *testing.T) {
	h := withKV(t)
	ctx := runtime.WithHost(t.Context(), h)
	genuine, attacker := newIssuer(t), newIssuer(t)
	open := func(secret string) runtime.Handler { return overKV(t, genuine, secret) }

	// The attacker's own keys, under the name of the issuer's.
	forged := &issuer{Server: genuine.Server, key: attacker.key}
	planted := attacker.set(t)
	uri := "jwks/" + genuine.URL + " " + genuine.URL + "/jwks"
	frame := runtime.Frame{strings.Repeat("m", 32), strconv.FormatInt(time.Now().UnixMilli(), 10), "3600", string(planted)}
	if _, err := h.Perform("kv-put", uri, string(frame.Append(nil)), "3600"); err != nil {
		t.Fatal(err)
	}
	get := func(handle runtime.Handler, name, value string) runtime.Frame {
		return handle(ctx, runtime.Frame{"GET", "https://edge.example/x", "192.0.2.1", "", name, value})
	}
	if got := get(open("s"), "authorization", "Bearer "+forged.token(t, time.Now())); got[0] == "forward" {
		t.Error("a token of keys that somebody planted in KV lets in")
	}
	time.Sleep(1100 * time.Millisecond) // KV takes a write a second
	first := open("s")
	token := genuine.token(t, time.Now())
	if got := get(first, "authorization", "Bearer "+token); got[0] != "forward" {
		t.Fatalf("a good token: %q", got[:3])
	}
	fetches := genuine.fetches.Load()
	if got := get(open("s"), "authorization", "Bearer "+token); got[0] != "forward" || genuine.fetches.Load() != fetches {
		t.Errorf("another instance asks the issuer although there is a copy of ours: %q", got[:3])
	}
	if got := get(open("x"), "authorization", "Bearer "+token); got[0] != "forward" || genuine.fetches.Load() == fetches {
		t.Errorf("an instance with another secret believes the copy: %q", got[:3])
	}
}

// TestAPlantedSession: row 71. What a session's copy says is what the object says.
func TestAPlantedSession(t *testing.T) {
	h := withKV(t)
	seen := &recording{Host: h}
	ctx := runtime.WithHost(t.Context(), seen)
	issuer := newIssuer(t)
	handle := overKV(t, issuer, "s")
	var made struct{ Cookie string }
	answer := handle(ctx, runtime.Frame{"POST", "https://edge.example/v1/sessions", "192.0.2.1", `{"issuer":"https://i.example","subject":"bob"}`, "authorization", "Bearer " + adminSecret, "content-type", "application/json"})
	if err := json.Unmarshal([]byte(answer[2]), &made); err != nil || made.Cookie == "" {
		t.Fatalf("%q %v", answer, err)
	}
	who := func(handle runtime.Handler) string {
		return field(handle(ctx, runtime.Frame{"GET", "https://edge.example/x", "192.0.2.1", "", "cookie", made.Cookie}), "X-Auth-Subject")
	}
	if got := who(handle); got != "bob" {
		t.Fatalf("the session is %q's", got)
	}
	key := ""
	for i, kind := range seen.kinds {
		if kind == "kv-put" {
			key = seen.args[i][0]
		}
	}
	copied, err := h.Perform("kv-get", key)
	if err != nil || len(copied) != 1 || !strings.Contains(copied[0], "bob") {
		t.Fatalf("the copy %s: %q %v", key, copied, err)
	}
	time.Sleep(1100 * time.Millisecond) // KV takes a write a second
	if _, err := h.Perform("kv-put", key, strings.ReplaceAll(copied[0], "bob", "eve"), "60"); err != nil {
		t.Fatal(err)
	}
	if got := who(overKV(t, issuer, "s")); got != "bob" {
		t.Errorf("by a copy that somebody edited the session is %q's", got)
	}
}

// TestNoSecretNoCopies: what nobody can authenticate is neither read nor written.
func TestNoSecretNoCopies(t *testing.T) {
	issuer := newIssuer(t)
	h := &recording{Host: withKV(t)}
	handle := overKV(t, issuer, "")
	got := handle(runtime.WithHost(context.Background(), h), runtime.Frame{"GET", "https://edge.example/x", "192.0.2.1", "", "authorization", "Bearer " + issuer.token(t, time.Now())})
	if got[0] != "forward" {
		t.Fatalf("%q", got[:3])
	}
	for _, kind := range h.kinds {
		if strings.HasPrefix(kind, "kv-") {
			t.Errorf("without tokens.secret the Worker asks for %s", kind)
		}
	}
}

// overKV is a Worker outside of the runtime, over its storage, that accepts an
// issuer's tokens and, with a secret, has sessions.
func overKV(t *testing.T, i *issuer, secret string) runtime.Handler {
	t.Helper()
	text := `{"proxy": {"listen": ":0", "upstream": "https://origin.example"}, "issuers": [{"issuer": "` + i.URL + `", "audiences": ["` + audience + `"], "jwks_uri": "` + i.URL + `/jwks"}],`
	secrets := map[string]edgeward.Secret{door.AdminSecret: edgeward.NewSecret(adminSecret)}
	authenticate := `"bearer"`
	if secret != "" {
		secrets["S"] = edgeward.NewSecret(secret + " is how the secret of a test begins")
		text += `"store": {"path": "EDGEWARD_STORE"}, "sessions": {}, "tokens": {"secret": "env:S"},`
		authenticate += `, "session"`
	}
	c, err := door.ParseConfiguration(text+`"routes": {"_middleware": {"authenticate": [`+authenticate+`]}}}`, secrets)
	if err != nil {
		t.Fatal(err)
	}
	s, err := door.NewSystem(c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle
}

// field returns a field of a request that is forwarded.
func field(f runtime.Frame, name string) string {
	if f[0] == "forward" {
		for pair := f[6:]; len(pair) > 1; pair = pair[2:] {
			if pair[0] == name {
				return pair[1]
			}
		}
	}
	return ""
}
