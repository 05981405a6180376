package store

import (
	"errors"
	"fmt"
)

// Limits that every backend keeps to, so that none grows by what a client sends.
const (
	MaxKey   = 512     // bytes of a key, a prefix or a place in a listing
	MaxValue = 1 << 20 // bytes of a value
	MaxList  = 1000    // entries on one page of a listing
)

// ErrBounds says that a key, a value or a page is outside the limits. It is a
// mistake of the caller's, and nothing was done.
var ErrBounds = errors.New("store: out of bounds")

// CheckKey refuses a key that is empty, longer than MaxKey, or holds anything
// but printable ASCII without space: what a client sends reaches a key only
// hashed or encoded, and no backend has to quote it.
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("%w: empty key", ErrBounds)
	}
	return checkText("key", key)
}

// CheckWrite refuses a key as CheckKey does, and a value longer than MaxValue.
func CheckWrite(key string, value []byte) error {
	if len(value) > MaxValue {
		return fmt.Errorf("%w: value of %d bytes, at most %d", ErrBounds, len(value), MaxValue)
	}
	return CheckKey(key)
}

// CheckPrefix refuses a prefix that no key can have. The empty one is fine:
// all keys have it.
func CheckPrefix(prefix string) error { return checkText("prefix", prefix) }

// CheckList refuses the arguments of a [Lister]: a prefix or a place that no
// key can have, and a limit outside 1 to MaxList.
func CheckList(prefix, after string, limit int) error {
	if limit < 1 || limit > MaxList {
		return fmt.Errorf("%w: a page of %d entries, 1 to %d are possible", ErrBounds, limit, MaxList)
	}
	if err := checkText("place", after); err != nil {
		return err
	}
	return CheckPrefix(prefix)
}

// checkText names the length or the position, never the bytes: they may be
// whatever a client sent.
func checkText(what, s string) error {
	if len(s) > MaxKey {
		return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrBounds, what, len(s), MaxKey)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return fmt.Errorf("%w: %s with byte %#02x at %d, only printable ASCII without space is possible", ErrBounds, what, s[i], i)
		}
	}
	return nil
}
