package sqlitestore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

func TestWritersThatWaitShareOneTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path, nil)
	create(t, s, "taken", time.Time{})
	before := transactions(t, path)
	const writers = 50
	answers := make(chan error, writers)
	release := s.Hold()
	for n := range writers {
		key := fmt.Sprintf("a/%d", n)
		if n%2 == 0 {
			key = "taken"
		}
		go func() { _, err := s.Create(context.Background(), key, nil, time.Time{}); answers <- err }()
	}
	until(t, func() bool { return s.Queued() == writers })
	release()
	made := 0
	for range writers {
		if err := <-answers; err == nil {
			made++
		} else if !errors.Is(err, store.ErrExists) {
			t.Error(err)
		}
	}
	if n := transactions(t, path) - before; n != 1 || made != writers/2 {
		t.Errorf("%d transactions made %d of %d entries", n, made, writers/2)
	}
}

// transactions counts the commits in the write-ahead log: frames that say how
// large the database is after them (https://sqlite.org/fileformat2.html#walformat).
func transactions(t *testing.T, path string) (n int) {
	t.Helper()
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	page := int(binary.BigEndian.Uint32(wal[8:]))
	salt := [8]byte(wal[16:])
	for at := 32; at+24+page <= len(wal) && [8]byte(wal[at+8:]) == salt; at += 24 + page {
		if binary.BigEndian.Uint32(wal[at+4:]) != 0 {
			n++
		}
	}
	return n
}

func TestAWriterThatGaveUpInTheQueueWritesNothing(t *testing.T) {
	s := openNew(t)
	release := s.Hold()
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() { _, err := s.Create(ctx, "a", nil, time.Time{}); gaveUp <- err }()
	until(t, func() bool { return s.Queued() == 1 })
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("Create: %v", err)
	}
	release()
	create(t, s, "b", time.Time{})
	lacks(t, s, "a")
}

func TestDeletingWhatIsAbsentWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path, nil)
	create(t, s, "a", time.Time{})
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	before := transactions(t, path)
	for _, key := range []string{"a", "b"} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if n := transactions(t, path) - before; n != 0 {
		t.Errorf("%d transactions", n)
	}
}

// A late context has ended for its caller, and not yet for whoever commits.
type late struct {
	context.Context
	done chan struct{}
}

func (c late) Done() <-chan struct{} { return c.done }
func (c late) Err() error            { return nil }

func TestAWriterThatGaveUpTooLateMayUseItsBytesForSomethingElse(t *testing.T) {
	s := openNew(t)
	release := s.Hold()
	ctx := late{t.Context(), make(chan struct{})}
	close(ctx.done)
	value := []byte("a")
	_, err := s.Create(ctx, "a", value, time.Time{})
	couldNotTell(t, err)
	value[0] = '!'
	release()
	create(t, s, "b", time.Time{})
	holds(t, s, "a")
}

// Attack 41: one caller's cancelled context does not fail the others. Here it
// is the one that commits for them.
func TestAWriterThatGivesUpWhileItCommitsForOthersCommits(t *testing.T) {
	s := openNew(t)
	for n := range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		answers := make(chan error, 2)
		go func() { _, err := s.Create(ctx, fmt.Sprintf("a/%d", n), nil, time.Time{}); answers <- err }()
		go func() {
			_, err := s.Create(context.Background(), fmt.Sprintf("b/%d", n), nil, time.Time{})
			answers <- err
		}()
		cancel()
		for range 2 {
			if err := <-answers; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if _, err := s.Get(t.Context(), fmt.Sprintf("b/%d", n)); err != nil {
			t.Error(err)
		}
	}
}

// A full disk, as SQLite meets it: no more pages.
func TestATransactionThatFailsCouldNotTellAndHasDoneNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path, nil)
	v := create(t, s, "before", time.Time{})
	pages, err := s.Ask(`PRAGMA page_count`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ask(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2)); err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 5)
	release := s.Hold()
	queue := func(write func() error) {
		waiting := s.Queued()
		go func() { answers <- write() }()
		until(t, func() bool { return s.Queued() == waiting+1 })
	}
	queue(func() error { _, err := s.Create(context.Background(), "small", nil, time.Time{}); return err })
	queue(func() error { return s.Delete(context.Background(), "before") })
	queue(func() error {
		_, err := s.Create(context.Background(), "large", make([]byte, store.MaxValue), time.Time{})
		return err
	})
	queue(func() error { _, err := s.Create(context.Background(), "before", nil, time.Time{}); return err })
	queue(func() error {
		_, err := s.Replace(context.Background(), "before", v, nil, time.Time{})
		return err
	})
	release()
	for range 5 {
		couldNotTell(t, <-answers)
	}
	holds(t, s, "before")
	lacks(t, s, "small")
	lacks(t, s, "large")
	if _, err := s.Ask(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	create(t, s, "large", time.Time{})
	shut(t, s)
	s = openAt(t, path, nil)
	holds(t, s, "before")
	holds(t, s, "large")
}

// SQLite itself takes back a transaction that met a full disk. It does not
// take back one of which a single statement failed.
func TestATransactionWithAStatementThatFailsHasDoneNothing(t *testing.T) {
	s := openNew(t)
	if _, err := s.Ask(`CREATE TEMP TRIGGER fail BEFORE INSERT ON entry WHEN new.key = 'fails' BEGIN SELECT RAISE(ABORT, 'as planned'); END`); err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 2)
	release := s.Hold()
	for n, key := range []string{"a", "fails"} {
		go func() { _, err := s.Create(context.Background(), key, nil, time.Time{}); answers <- err }()
		until(t, func() bool { return s.Queued() == n+1 })
	}
	release()
	couldNotTell(t, <-answers)
	couldNotTell(t, <-answers)
	lacks(t, s, "a")
	create(t, s, "b", time.Time{})
	lacks(t, s, "a")
	holds(t, s, "b")
}

func TestABackendDeclaresWhatItKeeps(t *testing.T) {
	var s store.Backend = openNew(t)
	if c := s.Contract(); c != (store.Contract{CompareAndSwap: true, Durable: true}) {
		t.Errorf("%+v", c)
	}
	var _ interface {
		store.Lister
		store.Watcher
	} = (*sqlitestore.Store)(nil)
}
