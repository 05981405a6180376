package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestABackupIsAStoreOfItsMoment(t *testing.T) {
	s := openNew(t)
	v := create(t, s, "before", time.Now().Add(time.Hour))
	create(t, s, "deleted", time.Time{})
	if err := s.Delete(t.Context(), "deleted"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	busy := make(chan error, 1)
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			if _, err := s.Create(t.Context(), fmt.Sprintf("busy/%d", n), make([]byte, 1000), time.Time{}); err != nil {
				busy <- err
				return
			}
		}
		busy <- nil
	}()
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	err := s.Backup(t.Context(), path)
	stop()
	if err := errors.Join(err, <-busy); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "backup.db")
	create(t, s, "after", time.Time{})

	b := openAt(t, path, nil)
	e, err := b.Get(t.Context(), "before")
	if err != nil || e.Version != v || e.Expires.IsZero() {
		t.Errorf("%+v, %v", e, err)
	}
	lacks(t, b, "deleted")
	lacks(t, b, "after")
	create(t, b, "another", time.Time{})
	lacks(t, s, "another")
}

func TestABackupReplacesNothing(t *testing.T) {
	s := openNew(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	if err := os.WriteFile(path, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("Backup: %v, want %v", err, os.ErrExist)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "dear" {
		t.Errorf("%q, %v", content, err)
	}
	onlyFile(t, dir, "backup.db")
}

func TestABackupThatIsGivenUpLeavesNothing(t *testing.T) {
	s := openNew(t)
	create(t, s, "a", time.Time{})
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "backup.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("Backup: %v, want %v", err, context.Canceled)
	}
	onlyFile(t, dir, "")
}

func TestABackupOfADamagedStoreIsNone(t *testing.T) {
	path := closedStore(t)
	s := openAt(t, path, nil)
	alterPage(t, path)
	dir := t.TempDir()
	if err := s.Backup(t.Context(), filepath.Join(dir, "backup.db")); err == nil {
		t.Error("a damaged store was backed up")
	}
	onlyFile(t, dir, "")
}

// alterPage damages a page of an open store. A process of its own does so:
// closing the file in this one would end SQLite's locks.
func alterPage(t *testing.T, path string) {
	t.Helper()
	if out, err := otherProcess(path, "damage").CombinedOutput(); err != nil {
		t.Fatalf("%s %v", out, err)
	}
}

// onlyFile wants a directory with one file, mode 0600, or none.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			t.Errorf("%s is left", e.Name())
			continue
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
}
