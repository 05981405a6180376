package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// A change is what a write does, as the layout's function numbers it.
type change int32

const (
	create change = iota + 1
	replace
	remove
)

// A write is one caller's part of a statement.
type write struct {
	pending
	change  change
	key     string
	old     store.Version
	expires time.Time
	value   []byte
	version int64 // the answer; 0 when something stood in the way
}

func (w *write) size() int { return 64 + len(w.key) + len(w.value) }

// Create implements [store.Store].
func (s *Store) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	if err := ready(ctx, store.CheckWrite(key, value)); err != nil {
		return 0, err
	}
	return s.write(ctx, &write{change: create, key: key, value: own(value), expires: expires}, store.ErrExists)
}

// Replace implements [store.Store].
func (s *Store) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	if err := ready(ctx, store.CheckWrite(key, value)); err != nil {
		return 0, err
	}
	return s.write(ctx, &write{change: replace, key: key, old: old, value: own(value), expires: expires}, store.ErrConflict)
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return err
	}
	_, err := s.write(ctx, &write{change: remove, key: key}, nil)
	return err
}

// own copies a value, because its caller may give up and use the bytes for
// something else while the write is still in the queue. It is never nil, which
// would be NULL.
func own(value []byte) []byte { return append(make([]byte, 0, len(value)), value...) }

// write returns the version that was written, or what stood in the way.
func (s *Store) write(ctx context.Context, w *write, inTheWay error) (store.Version, error) {
	if err := s.writes.do(ctx, w); err != nil {
		return 0, err
	}
	if w.version == 0 && inTheWay != nil {
		return 0, fmt.Errorf("pgstore: %w", inTheWay)
	}
	return store.Version(w.version), nil
}

// errUnconfirmed is a commit that is on this server and maybe on no other.
var errUnconfirmed = errors.New("done, with a warning: its standbys have not confirmed the commit")

// commit makes one transaction of the writes. A statement that somebody
// cancels while it waits for the standbys is answered as done, with a warning:
// it would be lost with this server, so its outcome is unknown.
func (s *Store) commit(ctx context.Context, l *link, writes []*write) error {
	n := len(writes)
	turns, changes, keys, olds := make([]int32, n), make([]int32, n), make([]string, n), make([]int64, n)
	expiries, values := make([]pgtype.Timestamptz, n), make([][]byte, n)
	of := make(map[string][]*write, n) // by key, in turn
	for i, w := range writes {
		turns[i], of[w.key] = int32(len(of[w.key])), append(of[w.key], w)
		changes[i], keys[i], olds[i] = int32(w.change), w.key, int64(w.old)
		expiries[i], values[i] = toTimestamp(w.expires), w.value
	}
	l.warned.Store(false)
	rows, err := l.Query(ctx, s.sql.write, turns, changes, keys, olds, expiries, values)
	if err != nil {
		return outcome(err)
	}
	var turn int32
	var key string
	var version int64
	_, err = pgx.ForEachRow(rows, []any{&turn, &key, &version}, func() error {
		of[key][turn].version = version
		return nil
	})
	if err != nil {
		return outcome(err)
	}
	if l.warned.Load() {
		return fmt.Errorf("outcome unknown: %w", errUnconfirmed)
	}
	s.bell.ring()
	return nil
}

// outcome says whether a write that failed may have happened. What the server
// answers with ERROR is rolled back; FATAL may come after the commit.
func outcome(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" {
		return fmt.Errorf("nothing was written: %w", err)
	}
	return fmt.Errorf("outcome unknown: %w", err)
}

// What PostgreSQL can keep as a time, on both sides.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(200_000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func toTimestamp(t time.Time) pgtype.Timestamptz {
	switch {
	case t.IsZero():
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	case t.Before(earliest):
		t = earliest
	case t.After(latest):
		t = latest
	}
	return pgtype.Timestamptz{Time: t.UTC().Truncate(time.Millisecond), Valid: true}
}

func fromTimestamp(t pgtype.Timestamptz) time.Time {
	if t.InfinityModifier != pgtype.Finite {
		return time.Time{}
	}
	return t.Time.UTC()
}
