// Package record writes and reads what a store keeps: one flat JSON object with
// a version, "v". A record of another version belongs to another version of
// the program; reading it is an error that means "could not tell", as is one
// that is damaged. Neither ever reads as absent.
package record

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// MaxYear is the last, in UTC, that RFC 3339 can spell: what is shown expires by
// then.
const MaxYear = 9999

// A Writer appends members to an object. Broken UTF-8 in strings is repaired:
// refuse what must come back as it is.
type Writer struct{ strictjson.Writer }

// New begins an object of a version.
func New(version int64) *Writer {
	w := &Writer{}
	w.Int("v", version)
	return w
}

// Time writes a time in milliseconds, and nothing for the zero time.
func (w *Writer) Time(name string, value time.Time) {
	if !value.IsZero() {
		w.Int(name, value.UnixMilli())
	}
}

// ErrUnreadable is wrapped by every error of this package.
var ErrUnreadable = errors.New("record: unreadable")

// A Reader reads members and remembers what was wrong with them.
type Reader struct {
	members strictjson.Members
	bad     string // the name of a member
}

// Read reads an object of a version.
func Read(data []byte, version int64) (*Reader, error) { return ReadAny(data, version, version) }

// ReadAny reads an object of one of the versions from oldest to newest.
func ReadAny(data []byte, oldest, newest int64) (*Reader, error) {
	members, err := strictjson.Object(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrUnreadable, err)
	}
	r := &Reader{members: members}
	if v := r.whole("v"); v < oldest || v > newest {
		return nil, fmt.Errorf("%w: it is of version %d, this program knows %d", ErrUnreadable, v, newest)
	}
	return r, nil
}

// Version returns that of the object.
func (r *Reader) Version() int64 { return r.whole("v") }

// Err returns what is wrong, once everything was read.
func (r *Reader) Err() error {
	if r.bad != "" {
		return fmt.Errorf("%w: member %q is absent or no such value", ErrUnreadable, r.bad)
	}
	return nil
}

// Require notes that member name is wrong unless ok.
func (r *Reader) Require(name string, ok bool) {
	if !ok && r.bad == "" {
		r.bad = name
	}
}

// Has reports whether there is a member of that name.
func (r *Reader) Has(name string) bool {
	_, found := r.members.Lookup(name)
	return found
}

// String reads a string.
func (r *Reader) String(name string) string {
	v, _ := r.members.Lookup(name)
	s, ok := v.String()
	r.Require(name, ok)
	return s
}

// Strings reads an array of strings.
func (r *Reader) Strings(name string) []string {
	v, _ := r.members.Lookup(name)
	list, ok := v.Strings()
	r.Require(name, ok)
	return list
}

// Lists reads an object of arrays of strings.
func (r *Reader) Lists(name string) map[string][]string {
	v, _ := r.members.Lookup(name)
	members, ok := v.Object()
	all := make(map[string][]string, len(members))
	for _, m := range members {
		list, isList := m.Value.Strings()
		all[m.Name], ok = list, ok && isList
	}
	r.Require(name, ok)
	return all
}

// Time reads a time, the zero time when there is none.
func (r *Reader) Time(name string) time.Time {
	if !r.Has(name) {
		return time.Time{}
	}
	return time.UnixMilli(r.whole(name))
}

// whole reads a whole number from 0 to what RFC 8259 §6 finds interoperable.
func (r *Reader) whole(name string) int64 {
	v, _ := r.members.Lookup(name)
	n, err := strconv.ParseInt(v.Raw(), 10, 64)
	ok := err == nil && v.Kind() == strictjson.KindNumber && n >= 0 && n < 1<<53
	r.Require(name, ok)
	return n
}
