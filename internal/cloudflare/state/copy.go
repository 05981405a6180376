package state

import (
	"context"
	"crypto/hmac"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/keep/mac"
)

// Copies are entries in Workers KV near the users. Whoever can write that
// namespace (another Worker that is bound to it, an account's API token, the
// dashboard) could otherwise plant an issuer's keys or a session of anybody's
// there. So each copy carries a MAC over its key, the time it was made and its
// content, under a key that is derived from tokens.secret.
//
// The zero Copies reads and writes none: what nobody can authenticate is not
// believed. It is for the tasks of one instance.
type Copies struct{ mac *mac.Key }

// NewCopies returns copies that secret authenticates. It has 32 bytes or more.
func NewCopies(secret edgeward.Secret) (Copies, error) {
	key, err := mac.NewKey(secret)
	return Copies{key}, err
}

// get returns the content of the copy under key and when it was made. false
// means that there is none, or none that an instance with our secret has made
// for that key within maxAge: an older copy may be a replay.
func (c Copies) get(ctx context.Context, key string, now time.Time, maxAge time.Duration) (runtime.Frame, time.Time, bool) {
	if c.mac == nil {
		return nil, time.Time{}, false
	}
	f, err := runtime.Perform(ctx, "kv-get", key)
	if err != nil || len(f) != 1 {
		return nil, time.Time{}, false
	}
	stored, err := runtime.ParseFrame([]byte(f[0]))
	if err != nil || len(stored) < 2 {
		return nil, time.Time{}, false
	}
	if sum := c.sum(key, stored[1:]); !hmac.Equal([]byte(stored[0]), sum[:]) {
		return nil, time.Time{}, false
	}
	millis, err := strconv.ParseInt(stored[1], 10, 64)
	made := time.UnixMilli(millis)
	if err != nil || made.After(now) || !now.Before(made.Add(maxAge)) {
		return nil, time.Time{}, false
	}
	return stored[2:], made, true
}

// put keeps a copy for ttl. It reports no error: without the copy the original
// is asked instead.
func (c Copies) put(ctx context.Context, key string, made time.Time, content runtime.Frame, ttl time.Duration) {
	if c.mac == nil {
		return
	}
	signed := append(runtime.Frame{strconv.FormatInt(made.UnixMilli(), 10)}, content...)
	sum := c.sum(key, signed)
	stored := append(runtime.Frame{string(sum[:])}, signed...)
	_, _ = runtime.Perform(ctx, "kv-put", key, string(stored.Append(nil)), strconv.FormatInt(int64(ttl/time.Second), 10))
}

// sum authenticates what a frame with the key before it says: the lengths in
// its wire form let one message be split in one way only.
func (c Copies) sum(key string, signed runtime.Frame) [mac.Size]byte {
	return c.mac.Sum(append(runtime.Frame{key}, signed...).Append(nil))
}
