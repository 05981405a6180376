package sqlitestore

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/edgeward/edgeward/store"
)

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string) (e store.Entry, err error) {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return store.Entry{}, err
	}
	found := false
	err = s.read(ctx, func(c *conn) error {
		return c.query(func(row []driver.Value) { e, found = toEntry(row), true },
			`SELECT key, version, expires, value FROM entry WHERE key = ? AND expires > ?`, key, s.now().UnixMilli())
	})
	if err == nil && !found {
		err = fmt.Errorf("sqlitestore: %w", store.ErrNotFound)
	}
	return e, err
}

// List implements [store.Lister].
func (s *Store) List(ctx context.Context, prefix, after string, limit int) (page []store.Entry, err error) {
	if err := ready(ctx, store.CheckList(prefix, after, limit)); err != nil {
		return nil, err
	}
	first, end := span(prefix, after)
	err = s.read(ctx, func(c *conn) error {
		return c.query(func(row []driver.Value) { page = append(page, toEntry(row)) },
			`SELECT key, version, expires, value FROM entry WHERE key >= ? AND key < ? AND +expires > ? ORDER BY key LIMIT ?`,
			first, end, s.now().UnixMilli(), int64(limit))
	})
	return page, err
}

// span is the range of the keys that begin with prefix and come after after.
// Every byte of a key lies between space and DEL.
func span(prefix, after string) (first, end string) {
	return max(prefix, after+" "), prefix + "\x7f"
}

func toEntry(row []driver.Value) store.Entry {
	var e store.Entry
	e.Key, _ = row[0].(string)
	version, _ := row[1].(int64)
	expires, _ := row[2].(int64)
	e.Value, _ = row[3].([]byte)
	e.Version, e.Expires = store.Version(version), fromMillis(expires)
	return e
}

// read lends a connection to look, which sees every write that was
// acknowledged before.
func (s *Store) read(ctx context.Context, look func(*conn) error) error {
	select {
	case c := <-s.readers:
		defer func() { s.readers <- c }()
		if err := look(c); err != nil {
			return fmt.Errorf("sqlitestore: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sqlitestore: %w", ctx.Err())
	case <-s.closed:
		return ErrClosed
	}
}
