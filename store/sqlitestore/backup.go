package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes the store as it is at one moment to a new file at path, while
// others read and write. The file is on the disk and has mode 0600 when Backup
// returns nil; otherwise there is none, also where the store is damaged. A file
// that exists is an error. The copy is built anew, and opens as a store does.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.backup(ctx, path); err != nil {
		return fmt.Errorf("sqlitestore: backup to %s: %w", path, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial") // mode 0600
	if err != nil {
		return err
	}
	partial := f.Name()
	defer func() { err = errors.Join(err, f.Close(), os.Remove(partial)) }()
	if err := s.copyTo(ctx, partial); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(partial, path); err != nil { // unlike a rename it replaces nothing
		return err
	}
	return syncDir(filepath.Dir(path))
}

// copyTo fills an empty file. It has a connection of its own, because it
// takes as long as the store is large; Close waits for it.
func (s *Store) copyTo(ctx context.Context, path string) error {
	s.copying.RLock()
	defer s.copying.RUnlock()
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	c, err := connectReader(s.path)
	if err != nil {
		return err
	}
	defer c.close()
	return c.script(ctx, `VACUUM INTO ?`, path)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
