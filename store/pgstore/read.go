package pgstore

import (
	"bytes"
	"context"
	"fmt"

	"github.com/edgeward/edgeward/store"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// A read is what one caller wants to know: one entry, or what a query of its
// own answers.
type read struct {
	pending
	key   string
	query func(context.Context, *link) error

	found bool
	entry store.Entry
}

func (r *read) size() int {
	if r.query != nil {
		return batchBytes // alone
	}
	return len(r.key)
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return store.Entry{}, err
	}
	r := &read{key: key}
	if err := s.reads.do(ctx, r); err != nil {
		return store.Entry{}, err
	}
	if !r.found {
		return store.Entry{}, fmt.Errorf("pgstore: %w", store.ErrNotFound)
	}
	return r.entry, nil
}

// fetch answers reads: all entries by one query.
func (s *Store) fetch(ctx context.Context, l *link, reads []*read) error {
	if reads[0].query != nil {
		return reads[0].query(ctx, l)
	}
	keys, askers := make([]string, 0, len(reads)), map[string][]*read{}
	for _, r := range reads {
		if askers[r.key] == nil {
			keys = append(keys, r.key)
		}
		askers[r.key] = append(askers[r.key], r)
	}
	entries, err := collect(l.Query(ctx, s.sql.get, keys))
	if err != nil {
		return err
	}
	for _, e := range entries {
		for i, r := range askers[e.Entry.Key] {
			r.found, r.entry = true, e.Entry
			if i > 0 {
				r.entry.Value = bytes.Clone(e.Entry.Value)
			}
		}
	}
	return nil
}

// List implements [store.Lister].
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]store.Entry, error) {
	if err := ready(ctx, store.CheckList(prefix, after, limit)); err != nil {
		return nil, err
	}
	first, end := span(prefix, after)
	var page []store.Event
	err := s.reads.do(ctx, &read{query: func(ctx context.Context, l *link) (err error) {
		page, err = collect(l.Query(ctx, s.sql.list, first, end, limit))
		return err
	}})
	if err != nil {
		return nil, err
	}
	entries := make([]store.Entry, len(page))
	for i, e := range page {
		entries[i] = e.Entry
	}
	return entries, nil
}

// span is the range of the keys that begin with prefix and come after after.
// Every byte of a key lies between space and DEL.
func span(prefix, after string) (first, end string) {
	return max(prefix, after+" "), prefix + "\x7f"
}

// collect reads rows of key, version, expires and value. A row without a value
// is a deleted entry.
func collect(rows pgx.Rows, err error) ([]store.Event, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Event, error) {
		var e store.Event
		var version int64
		var expires pgtype.Timestamptz
		err := row.Scan(&e.Entry.Key, &version, &expires, &e.Entry.Value)
		e.Entry.Version = store.Version(version)
		if e.Deleted = e.Entry.Value == nil; !e.Deleted {
			e.Entry.Expires = fromTimestamp(expires)
		}
		return e, err
	})
}
