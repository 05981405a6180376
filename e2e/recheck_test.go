package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config"
	setup "github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// kept is a store that outlives the gateways over it.
type kept struct{ store.Full }

func (kept) Close() error { return nil }

// A rechecked is some gateways over one store, at one origin, where users sign in at a
// real provider that is asked again about them.
type rechecked struct {
	t        *testing.T
	origin   string
	provider *provider
	nodes    []*http.Client // each reaches the origin at another node
	cookies  http.CookieJar
	log      *slog.Logger // of all nodes; nil discards

	mu      sync.Mutex
	results map[string]int
	header  int // bytes of the longest header of a request or an answer
	cookie  int // bytes of the longest Set-Cookie
}

func newRechecked(t *testing.T, outcome string, recheck time.Duration) *rechecked {
	t.Helper()
	r := &rechecked{t: t, origin: "http://" + loopback(freePort(t)), results: map[string]int{}}
	client, err := json.Marshal(map[string]any{
		"client_id": "edgeward", "redirect_uris": []string{r.origin + "/auth/callback"}, "grant_types": []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_method": "client_secret_basic", "client_secret": clientSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	r.provider = &provider{t: t, port: port, issuer: "http://" + loopback(port), keys: filepath.Join(t.TempDir(), "keys.json"), client: string(client), strict: true}
	r.provider.start()
	app := httptest.NewServer(http.HandlerFunc(r.application))
	t.Cleanup(app.Close)
	opened, err := sqlitestore.Open(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "all.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	all := kept{opened}
	r.cookies, _ = cookiejar.New(nil)
	dir := r.t.TempDir()
	for node := range 2 {
		loaded := r.configuration(dir, fmt.Sprintf("%d.db", node), app.URL, outcome)
		loaded.Config.Login.Providers[0].Recheck = recheck // below what a file may say: no test waits for minutes
		r.start(loaded, all)
	}
	return r
}

// application says who it is, and keeps a WebSocket open.
func (r *rechecked) application(w http.ResponseWriter, hr *http.Request) {
	if hr.Header.Get("Upgrade") == "" {
		fmt.Fprintf(w, "%s: %d", hr.Header.Get("X-Auth-Subject"), len(strings.Split(hr.Header.Get("X-Groups"), ",")))
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		r.t.Error(err)
		return
	}
	defer conn.Close()
	_, _ = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
	_ = buffered.Flush()
	_, _ = buffered.ReadByte() // until it is closed
}

// configuration is that of a node. The path of its store is where its audit log is.
func (r *rechecked) configuration(dir, path, upstream, outcome string) *source.Loaded {
	r.t.Helper()
	return r.load(dir, path, upstream, outcome, `
    - {name: idp, issuer: "`+r.provider.issuer+`", client_id: edgeward, client_secret: "file:client-secret", scopes: [openid, profile, offline_access],
       groups: roles, permissions: {claim: roles, map: {editor: ["articles:write"]}}, recheck: 1m}`, `
  edit: {permissions: ["articles:write"]}
  members: {allow: [{groups: [3f2504e0-4f89-11d3-9a0c-000000000198]}]}
  others: {allow: [{groups: [3f2504e0-4f89-11d3-9a0c-000000000199]}]}`)
}

// load reads the configuration of a node with these providers and routes.
func (r *rechecked) load(dir, path, upstream, outcome, providers, routes string) *source.Loaded {
	r.t.Helper()
	write := func(name, content string) {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil && name != "edgeward.yaml" {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	write("client-secret", clientSecret)
	write("secret", rand.Text()+rand.Text())
	jwk, err := keyring.NewHMAC("HS256", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	ring, err := keyring.Rotate(nil, keyring.Rotation{Key: jwk, Now: time.Now().Add(-3 * time.Hour)})
	if err != nil {
		r.t.Fatal(err)
	}
	write("keyring.jwks", string(ring))
	strategy := map[string]string{"session": "session", "tokens": "cookie", "both": "session, cookie"}[outcome]
	write("edgeward.yaml", `
proxy: {listen: "127.0.0.1:0", upstream: "`+upstream+`"}
store: {path: "`+filepath.Join(dir, path)+`"}
tokens: {issuer: "https://edge.example", audience: "https://edge.example", keys: "file:keyring.jwks", secret: "file:secret"}
sessions: {insecure_http: true}
login:
  origin: "`+r.origin+`"
  outcome: `+outcome+`
  providers:`+providers+`
routes:
  _middleware: {authenticate: [`+strategy+`]}`+routes+`
`)
	loaded, err := source.Load(filepath.Join(dir, "edgeward.yaml"))
	if err != nil {
		r.t.Fatal(err)
	}
	return loaded
}

func (r *rechecked) start(loaded *source.Loaded, all kept) {
	r.t.Helper()
	live, err := setup.NewLive(loaded, setup.Environment{
		Stores: setup.Stores{config.File: func(*config.Store) (store.Full, error) { return all, nil }},
		Log:    r.log,
		Rechecked: func(_, result string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.results[result]++
		},
	}, func(error, time.Time) {})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = live.Run(ctx) })
	front := httptest.NewServer(live.Door("proxy.listen"))
	r.t.Cleanup(func() { front.Close(); stop(); running.Wait(); _ = live.Close() })
	address := front.Listener.Addr().String()
	host := strings.TrimPrefix(r.origin, "http://")
	r.nodes = append(r.nodes, &http.Client{Jar: r.cookies, Transport: &measured{&http.Transport{DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		if to == host {
			to = address
		}
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}}, r}})
}

// measured looks at what travels between a browser and the origin.
type measured struct {
	*http.Transport
	r *rechecked
}

// RoundTrip implements [http.RoundTripper].
func (m *measured) RoundTrip(hr *http.Request) (*http.Response, error) {
	res, err := m.Transport.RoundTrip(hr)
	if err == nil && strings.HasPrefix(hr.URL.String(), m.r.origin) {
		m.r.mu.Lock()
		defer m.r.mu.Unlock()
		for _, h := range []http.Header{hr.Header, res.Header} {
			var text bytes.Buffer
			_ = h.Write(&text)
			m.r.header = max(m.r.header, text.Len())
		}
		for _, c := range res.Header["Set-Cookie"] {
			m.r.cookie = max(m.r.cookie, len(c))
		}
	}
	return res, err
}

// signIn has a user sign in as a browser does, at the first node.
func (r *rechecked) signIn(name string) {
	r.t.Helper()
	hr, _ := http.NewRequest("GET", r.origin+"/auth/login?return_to=/", nil)
	hr.Header.Set("Accept", "text/html")
	hr.Header.Set("Sec-Fetch-Mode", "navigate")
	res, err := r.nodes[0].Do(hr)
	if err != nil {
		r.t.Fatal(err)
	}
	res.Body.Close()
	if res, err = r.nodes[0].PostForm(res.Request.URL.String(), url.Values{"login": {name}}); err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Request.URL.String(), r.origin) {
		r.t.Fatalf("signing in ends with %d at %s", res.StatusCode, res.Request.URL)
	}
}

func (r *rechecked) get(node int, path string) int {
	r.t.Helper()
	res, err := r.nodes[node].Get(r.origin + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// socket opens a WebSocket, and returns what is closed with it.
func (r *rechecked) socket(node int) <-chan struct{} {
	r.t.Helper()
	transport := r.nodes[node].Transport.(*measured)
	host := strings.TrimPrefix(r.origin, "http://")
	conn, err := transport.DialContext(r.t.Context(), "tcp", host)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	at, _ := url.Parse(r.origin)
	hr, _ := http.NewRequest("GET", r.origin+"/edit", nil)
	for _, c := range r.cookies.Cookies(at) {
		hr.AddCookie(c)
	}
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": r.origin} {
		hr.Header.Set(name, value)
	}
	if err := hr.Write(conn); err != nil {
		r.t.Fatal(err)
	}
	buffered := bufio.NewReader(conn)
	res, err := http.ReadResponse(buffered, hr)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		r.t.Fatal(res, err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = buffered.ReadByte()
	}()
	return closed
}

// roles are those of a user at the provider from now on.
func (r *rechecked) roles(user string, roles ...string) {
	r.t.Helper()
	res, err := http.Post(r.provider.issuer+"/_test/roles?"+url.Values{"user": {user}, "roles": {strings.Join(roles, ",")}}.Encode(), "", nil)
	if err != nil || res.StatusCode != http.StatusNoContent {
		r.t.Fatal(res, err)
	}
	res.Body.Close()
}

func (r *rechecked) said(result string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.results[result]
}

// until waits for what is to come.
func (r *rechecked) until(what string, done func() bool) {
	r.t.Helper()
	for range 2400 {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatal("not within four minutes: ", what)
}

// A real provider takes a role away: the user is refused on both nodes, and what was open
// is closed, by session and by token. While the provider is down nothing changes; a grant
// that it has ended ends the sign-in.
func TestWhatARealProviderTakesAway(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"session", "tokens"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			r := newRechecked(t, outcome, 2*time.Second)
			r.roles("ada", "editor", "staff")
			r.signIn("ada")
			var sockets []<-chan struct{}
			for node := range r.nodes {
				if got := r.get(node, "/edit"); got != 200 {
					t.Fatalf("node %d: %d", node, got)
				}
				sockets = append(sockets, r.socket(node))
			}
			r.until("a check that finds nothing", func() bool { return r.said("same") > 0 })
			r.roles("ada", "staff")
			for node, closed := range sockets {
				select {
				case <-closed:
				case <-time.After(4 * time.Minute):
					t.Fatalf("node %d: the WebSocket is open", node)
				}
				if got := r.get(node, "/edit"); got != 403 {
					t.Errorf("node %d: %d after the WebSocket was closed", node, got)
				}
				if got := r.get(node, "/"); got != 200 {
					t.Errorf("node %d: %d where no permission is asked for", node, got)
				}
			}
			r.provider.stop()
			failed := r.said("failed")
			r.until("a check that fails", func() bool { return r.get(0, "/") == 200 && r.get(1, "/") == 200 && r.said("failed") > failed })
			if ended := r.said("ended"); ended != 0 {
				t.Errorf("%d sign-ins ended", ended)
			}
			r.provider.start() // which has forgotten all grants
			r.until("the end of a sign-in that the provider has ended", func() bool { r.get(0, "/"); return r.said("ended") > 0 })
			for node := range r.nodes {
				r.until("401", func() bool { return r.get(node, "/") == 401 })
			}
		})
	}
}

// A user with 200 groups signs in, and is in them at the application, while no cookie is
// longer than browsers keep and no header longer than servers read.
func TestAUserIn200Groups(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"session", "tokens", "both"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			r := newRechecked(t, outcome, time.Minute)
			groups := []string{"editor"}
			for i := range 199 {
				groups = append(groups, fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012d", i))
			}
			r.roles("ada", groups...)
			r.signIn("ada")
			for node := range r.nodes {
				if got := r.get(node, "/edit"); got != 200 {
					t.Errorf("node %d: %d", node, got)
				}
				if got := r.get(node, "/members"); got != 200 {
					t.Errorf("node %d: %d where the last of the groups is asked for", node, got)
				}
				if got := r.get(node, "/others"); got != 403 {
					t.Errorf("node %d: %d where another group is asked for", node, got)
				}
			}
			if r.cookie > 4096 || r.header > 8<<10 {
				t.Errorf("a cookie of %d bytes, a header of %d", r.cookie, r.header)
			}
		})
	}
}
