package door_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/cloudflare/state"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/storetest"
)

// parts is where npm has put the platform's runtime.
const parts = "../../../e2e/worker"

// required reports whether a missing part is a failure.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("EDGEWARD_REQUIRE_REAL") != "" {
		t.Fatalf("%s is missing: make parts", what)
	}
	t.Skipf("SKIPPED: %s is missing: make parts", what)
}

// A workerd is the platform's runtime with a Worker in it.
type workerd struct {
	url     string
	options map[string]any
	stdin   io.Closer
	cmd     *exec.Cmd
}

// start runs workerd on the modules of folder.
func start(t testing.TB, options map[string]any) *workerd {
	t.Helper()
	if _, err := os.Stat(filepath.Join(parts, "node_modules", "miniflare")); err != nil {
		missing(t, "miniflare")
	}
	config, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "runtime.mjs", string(config))
	cmd.Dir = parts
	group(cmd)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &workerd{options: options, stdin: stdin, cmd: cmd}
	t.Cleanup(func() {
		if r.stop(); t.Failed() {
			t.Logf("the runtime wrote: %s", stderr.Bytes())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http") {
			r.url = lines.Text()
			go io.Copy(io.Discard, stdout)
			return r
		}
	}
	t.Fatalf("workerd did not start: %s", stderr.Bytes())
	return nil
}

func (r *workerd) stop() {
	r.stdin.Close()
	r.cmd.Wait()
}

// forward sets the clock of the objects ahead.
func (r *workerd) forward(t *testing.T, ahead time.Duration) {
	t.Helper()
	response, err := http.Post(fmt.Sprint(r.url, "?ahead=", ahead.Milliseconds()), "", nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	response.Body.Close()
}

// fresh keeps no connections: one that the runtime closes meanwhile would look
// like trouble of the store. It follows no redirect.
var fresh = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// A bridge is a host outside of the runtime that has its effects performed
// inside.
type bridge struct {
	workerd *workerd
	world   string // keeps the objects of one test apart
}

// Perform implements [runtime.Host].
func (b *bridge) Perform(kind string, args ...string) (runtime.Frame, error) {
	wire := append(runtime.Frame{b.world, kind}, args...).Append(nil)
	response, err := fresh.Post(b.workerd.url, "application/octet-stream", bytes.NewReader(wire))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, errors.Join(err, fmt.Errorf("status %d: %s", response.StatusCode, body))
	}
	return runtime.ParseFrame(body)
}

// A hosted store brings its host along.
type hosted struct {
	state.ObjectStore
	host *bridge
}

func (s hosted) Get(ctx context.Context, key string) (store.Entry, error) {
	return s.ObjectStore.Get(runtime.WithHost(ctx, s.host), key)
}

func (s hosted) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	return s.ObjectStore.Create(runtime.WithHost(ctx, s.host), key, value, expires)
}

func (s hosted) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	return s.ObjectStore.Replace(runtime.WithHost(ctx, s.host), key, old, value, expires)
}

func (s hosted) Delete(ctx context.Context, key string) error {
	return s.ObjectStore.Delete(runtime.WithHost(ctx, s.host), key)
}

func (s hosted) List(ctx context.Context, prefix, after string, limit int) ([]store.Entry, error) {
	return s.ObjectStore.List(runtime.WithHost(ctx, s.host), prefix, after, limit)
}

// modules copies the Worker's modules into one folder.
func modules(t testing.TB, names ...string) string {
	t.Helper()
	folder := t.TempDir()
	addModules(t, folder, names...)
	return folder
}

func addModules(t testing.TB, folder string, names ...string) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(name)), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// bridged returns what starts a runtime that performs effects.
func bridged(t *testing.T) map[string]any {
	names := append([]string{"effectbridge.mjs"}, driver[3:]...)
	files := []string{parts + "/effectbridge.mjs"}
	for _, name := range driver[3:] {
		files = append(files, "../driver/"+name)
	}
	return map[string]any{
		"folder": modules(t, files...), "modules": names, "objects": map[string]string{"EDGEWARD_STORE": "EdgewardStore"}, "state": t.TempDir(),
	}
}

// TestObjectStore holds the store to the contract of all stores, on the real
// runtime.
func TestObjectStore(t *testing.T) {
	options := bridged(t)
	shared := start(t, options)
	worlds, ahead := 0, time.Duration(0)
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T) store.Backend {
			worlds++
			return hosted{host: &bridge{shared, fmt.Sprint(worlds, "/")}}
		},
		Now: func() time.Time { return time.Now().Add(ahead) },
		FastForward: func(d time.Duration) {
			ahead += d
			shared.forward(t, ahead)
		},
		// An instance has no state and no clock: the objects have them.
		Beside: func(_ *testing.T, s store.Backend, _ time.Duration) store.Backend { return s },
		Reopen: func(_ *testing.T, s store.Backend) store.Backend {
			shared.stop()
			*shared = *start(t, options) // ends with the whole test
			shared.forward(t, ahead)
			return s
		},
	})
}
