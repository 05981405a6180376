package gateway

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/store"
)

// silent is a store that keeps nothing new while it is down.
type silent struct {
	backend
	down atomic.Bool
}

func (s *silent) Replace(ctx context.Context, key string, version store.Version, value []byte, expires time.Time) (store.Version, error) {
	if s.down.Load() {
		return 0, errors.New("the store does not answer")
	}
	return s.backend.Replace(ctx, key, version, value, expires)
}

// TestAReloadThatTheStoreKeptFromBeingMade: is made once the store answers, although
// no file changes any more. One that the files are to blame for is not.
func TestAReloadThatTheStoreKeptFromBeingMade(t *testing.T) {
	synctest.Test(t, reloadWhatTheStoreKept)
}

func reloadWhatTheStoreKept(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const rest = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nstore: {memory: true}\nsessions: {}\nroutes: {_middleware: {authenticate: [session]}}\n"
	write("old", "0123456789abcdef0123456789abcdef")
	write("edgeward.yaml", rest+"tokens: {issuer: https://edge.example, secret: file:old}\n")
	c, err := source.Load(filepath.Join(dir, "edgeward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLive(c, Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &silent{backend: l.env.State.store.backend}
	s.down.Store(true)
	l.env.State.store.backend = s

	var made atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go source.Watch(ctx, l.lastTouched, func(string) {}, func() { made.Add(1); _ = l.Reload() })
	reloads := func(looks int) int64 {
		before := made.Load()
		time.Sleep(time.Duration(looks) * 2 * time.Second)
		synctest.Wait()
		return made.Load() - before
	}
	reloads(3)
	write("new", "fedcba9876543210fedcba9876543210")
	write("edgeward.yaml", rest+"tokens: {issuer: https://edge.example, secret: file:new, previous_secrets: [file:old]}\n")
	before := l.System()
	if reloads(9) < 2 || l.System() != before {
		t.Error("it is not tried again")
	}
	s.down.Store(false)
	if reloads(3) != 1 || l.System() == before {
		t.Error("it was not made once the store answered")
	}
	if reloads(9) != 0 {
		t.Error("it was made twice")
	}
	write("edgeward.yaml", rest+"tokens: {issuer: https://edge.example, secret: file:old}\n")
	if got := reloads(9); got != 1 {
		t.Errorf("what the store was not begun under is tried %d times", got)
	}
	if _, ok := errors.AsType[*PinError](l.Reload()); !ok {
		t.Error("the secret of before is taken")
	}
}
