// Package sqlitestore keeps a store's entries in one SQLite file, without cgo.
// It is the embedded default.
//
// A write is on the disk before it is acknowledged: the file is in WAL mode
// with synchronous=FULL. That costs one fsync, which all writers that wait for
// it share: whoever finds nobody writing commits for everybody in the queue,
// in one transaction, and each gets its own answer. Readers have connections
// of their own and wait for nobody.
//
// Every change draws the next number of one sequence. It is the entry's
// version and the row's id, so that the table is also the log that a watch
// follows. A deleted entry leaves its row behind without a value until every
// watch has passed it.
//
// One process at a time has the file open, held by a lock that the operating
// system takes back when the process ends in whatever way. The file has to be
// on a local disk. Beside it stand its -wal and -shm, which belong to it, and
// the lock's file, which is never removed.
package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/store"
)

// Why a file is not opened. In each case it is as it was.
var (
	ErrInUse   error = &fault{"another process has the store open", "stop the other edgeward, or talk to it through its admin listener"}
	ErrDamaged error = &fault{"the file is damaged", "restore it from a backup; what is left of it was not touched"}
	ErrForeign error = &fault{"the file is no store of edgeward's", "name another file in store.path"}
	ErrNewer   error = &fault{"the file was written by a newer version of edgeward", "start the newer version of edgeward, or restore a backup that this one made"}
	ErrExposed error = &fault{"every user of this machine may read or write the file", "chmod 600 FILE"}
)

// A fault says what is wrong with a file, and what to do.
type fault struct{ what, remedy string }

func (f *fault) Error() string { return f.what }

// Remedy says in a few words what to do about FILE.
func (f *fault) Remedy() string { return f.remedy }

// ErrClosed is the answer of a store that was closed.
var ErrClosed = errors.New("sqlitestore: the store is closed")

// Config is what a Store needs.
type Config struct {
	Path string           // of the file; made with mode 0600 if there is none, in a directory that exists
	Now  func() time.Time // time.Now if nil
}

// A Store is a [store.Backend], a [store.Lister] and a [store.Watcher]. It is
// safe for concurrent use.
type Store struct {
	path    string
	now     func() time.Time
	lock    *fileLock
	readers chan *conn    // those that nobody uses
	turn    chan struct{} // full while somebody writes, who owns
	writer  *conn         // this connection and
	drawn   int64         // the newest version that was given out

	mu    sync.Mutex
	queue []*write // waiting for whoever takes the next turn

	head    atomic.Int64 // the newest committed version
	watches watches
	copying sync.RWMutex // held while a backup reads
	closing sync.Once
	closed  chan struct{}
}

// Open opens the file, or makes it. It reads the whole file once to see that
// it is sound, and starts nothing; [Store.Run] sweeps.
func Open(c Config) (*Store, error) {
	s, err := open(c)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: open %s: %w", c.Path, err)
	}
	return s, nil
}

// OpenFile is Open for what opens any kind of store by its path.
func OpenFile(path string) (store.Full, error) {
	s, err := Open(Config{Path: path})
	if err != nil {
		return nil, err // and no nil in an interface
	}
	return s, nil
}

func open(c Config) (_ *Store, err error) {
	s := &Store{now: c.Now, turn: make(chan struct{}, 1), closed: make(chan struct{}), watches: newWatches(), readers: make(chan *conn, max(2, runtime.GOMAXPROCS(0)))}
	if s.now == nil {
		s.now = time.Now
	}
	if s.path, err = resolve(c.Path); err != nil {
		return nil, err
	}
	if s.lock, err = lockFile(s.path + "-lock"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.shut()
		}
	}()
	if err = prepare(s.path); err != nil {
		return nil, err
	}
	if s.writer, err = connectWriter(s.path); err != nil {
		return nil, err
	}
	newest, err := s.writer.integer(`SELECT coalesce(max(version), 0) FROM entry`)
	if err != nil {
		return nil, err
	}
	s.drawn = newest
	s.head.Store(newest)
	for range cap(s.readers) {
		r, err := connectReader(s.path)
		if err != nil {
			return nil, err
		}
		s.readers <- r
	}
	return s, nil
}

// Close waits for the operations that have begun, ends the watches, and folds
// the log into the file. A write that is still in the queue is not done.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		close(s.closed)
		s.copying.Lock()
		defer s.copying.Unlock()
		s.turn <- struct{}{}
		for range cap(s.readers) {
			r := <-s.readers
			err = errors.Join(err, r.close())
		}
		err = errors.Join(err, s.shut())
	})
	return err
}

// shut closes what is open.
func (s *Store) shut() (err error) {
	for len(s.readers) > 0 {
		r := <-s.readers
		err = errors.Join(err, r.close())
	}
	if s.writer != nil {
		err = errors.Join(err, s.writer.close())
	}
	return errors.Join(err, s.lock.unlock())
}

// Contract says that writes are durable, and that this is the only node.
func (s *Store) Contract() store.Contract { return store.Contract{CompareAndSwap: true, Durable: true} }

// Time in the file is in milliseconds since 1970. Rows that are gone have
// expired before all others.
const (
	never   = math.MaxInt64
	deleted = math.MinInt64
)

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == never || ms == deleted {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// ready is what every operation asks first.
func ready(ctx context.Context, bounds error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	return bounds
}
