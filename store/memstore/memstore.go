// Package memstore keeps a store's entries in memory, for tests and for trying
// things out. They are gone with the process. What there is no room for is
// refused, and never makes room by pushing out something else: that might be a
// revocation.
package memstore

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edgeward/edgeward/store"
)

// DefaultBytes holds about 400,000 sessions.
const DefaultBytes = 256 << 20

// overhead is what an entry takes beside its key and value, in bytes, rounded
// up: TestABoundIsInRealBytes measures it.
const overhead = 256

// ErrFull says that there is no room for an entry. It is a "could not tell" for
// who asks, and nothing was written. Entries that expire or are deleted make
// room, and who replaces one by something no larger needs none.
var ErrFull = errors.New("memstore: full")

// Config is what a Store needs; its zero value works.
type Config struct {
	Bytes int              // what all entries may take together; 0 means DefaultBytes
	Now   func() time.Time // time.Now if nil
}

// A Store is a [store.Backend], a [store.Lister] and a [store.Watcher]. It is
// safe for concurrent use.
type Store struct {
	now   func() time.Time
	bytes int // that there may be

	mu      sync.RWMutex
	taken   int // bytes that the entries take
	entries map[string]*item
	dying   expiries // of entries: those that expire
	version store.Version
	watches map[*watch]struct{}
}

// New returns an empty store.
func New(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Bytes == 0 {
		c.Bytes = DefaultBytes
	}
	return &Store{now: c.Now, bytes: c.Bytes, entries: map[string]*item{}, watches: map[*watch]struct{}{}}
}

// Contract says that a write is lost with the process.
func (s *Store) Contract() store.Contract { return store.Contract{CompareAndSwap: true} }

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return store.Entry{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.live(key)
	if !ok {
		return store.Entry{}, fmt.Errorf("memstore: %w", store.ErrNotFound)
	}
	return i.copied(), nil
}

// Create implements [store.Store].
func (s *Store) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	if err := ready(ctx, store.CheckWrite(key, value)); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.live(key); ok {
		return 0, fmt.Errorf("memstore: %w", store.ErrExists)
	}
	return s.put(key, value, expires)
}

// Replace implements [store.Store].
func (s *Store) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	if err := ready(ctx, store.CheckWrite(key, value)); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.live(key); !ok || i.Version != old {
		return 0, fmt.Errorf("memstore: %w", store.ErrConflict)
	}
	return s.put(key, value, expires)
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.entries[key]; ok {
		s.drop(i)
		s.version++
		s.tell(store.Event{Entry: store.Entry{Key: key, Version: s.version}, Deleted: true})
	}
	return nil
}

// List implements [store.Lister]. It looks at every key.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]store.Entry, error) {
	if err := ready(ctx, store.CheckList(prefix, after, limit)); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var keys []string
	for key := range s.entries {
		if _, ok := s.live(key); ok && key > after && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	page := make([]store.Entry, 0, min(limit, len(keys)))
	for _, key := range keys[:cap(page)] {
		page = append(page, s.entries[key].copied())
	}
	return page, nil
}

func ready(ctx context.Context, bounds error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: %w", err)
	}
	return bounds
}

// live finds an entry that has not expired. The caller holds mu.
func (s *Store) live(key string) (*item, bool) {
	i, ok := s.entries[key]
	return i, ok && !i.expired(s.now())
}

// put makes or changes an entry, if there is room, and forgets those that have
// expired. The caller holds mu.
func (s *Store) put(key string, value []byte, expires time.Time) (store.Version, error) {
	for now := s.now(); len(s.dying) > 0 && s.dying[0].expired(now); {
		s.drop(s.dying[0])
	}
	more, old := size(key, value), s.entries[key]
	if old != nil {
		more -= size(key, old.Value)
	}
	if more > 0 && more > s.bytes-s.taken {
		return 0, fmt.Errorf("%w: %d of %d bytes are taken", ErrFull, s.taken, s.bytes)
	}
	if old != nil {
		s.drop(old)
	}
	s.version++
	i := &item{Entry: store.Entry{Key: key, Value: bytes.Clone(value), Version: s.version}, place: -1}
	if !expires.IsZero() {
		i.Expires = expires.UTC().Truncate(time.Millisecond)
		heap.Push(&s.dying, i)
	}
	s.entries[key] = i
	s.taken += size(key, value)
	s.tell(store.Event{Entry: i.Entry})
	return i.Version, nil
}

// size returns what an entry takes, in bytes.
func size(key string, value []byte) int { return overhead + len(key) + len(value) }

func (s *Store) drop(i *item) {
	delete(s.entries, i.Key)
	s.taken -= size(i.Key, i.Value)
	if i.place >= 0 {
		heap.Remove(&s.dying, i.place)
	}
}
