package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwt"
)

// A folder is where a test keeps a configuration.
type folder struct {
	t   *testing.T
	dir string
}

func newFolder(t *testing.T, edgeward string) folder {
	f := folder{t, t.TempDir()}
	f.write("edgeward.yaml", edgeward)
	return f
}

func (f folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f folder) write(name, content string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// read returns a file's content, nil when there is none.
func (f folder) read(name string) []byte {
	f.t.Helper()
	data, err := os.ReadFile(f.path(name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	return data
}

func (f folder) load() *source.Loaded {
	f.t.Helper()
	c, err := source.Load(f.path("edgeward.yaml"))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// outcomes are what a Live tells of its attempts to load.
type outcomes struct {
	mu  sync.Mutex
	all []error
}

func (o *outcomes) add(err error, _ time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, err)
}

func (o *outcomes) list() []error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// live returns a Live and the outcomes of its reloads.
func (f folder) live() (*gateway.Live, *outcomes) {
	f.t.Helper()
	outcomes := new(outcomes)
	l, err := gateway.NewLive(f.load(), onDisk, outcomes.add)
	if err != nil {
		f.t.Fatal(err)
	}
	return l, outcomes
}

const open = "proxy: {listen: 127.0.0.1:8080, upstream: UPSTREAM}\nroutes: {_middleware: {authenticate: []}}\n"

func to(upstream string) string { return strings.ReplaceAll(open, "UPSTREAM", upstream) }

func TestReloadIsWholeOrNothing(t *testing.T) {
	good := to("http://127.0.0.1:3000")
	for name, c := range map[string]struct {
		edgeward string
		want     string
	}{
		"an unknown key":                    {good + "prox: {}\n", `unknown key "prox"`},
		"a file that is gone":               {"", "cannot be read"},
		"another address":                   {strings.Replace(good, "8080", "8090", 1), `proxy.listen changed from "127.0.0.1:8080" to "127.0.0.1:8090": restart`},
		"another address of admin":          {good + "admin: {listen: 127.0.0.1:9999}\n", "admin.listen changed"},
		"a door that opens":                 {good + "forward_auth: {listen: 127.0.0.1:8082}\n", "forward_auth.listen changed"},
		"a door that closes":                {"forward_auth: {listen: 127.0.0.1:8080}\nroutes: {a: {authenticate: []}}\n", "proxy.listen changed"},
		"a route that is wrong below it":    {strings.Replace(good, "[]", "[nobody]", 1), `"nobody" is unknown`},
		"a secret that is not there at all": {good + "issuers: [{issuer: a, audiences: [b], secret: env:EDGEWARD_TEST_NOWHERE}]\n", "is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t, good)
			l, outcomes := f.live()
			before := l.System()
			if c.edgeward == "" {
				if err := os.Remove(f.path("edgeward.yaml")); err != nil {
					t.Fatal(err)
				}
			} else {
				f.write("edgeward.yaml", c.edgeward)
			}
			err := l.Reload()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if l.System() != before {
				t.Error("the System was replaced")
			}
			f.write("edgeward.yaml", good)
			if err := l.Reload(); err != nil || l.System() == before {
				t.Errorf("after the repair: %v, replaced %t", err, l.System() != before)
			}
			if told := outcomes.list(); len(told) != 3 || told[0] != nil || told[1] == nil || told[2] != nil {
				t.Errorf("told %v", told)
			}
		})
	}
}

func TestARequestEndsOnTheSystemThatItBeganOn(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(w, "old")
	}))
	defer slow.Close()
	next := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "new") }))
	defer next.Close()

	f := newFolder(t, to(slow.URL))
	l, _ := f.live()
	door := httptest.NewServer(l.Door(config.ProxyListen))
	defer door.Close()
	began := make(chan string)
	go func() { began <- fetch(t, door.URL) }()
	<-arrived
	f.write("edgeward.yaml", to(next.URL))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := fetch(t, door.URL); got != "new" {
		t.Errorf("after the reload: %q", got)
	}
	close(release)
	if got := <-began; got != "old" {
		t.Errorf("the request in flight: %q", got)
	}
}

func fetch(t *testing.T, url string) string {
	res, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

// keyServer is a provider of one key.
func keyServer(t *testing.T) *httptest.Server {
	key, err := keyfile.Generate(jwt.ES256)
	if err != nil {
		t.Fatal(err)
	}
	set := append(key.Public().AppendJSON([]byte(`{"keys":[`)), `]}`...)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write(set)
	}))
	t.Cleanup(s.Close)
	return s
}

func withIssuer(jwksURI, more string) string {
	return to("http://127.0.0.1:3000") + "issuers:\n  - issuer: https://id.example/\n    audiences: [api]\n    algorithms: [ES256]\n    jwks_uri: " + jwksURI + "\n" + more
}

func TestAReloadCarriesKeySetsOverWhileTheProviderIsDown(t *testing.T) {
	provider := keyServer(t)
	f := newFolder(t, withIssuer(provider.URL, ""))
	l, _ := f.live()
	if err := l.System().Ready(); err == nil {
		t.Error("ready before anything was fetched")
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- l.Run(ctx) }()
	waitUntil(t, func() bool { return l.System().Ready() == nil })
	provider.Close()

	f.write("edgeward.yaml", withIssuer(provider.URL, "    leeway: 10s\n"))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := l.System().Ready(); err != nil {
		t.Errorf("the same source went cold: %v", err)
	}
	f.write("edgeward.yaml", withIssuer(provider.URL+"/other", ""))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := l.System().Ready(); err == nil {
		t.Error("keys of another source were carried over")
	}
	waitUntil(t, func() bool { return l.System().KeySets()[0].Failures > 0 }) // Run took it up

	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

func TestADoorThatIsNotConfiguredIsNotThere(t *testing.T) {
	l, _ := newFolder(t, to("http://127.0.0.1:3000")).live()
	w := httptest.NewRecorder()
	l.Door(config.ForwardAuthListen).ServeHTTP(w, httptest.NewRequest("GET", "/verify", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

func TestAParsedConfigurationReloadsWhatItNames(t *testing.T) {
	f := newFolder(t, "")
	f.write("routes/a.yaml", "authenticate: []\n")
	c, err := source.Parse(f.path("nowhere.yaml"), []byte("proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nroutes: routes\n"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := gateway.NewLive(c, onDisk, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.write("routes/b.yaml", "authenticate: []\n")
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if x, _ := l.System().Config.Hosts.Explain("GET", "", "/b"); !x.Covered {
		t.Error("the new route is not there")
	}
}
