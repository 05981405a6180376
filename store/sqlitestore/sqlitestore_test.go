package sqlitestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/sqlitestore"
	"github.com/edgeward/edgeward/store/storetest"
)

// TestMain is also the other process of some tests.
func TestMain(m *testing.M) {
	if path := os.Getenv("EDGEWARD_TEST_STORE"); path != "" {
		beOtherProcess(path)
		return
	}
	os.Exit(m.Run())
}

func TestStore(t *testing.T) {
	var clock storetest.Clock
	paths := map[store.Backend]string{}
	open := func(t *testing.T, path string) store.Backend {
		s := openAt(t, path, clock.Now)
		paths[s] = path
		return s
	}
	storetest.Run(t, storetest.Options{
		Open:        func(t *testing.T) store.Backend { return open(t, filepath.Join(t.TempDir(), "store.db")) },
		Now:         clock.Now,
		FastForward: clock.Forward,
		Reopen: func(t *testing.T, s store.Backend) store.Backend {
			shut(t, s.(*sqlitestore.Store))
			return open(t, paths[s])
		},
	})
}

// openAt opens a store that is closed with the test.
func openAt(t *testing.T, path string, now func() time.Time) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(sqlitestore.Config{Path: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s
}

func openNew(t *testing.T) *sqlitestore.Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "store.db"), nil)
}

func shut(t *testing.T, s *sqlitestore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func create(t *testing.T, s store.Store, key string, expires time.Time) store.Version {
	t.Helper()
	v, err := s.Create(t.Context(), key, []byte(key), expires)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func holds(t *testing.T, s store.Store, key string) {
	t.Helper()
	if e, err := s.Get(t.Context(), key); err != nil || string(e.Value) != key {
		t.Errorf("Get %s = %q, %v", key, e.Value, err)
	}
}

func lacks(t *testing.T, s store.Store, key string) {
	t.Helper()
	if _, err := s.Get(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get %s: %v, want %v", key, err, store.ErrNotFound)
	}
}

// couldNotTell wants an error that claims nothing about the entry.
func couldNotTell(t *testing.T, err error) {
	t.Helper()
	if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrBounds) {
		t.Errorf("%v, want one that means: could not tell", err)
	}
}

func TestAClosedStoreCouldNotTell(t *testing.T) {
	s := openNew(t)
	create(t, s, "a", time.Time{})
	watching := make(chan error, 1)
	synced := make(chan struct{})
	go func() {
		watching <- s.Watch(t.Context(), "", func(store.Event) error { return nil }, func() error { close(synced); return nil })
	}()
	sweeping := make(chan error, 1)
	go func() { sweeping <- s.Run(t.Context()) }()
	<-synced
	shut(t, s)
	shut(t, s)
	for what, err := range map[string]error{
		"Watch": <-watching, "Run": <-sweeping,
		"Get":    func() error { _, err := s.Get(t.Context(), "a"); return err }(),
		"Create": func() error { _, err := s.Create(t.Context(), "b", nil, time.Time{}); return err }(),
		"Delete": s.Delete(t.Context(), "a"),
		"Backup": s.Backup(t.Context(), filepath.Join(t.TempDir(), "backup.db")),
	} {
		if !errors.Is(err, sqlitestore.ErrClosed) {
			t.Errorf("%s: %v, want %v", what, err, sqlitestore.ErrClosed)
		}
	}
}

func TestCloseWaitsForWhoeverWritesAndTellsThoseThatWait(t *testing.T) {
	s := openNew(t)
	release := s.Hold()
	waiting := make(chan error, 1)
	go func() { _, err := s.Create(context.Background(), "a", nil, time.Time{}); waiting <- err }()
	until(t, func() bool { return s.Queued() == 1 })
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := <-waiting; !errors.Is(err, sqlitestore.ErrClosed) {
		t.Errorf("Create: %v, want %v", err, sqlitestore.ErrClosed)
	}
	select {
	case err := <-closed:
		t.Errorf("Close returned %v while somebody wrote", err)
	default:
	}
	release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// until waits for what has to come.
func until(t *testing.T, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 30 s")
		}
	}
}
