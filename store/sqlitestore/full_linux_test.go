package sqlitestore_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/sqlitestore"
)

// TestAFullDiskCouldNotTellAndDamagesNothing fills a small file system of its
// own, at several sizes: another write meets the end each time.
func TestAFullDiskCouldNotTellAndDamagesNothing(t *testing.T) {
	for _, size := range []int{300, 411, 527, 1024, 2048} {
		t.Run(fmt.Sprintf("%d KiB", size), func(t *testing.T) { fillDisk(t, smallDisk(t, size)) })
	}
}

func smallDisk(t *testing.T, kibibytes int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kibibytes)); err != nil {
		t.Skipf("NOT TESTED: what happens on a full disk; mounting a small one needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func fillDisk(t *testing.T, dir string) {
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 96<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "store.db")
	s := openAt(t, path, nil)
	acknowledged := writeUntilFull(t, s)
	check := func() {
		t.Helper()
		for _, key := range acknowledged {
			if e, err := s.Get(t.Context(), key); err != nil || len(e.Value) != 2000 {
				t.Fatalf("Get %s: %d bytes, %v", key, len(e.Value), err)
			}
		}
	}
	check()
	couldNotTell(t, s.Delete(t.Context(), acknowledged[0]))
	check()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	create(t, s, "room/again", time.Time{})
	check()
	shut(t, s)
	s = openAt(t, path, nil)
	holds(t, s, "room/again")
	check()
}

func writeUntilFull(t *testing.T, s *sqlitestore.Store) (acknowledged []string) {
	t.Helper()
	value := make([]byte, 2000)
	_, _ = rand.Read(value)
	for n := range 10_000 {
		key := fmt.Sprintf("a/%d", n)
		if _, err := s.Create(t.Context(), key, value, time.Time{}); err != nil {
			t.Logf("full after %d entries: %v", n, err)
			couldNotTell(t, err)
			return acknowledged
		}
		acknowledged = append(acknowledged, key)
	}
	t.Fatal("the disk is never full")
	return nil
}
