package pgstore_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
)

// noise cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// The tables get a disk of their own, which is full: that of the write-ahead
// log being full ends the server.
func TestAFullDiskCouldNotTellAndRecoversByItself(t *testing.T) {
	l := newLab(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m,mode=777"); err != nil {
		t.Skipf("NOT TESTED: what happens on a full disk; mounting a small one needs root: %v", err)
	}
	t.Cleanup(func() {
		l.Kill()
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	for at := dir; at != "/" && at != "/tmp"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	ballast, space := filepath.Join(dir, "ballast"), filepath.Join(dir, "space")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := pgtest.Command(t, dir, "mkdir", space).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l.SQL("CREATE TABLESPACE small LOCATION '" + space + "'")
	l.SQL("GRANT CREATE ON TABLESPACE small TO edgeward; ALTER ROLE edgeward SET default_tablespace = small")
	s := l.fresh(t)
	var acknowledged []string
	var full error
	for n := 0; full == nil && n < 10_000; n++ {
		key := fmt.Sprintf("a/%d", n)
		if _, full = s.Create(t.Context(), key, noise(2000), time.Time{}); full == nil {
			acknowledged = append(acknowledged, key)
		}
	}
	t.Logf("full after %d entries: %v", len(acknowledged), full)
	if full == nil || errors.Is(full, store.ErrExists) {
		t.Fatal("the disk is never full")
	}
	kept := func() {
		t.Helper()
		for _, key := range acknowledged {
			if _, err := s.Get(t.Context(), key); err != nil {
				t.Fatalf("Get %s: %v", key, err)
			}
		}
	}
	kept()
	deleted := 0
	for _, key := range acknowledged[:20] {
		if s.Delete(t.Context(), key) == nil {
			deleted++
		}
	}
	t.Logf("%d of 20 deletions succeed", deleted)
	acknowledged = acknowledged[20:]
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	create(t, s, "room/again")
	kept()
}
