package gateway_test

import (
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// onDisk is an environment with stores in files.
var onDisk = gateway.Environment{Stores: gateway.FilesBy(sqlitestore.OpenFile)}

// made is a folder whose store was made by an earlier run.
func made(t *testing.T) folder {
	t.Helper()
	f := newHybrid(t, "{path: edgeward.db}", "")
	m, err := gateway.Open(f.load().Config, onDisk)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f folder) sql(statement string) {
	f.t.Helper()
	db, err := sql.Open("sqlite", f.path("edgeward.db"))
	if err != nil {
		f.t.Fatal(err)
	}
	_, err = db.Exec(statement)
	if err := errors.Join(err, db.Close()); err != nil {
		f.t.Fatal(err)
	}
}

// A store that cannot be used stops the start, says what to do, and is as it
// was.
func TestAStoreThatCannotBeUsedIsLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(f folder)
		want   error
		remedy string
	}{
		"written by a newer version": {func(f folder) { f.sql("PRAGMA user_version = 99") }, sqlitestore.ErrNewer, "newer version"},
		"of another program":         {func(f folder) { f.sql("PRAGMA application_id = 7") }, sqlitestore.ErrForeign, "store.path"},
		"damaged":                    {func(f folder) { f.write("edgeward.db", "SQLite format 3\x00"+strings.Repeat("x", 8192)) }, sqlitestore.ErrDamaged, "backup"},
		"readable by everybody":      {func(f folder) { _ = os.Chmod(f.path("edgeward.db"), 0o644) }, sqlitestore.ErrExposed, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			f := made(t)
			c.spoil(f)
			before := f.read("edgeward.db")
			_, err := gateway.NewLive(f.load(), onDisk, nil)
			fault, ok := errors.AsType[*gateway.StoreError](err)
			if !ok || !errors.Is(err, c.want) || !strings.Contains(fault.Remedy(), c.remedy) || fault.Store.Place != f.path("edgeward.db") {
				t.Errorf("err = %v, want %v and to be told %q", err, c.want, c.remedy)
			}
			if string(f.read("edgeward.db")) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	_, err := gateway.NewLive(f.load(), onDisk, nil)
	fault, ok := errors.AsType[*gateway.StoreError](err)
	if !ok || !errors.Is(err, sqlitestore.ErrInUse) || fault.Remedy() == "" {
		t.Errorf("err = %v", err)
	}
	if err := l.System().Ready(); err != nil {
		t.Errorf("the first one suffered: %v", err)
	}
}

func TestAStoreWithoutAFolderIsRefused(t *testing.T) {
	f := newHybrid(t, "{path: nowhere/edgeward.db}", "")
	if _, err := gateway.NewLive(f.load(), onDisk, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}

// Looking at a configuration must not make a file, nor fail because a server
// runs.
func TestBuildTouchesNoStore(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	s, err := gateway.Build(f.load().Config, onDisk, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.path("edgeward.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a store: %v", err)
	}
	if err := s.Ready(); err == nil {
		t.Error("it is ready")
	}
}

func TestABackupOpensAsAStore(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	m, err := gateway.Open(f.load().Config, onDisk)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Backup()(t.Context(), f.path("copy.db")); err != nil {
		t.Fatal(err)
	}
	s, err := sqlitestore.Open(sqlitestore.Config{Path: f.path("copy.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAStoreInMemoryHasNoBackup(t *testing.T) {
	m, err := gateway.Open(newHybrid(t, "{memory: true}", "").load().Config, onDisk)
	if err != nil {
		t.Fatal(err)
	}
	if m.Backup() != nil {
		t.Error("it has")
	}
}
