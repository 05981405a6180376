package state

import (
	"context"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/store"
)

const (
	// cachedPrefix is that of the rows that Workers KV keeps a copy of.
	cachedPrefix = store.SessionPrefix
	// copyLife is the shortest that KV keeps anything. A copy may be as old as
	// two of them, on the other side of the world.
	copyLife = 60 * time.Second
)

// A KVCache puts Workers KV in front of the rows of sessions, for reading: KV is
// near every user and the object is where it was made. A copy may be old, so
// nothing is decided by it that an old row gets wrong: that a session was ended
// is a revocation, which never comes from here, and a write that compares with
// an old copy is refused by the object and then asks that.
type KVCache struct {
	ObjectStore
	copies Copies
	now    func() time.Time
	direct map[string]time.Time // keys whose copies are known to be old, until when
}

// NewKVCache returns the objects with copies in front of them.
func NewKVCache(copies Copies, now func() time.Time) *KVCache {
	return &KVCache{copies: copies, now: now, direct: map[string]time.Time{}}
}

// maxDirect bounds the keys that are remembered to be old.
const maxDirect = 1024

// Get implements [store.Store].
func (c *KVCache) Get(ctx context.Context, key string) (store.Entry, error) {
	if !strings.HasPrefix(key, cachedPrefix) {
		return c.ObjectStore.Get(ctx, key)
	}
	if e, ok := c.copyOf(ctx, key); ok {
		return e, nil
	}
	e, err := c.ObjectStore.Get(ctx, key)
	if err == nil {
		c.keep(ctx, e)
	}
	return e, err
}

// Replace implements [store.Store].
func (c *KVCache) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	v, err := c.ObjectStore.Replace(ctx, key, old, value, expires)
	c.distrust(key)
	return v, err
}

// Delete implements [store.Store].
func (c *KVCache) Delete(ctx context.Context, key string) error {
	c.distrust(key)
	return c.ObjectStore.Delete(ctx, key)
}

// distrust has the object asked about key until no copy can be old.
func (c *KVCache) distrust(key string) {
	if !strings.HasPrefix(key, cachedPrefix) {
		return
	}
	if len(c.direct) >= maxDirect {
		clear(c.direct) // older copies are no danger, only a conflict more
	}
	c.direct[key] = c.now().Add(2 * copyLife)
}

func (c *KVCache) copyOf(ctx context.Context, key string) (store.Entry, bool) {
	now := c.now()
	if until, old := c.direct[key]; old && now.Before(until) {
		return store.Entry{}, false
	}
	row, _, ok := c.copies.get(ctx, key, now, 2*copyLife)
	if !ok {
		return store.Entry{}, false
	}
	all, err := entries(row)
	if err != nil || len(all) != 1 || all[0].Key != key || !all[0].Expires.IsZero() && !now.Before(all[0].Expires) {
		return store.Entry{}, false
	}
	return all[0], true
}

// keep puts a copy where others read it.
func (c *KVCache) keep(ctx context.Context, e store.Entry) {
	c.copies.put(ctx, e.Key, c.now(), runtime.Frame{e.Key, string(e.Value), counted(e.Key, e.Version), millis(e.Expires)}, copyLife)
}
