package sqlitestore_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/sqlitestore"
)

// alter runs SQL on a file behind the store's back.
func alter(t *testing.T, path, queries string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(queries)
	if err := errors.Join(err, db.Close(), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// closedStore is the file of a store with a few hundred entries.
func closedStore(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path, nil)
	for n := range 300 {
		create(t, s, fmt.Sprintf("a/%d", n), time.Time{})
	}
	shut(t, s)
	return path
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatCannotBeUsedIsRefusedAndLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  error
		says  string
	}{
		"no database": {func(t *testing.T, path string) {
			rewrite(t, path, func([]byte) []byte { return []byte("issuers:\n- https://example.org\n") })
		}, sqlitestore.ErrDamaged, "backup"},
		"garbage in the header": {func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { copy(b[16:], "garbage"); return b })
		}, sqlitestore.ErrDamaged, "backup"},
		"garbage in a page": {func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { copy(b[2*4096:], bytes.Repeat([]byte{0xa5}, 4096)); return b })
		}, sqlitestore.ErrDamaged, "backup"},
		"garbage in every page but the first": {func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { return append(b[:4096], bytes.Repeat([]byte{0xff}, len(b)-4096)...) })
		}, sqlitestore.ErrDamaged, "backup"},
		"a page too few": {func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { return b[:len(b)-4096] })
		}, sqlitestore.ErrDamaged, "backup"},
		"cut in the header": {func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { return b[:50] })
		}, sqlitestore.ErrDamaged, "backup"},
		"a newer layout": {func(t *testing.T, path string) {
			alter(t, path, `PRAGMA user_version = 2`)
		}, sqlitestore.ErrNewer, "layout 2, this one knows 1"},
		"somebody else's database": {func(t *testing.T, path string) {
			alter(t, path, `PRAGMA application_id = 7`)
		}, sqlitestore.ErrForeign, "no store"},
		"an anonymous database with tables": {func(t *testing.T, path string) {
			alter(t, path, `PRAGMA application_id = 0`)
		}, sqlitestore.ErrForeign, "no store"},
		"an empty database of somebody else's": {func(t *testing.T, path string) {
			alter(t, path, `DROP TABLE entry; PRAGMA application_id = 7`)
		}, sqlitestore.ErrForeign, "no store"},
		"readable by everybody": {func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o604); err != nil {
				t.Fatal(err)
			}
		}, sqlitestore.ErrExposed, "chmod 600"},
		"writable by everybody": {func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o602); err != nil {
				t.Fatal(err)
			}
		}, sqlitestore.ErrExposed, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := closedStore(t)
			c.spoil(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := sqlitestore.Open(sqlitestore.Config{Path: path})
			if s != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open: %v, want %v that says %q", err, c.want, c.says)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file has changed, %v", err)
			}
		})
	}
}

func TestAFileWhoseMakingWasInterruptedIsMade(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T, path string){
		"empty":          func(t *testing.T, path string) { rewrite(t, path, func([]byte) []byte { return nil }) },
		"without tables": func(t *testing.T, path string) { alter(t, path, `PRAGMA journal_mode = WAL`) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			begin(t, path)
			s := openAt(t, path, nil)
			create(t, s, "a", time.Time{})
			holds(t, s, "a")
		})
	}
}

func TestADirectoryThatDoesNotExistIsAnError(t *testing.T) {
	s, err := sqlitestore.Open(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "none", "store.db")})
	if s != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
}

func TestAPathIsNoURI(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?mode=memory#%41 b")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(path, "file:store.db?mode=memory")
	create(t, openAt(t, path, nil), "a", time.Time{})
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestNobodyElseMayReadTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	create(t, openAt(t, path, nil), "a", time.Time{})
	for _, suffix := range []string{"", "-wal", "-shm", "-lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("store.db%s has mode %#o", suffix, info.Mode().Perm())
		}
	}
}

// A write-ahead log without synchronous=FULL loses acknowledged writes when
// the power goes, which no test here can show.
func TestAWriteIsOnTheDiskBeforeItIsAcknowledged(t *testing.T) {
	s := openNew(t)
	for query, want := range map[string]int64{`PRAGMA synchronous`: 2, `PRAGMA fullfsync`: 1, `PRAGMA checkpoint_fullfsync`: 1} {
		if got, err := s.Ask(query); err != nil || got != want {
			t.Errorf("%s = %d, %v, want %d", query, got, err, want)
		}
	}
}

func TestAStoreThatIsOpenIsRefusedToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path, nil)
	create(t, s, "a", time.Time{})
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if _, err := sqlitestore.Open(sqlitestore.Config{Path: name}); !errors.Is(err, sqlitestore.ErrInUse) {
			t.Errorf("%s: %v", name, err)
		}
		out, err := otherProcess(name, "open").CombinedOutput()
		if err != nil || !strings.Contains(string(out), sqlitestore.ErrInUse.Error()) || !strings.Contains(string(out), fmt.Sprintf("process %d", os.Getpid())) {
			t.Errorf("another process: %s %v", out, err)
		}
	}
	create(t, s, "b", time.Time{})
	shut(t, s)
	if out, err := otherProcess(path, "open").CombinedOutput(); err != nil || string(out) != "opened\n" {
		t.Errorf("another process, later: %s %v", out, err)
	}
	s = openAt(t, link, nil)
	holds(t, s, "a")
	holds(t, s, "b")
}

// otherProcess is this test's binary, told what to do with a store.
func otherProcess(path, task string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "EDGEWARD_TEST_STORE="+path, "EDGEWARD_TEST_TASK="+task)
	return cmd
}

func beOtherProcess(path string) {
	if os.Getenv("EDGEWARD_TEST_TASK") == "damage" {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, 4096), 2*4096)
		}
		if err != nil {
			panic(err)
		}
		return
	}
	s, err := sqlitestore.Open(sqlitestore.Config{Path: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	if task := os.Getenv("EDGEWARD_TEST_TASK"); task != "open" {
		writeUntilKilled(s, task)
	}
	if err := s.Close(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("opened")
}
