package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/store"
)

// An ObjectStore keeps entries in Durable Objects: the platform runs one
// instance of each, on one thread, over storage that is durable before it
// answers. Keys are spread over objects, so that none is a bottleneck; all
// revocations stand in one, whose versions put them in one order.
//
// It is a [store.Backend] and a [store.Lister], and safe for the tasks of one
// instance. What it does it does by the effect "store": the object, the
// operation and its arguments.
type ObjectStore struct{}

const (
	// shards is over how many objects the other keys are spread; the driver knows
	// it too. With another number nothing is found again.
	shards = 64
	// All revocations stand in one object.
	feed = "revoked"
	// Failed attempts are counted in one object, so that a listing shows all of them.
	guesses = "ban"
)

// indexPrefixes are those of keys that are listed together: those with one folder
// stand in one object, so that a listing asks one and not all.
var indexPrefixes = [...]string{store.SubjectPrefix, store.LoginSessionPrefix, store.LoginUserPrefix}

// folderOf returns the folder of a key, or of a prefix, that is listed, false for
// others.
func folderOf(key string) (string, bool) {
	for _, prefix := range indexPrefixes {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			if end := strings.IndexByte(rest, '/'); end >= 0 {
				return key[:len(prefix)+end+1], true
			}
		}
	}
	return "", false
}

// shardOf names the object that holds a key.
func shardOf(key string) string {
	switch {
	case strings.HasPrefix(key, store.RevocationPrefix):
		return feed
	case strings.HasPrefix(key, store.BanPrefix):
		return guesses
	}
	if folder, ok := folderOf(key); ok {
		key = folder
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString([]byte{sum[0] % shards})
}

// Contract implements [store.Backend].
func (ObjectStore) Contract() store.Contract {
	return store.Contract{CompareAndSwap: true, Durable: true, Shared: true}
}

// Get implements [store.Store].
func (ObjectStore) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := store.CheckKey(key); err != nil {
		return store.Entry{}, err
	}
	f, err := operate(ctx, shardOf(key), "get", key)
	if err != nil {
		return store.Entry{}, err
	}
	all, err := entries(f)
	if err != nil || len(all) != 1 {
		return store.Entry{}, errors.Join(err, errAnswer)
	}
	return all[0], nil
}

// Create implements [store.Store].
func (ObjectStore) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	return write(ctx, "create", key, 0, value, expires)
}

// Replace implements [store.Store].
func (ObjectStore) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	return write(ctx, "replace", key, old, value, expires)
}

// Delete implements [store.Store].
func (ObjectStore) Delete(ctx context.Context, key string) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	_, err := operate(ctx, shardOf(key), "delete", key)
	return err
}

// List implements [store.Lister]. A listing over many objects asks all of them.
func (ObjectStore) List(ctx context.Context, prefix, after string, limit int) ([]store.Entry, error) {
	if err := store.CheckList(prefix, after, limit); err != nil {
		return nil, err
	}
	f, err := operate(ctx, shardOfPrefix(prefix), "list", prefix, after, strconv.Itoa(limit))
	if err != nil {
		return nil, err
	}
	return entries(f)
}

// everywhere stands for all objects: the driver asks each and merges.
const everywhere = "*"

func shardOfPrefix(prefix string) string {
	switch {
	case strings.HasPrefix(prefix, store.RevocationPrefix), strings.HasPrefix(prefix, store.BanPrefix):
		return shardOf(prefix)
	}
	if _, ok := folderOf(prefix); ok {
		return shardOf(prefix)
	}
	return everywhere
}

// changes returns up to limit entries whose keys begin with prefix, all of one
// object, that changed since a version, in the order in which they did, and
// whether there are more: entries can be long, and an answer has a bound. What
// was deleted is not told.
func changes(ctx context.Context, prefix string, since store.Version, limit int) (page []store.Entry, more bool, err error) {
	f, err := operate(ctx, shardOf(prefix), "changes", prefix, counted(prefix, since), strconv.Itoa(limit))
	if err != nil {
		return nil, false, err
	}
	if more = f.At(0) == "more"; !more && f.At(0) != "end" {
		return nil, false, errAnswer
	}
	page, err = entries(f[1:])
	if more && len(page) == 0 {
		err = errors.Join(err, errAnswer)
	}
	return page, more, err
}

// Versions of one object are counted there; the object's number keeps them apart
// from another object's.
const versionBits = 9 // of which are the object's number

// numberOf returns the number of the object that holds a key.
func numberOf(key string) uint64 {
	switch shard := shardOf(key); shard {
	case feed:
		return 0x100
	case guesses:
		return 0x101
	default:
		n, _ := strconv.ParseUint(shard, 16, 8) // shardOf writes two digits
		return n
	}
}

func versionOf(key string, counted uint64) store.Version {
	return store.Version(counted<<versionBits | numberOf(key))
}

// counted returns what the object of key calls a version, 0 for another
// object's: no entry has that.
func counted(key string, v store.Version) string {
	if uint64(v)&(1<<versionBits-1) != numberOf(key) {
		return "0"
	}
	return strconv.FormatUint(uint64(v)>>versionBits, 10)
}

func write(ctx context.Context, op, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	if err := store.CheckWrite(key, value); err != nil {
		return 0, err
	}
	f, err := operate(ctx, shardOf(key), op, key, counted(key, old), string(value), millis(expires))
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(f.At(0), 10, 64)
	if err != nil {
		return 0, errAnswer
	}
	return versionOf(key, v), nil
}

var (
	errAnswer = errors.New("state: the object's answer makes no sense")
	standing  = map[string]error{"not_found": store.ErrNotFound, "exists": store.ErrExists, "conflict": store.ErrConflict}
)

// operate has an object do one thing. Its first word says how that went.
func operate(ctx context.Context, shard, op string, args ...string) (runtime.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("state: store: %w", err)
	}
	f, err := runtime.Perform(ctx, "store", append([]string{shard, op}, args...)...)
	if err != nil {
		return nil, err
	}
	if f.At(0) == "done" {
		return f[1:], nil
	}
	if err := standing[f.At(0)]; err != nil {
		return nil, err
	}
	return nil, errAnswer
}

// entries reads what an object tells of entries: key, value, version and expiry
// of each.
func entries(f runtime.Frame) ([]store.Entry, error) {
	if len(f)%4 != 0 {
		return nil, errAnswer
	}
	all := make([]store.Entry, 0, len(f)/4)
	for ; len(f) > 0; f = f[4:] {
		version, bad := strconv.ParseUint(f[2], 10, 64)
		expires, worse := strconv.ParseInt(f[3], 10, 64)
		if bad != nil || worse != nil {
			return nil, errAnswer
		}
		e := store.Entry{Key: f[0], Value: []byte(f[1]), Version: versionOf(f[0], version)}
		if expires != 0 {
			e.Expires = time.UnixMilli(expires).UTC()
		}
		all = append(all, e)
	}
	return all, nil
}

// millis is an expiry as an object keeps it; 0 is never.
func millis(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(max(t.UnixMilli(), 1), 10)
}
