package sqlitestore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/store"
)

// readTimeout is how long somebody waits for an answer. SQLite itself tries for
// ten seconds where others hold the locks of the file, and a disk may take any
// time; whoever waits would hold up a request, and everybody behind it.
const readTimeout = 2 * time.Second

// Get implements [store.Store]. It takes up to two seconds.
func (s *Store) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return store.Entry{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	page, err := read(ctx, s, toEntry,
		`SELECT key, version, expires, value FROM entry WHERE key = ? AND expires > ?`, key, s.now().UnixMilli())
	if err != nil {
		return store.Entry{}, err
	}
	if len(page) == 0 {
		return store.Entry{}, fmt.Errorf("sqlitestore: %w", store.ErrNotFound)
	}
	return page[0], nil
}

// List implements [store.Lister]. It takes up to two seconds.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]store.Entry, error) {
	if err := ready(ctx, store.CheckList(prefix, after, limit)); err != nil {
		return nil, err
	}
	first, end := span(prefix, after)
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return read(ctx, s, toEntry,
		`SELECT key, version, expires, value FROM entry WHERE key >= ? AND key < ? AND +expires > ? ORDER BY key LIMIT ?`,
		first, end, s.now().UnixMilli(), int64(limit))
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

// read asks on a connection that nobody uses, which sees every write that was
// acknowledged before, and makes something of every row. When ctx ends nobody
// waits any longer. Nothing interrupts SQLite while it waits for a lock or the
// disk, so the connection comes back when it has its answer.
func read[T any](ctx context.Context, s *Store, of func(row []driver.Value) T, query string, args ...driver.Value) ([]T, error) {
	var c *conn
	select {
	case c = <-s.readers:
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlitestore: %w", ctx.Err())
	case <-s.closed:
		return nil, ErrClosed
	}
	type answer struct {
		all []T
		err error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		a.err = c.query(func(row []driver.Value) { a.all = append(a.all, of(row)) }, query, args...)
		s.readers <- c
		answered <- a
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return nil, fmt.Errorf("sqlitestore: %w", a.err)
		}
		return a.all, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlitestore: %w", ctx.Err())
	}
}
