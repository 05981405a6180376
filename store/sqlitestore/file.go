package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// application marks a file as ours ("EdgW"), and schema is the newest layout
// that this code knows.
const (
	application = 0x45646757
	schema      = 1
)

var layout = fmt.Sprintf(`
	BEGIN IMMEDIATE;
	CREATE TABLE entry (
		version INTEGER PRIMARY KEY,
		key     TEXT NOT NULL UNIQUE,
		expires INTEGER NOT NULL,
		value   BLOB NOT NULL
	) STRICT;
	CREATE INDEX entry_expires ON entry (expires);
	PRAGMA application_id = %d;
	PRAGMA user_version = %d;
	COMMIT`, application, schema)

// resolve makes one name out of all that lead to the file, so that the lock
// beside it is the same for all of them.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, os.ErrNotExist) {
		return real, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err
}

// prepare sees to it that there is a file which this code can use, and leaves
// every other file as it is.
func prepare(path string) error {
	// SQLite gives the -wal and the -shm the mode of the file itself.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%w (mode %#o): chmod 600 it", ErrExposed, info.Mode().Perm())
	}
	if info.Size() == 0 {
		return initialize(path)
	}
	return inspect(path)
}

// inspect reads the file without writing to it.
func inspect(path string) error {
	c, err := connect(path, "ro")
	if err != nil {
		return diagnose(err)
	}
	defer c.close()
	tables, err := c.integer(`SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return diagnose(err)
	}
	owner, err := c.integer(`PRAGMA application_id`)
	if err != nil {
		return diagnose(err)
	}
	if tables == 0 && owner == 0 { // its making was interrupted
		return errors.Join(c.close(), initialize(path))
	}
	if owner != application {
		return ErrForeign
	}
	version, err := c.integer(`PRAGMA user_version`)
	if err != nil {
		return diagnose(err)
	}
	if version > schema {
		return fmt.Errorf("%w: it has layout %d, this one knows %d", ErrNewer, version, schema)
	}
	return sound(c)
}

func sound(c *conn) error {
	verdict, err := c.text(`PRAGMA quick_check(1)`)
	if err != nil {
		return diagnose(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s. Restore it from a backup", ErrDamaged, verdict)
	}
	return nil
}

// diagnose tells a damaged file from one that could not be read.
func diagnose(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_NOTADB || e.Code()&0xff == sqlite3.SQLITE_CORRUPT) {
		return fmt.Errorf("%w: %w. Restore it from a backup", ErrDamaged, err)
	}
	return err
}

func initialize(path string) error {
	c, err := connectWriter(path)
	if err != nil {
		return err
	}
	return errors.Join(c.script(context.Background(), layout), c.close())
}

// connectWriter opens the connection that changes the file. Other processes
// are kept out by the lock; the time-out is for tools that look at the file.
func connectWriter(path string) (*conn, error) {
	c, err := connect(path, "rw")
	if err != nil {
		return nil, err
	}
	mode, err := c.text(`PRAGMA journal_mode = WAL`)
	if err == nil && mode != "wal" {
		err = fmt.Errorf("this file system allows no write-ahead log (%s)", mode)
	}
	if err == nil {
		err = c.script(context.Background(), `
			PRAGMA busy_timeout = 5000;
			PRAGMA synchronous = FULL;
			PRAGMA fullfsync = ON; -- macOS: fsync alone does not reach the disk
			PRAGMA checkpoint_fullfsync = ON;
			PRAGMA wal_autocheckpoint = 4000;
			PRAGMA journal_size_limit = 67108864;
			PRAGMA cache_size = -16384; -- 16 MiB
			PRAGMA cell_size_check = ON;
			PRAGMA trusted_schema = OFF`)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func connectReader(path string) (*conn, error) {
	c, err := connect(path, "ro")
	if err != nil {
		return nil, err
	}
	if err := c.script(context.Background(), `PRAGMA busy_timeout = 5000; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF`); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}
