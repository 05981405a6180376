// Package table is what mechanisms have in common that keep rows in a store: what
// they demand of it, how they list, and how they make sure that a row comes back
// as it went in. What a row means is theirs.
package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
)

// A Table is the rows of one mechanism, under a prefix of their own.
type Table struct {
	store.Store
	Lister store.Lister // nil when the store cannot list
	what   string
	prefix string
}

// Open refuses a store without compare-and-swap. what names the rows, "sessions".
func Open(s store.Backend, what, prefix string) (Table, error) {
	if s == nil || !s.Contract().CompareAndSwap {
		return Table{}, fmt.Errorf("%s need a store with compare-and-swap: of two changes at once both could win", what)
	}
	t := Table{Store: s, what: what, prefix: prefix}
	t.Lister, _ = s.(store.Lister)
	return t, nil
}

// Key returns where the row with that id is kept.
func (t *Table) Key(id string) string { return t.prefix + id }

// Unavailable says that nothing can be said about the rows.
func (t *Table) Unavailable(err error) error {
	return edgeward.NewUnavailable(t.what, time.Second, err)
}

// Read returns a row, or the error absent where there is none. Other errors are
// those of [Table.Unavailable].
func (t *Table) Read(ctx context.Context, id string, absent error) (store.Entry, error) {
	e, err := t.Get(ctx, t.Key(id))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Entry{}, absent
	case err != nil:
		return store.Entry{}, t.Unavailable(err)
	}
	return e, nil
}

// Page lists rows, as [Table.PageOf] does.
func (t *Table) Page(ctx context.Context, after string, limit int) (rows []store.Entry, next string, err error) {
	return t.PageOf(ctx, t.prefix, after, limit)
}

// PageOf lists what stands under a prefix from the id after on, with ids in place
// of keys, and the id to go on from, "" at the end. The error wraps
// [store.ErrNoList], or is that of [Table.Unavailable].
func (t *Table) PageOf(ctx context.Context, prefix, after string, limit int) (rows []store.Entry, next string, err error) {
	if t.Lister == nil {
		return nil, "", fmt.Errorf("%s: %w", t.what, store.ErrNoList)
	}
	if after != "" {
		after = prefix + after
	}
	if rows, err = t.Lister.List(ctx, prefix, after, limit); err != nil {
		return nil, "", t.Unavailable(err)
	}
	for i := range rows {
		rows[i].Key = strings.TrimPrefix(rows[i].Key, prefix)
	}
	if len(rows) > 0 && len(rows) == limit {
		next = rows[limit-1].Key
	}
	return rows, next, nil
}

// CheckGrant returns the permissions of an identity as they are kept. What no
// identity can be made of, and a permission that is no scope-token (RFC 6749 §3.3)
// and would be dropped, is refused by an error that wraps refusal.
func CheckGrant(id edgeward.Identity, refusal error) (permissions []string, err error) {
	made, err := edgeward.NewIdentity(id)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", refusal, err) // its Reason speaks of tokens: not wrapped
	}
	if i := slices.IndexFunc(id.Permissions, func(p string) bool { return !edgeward.IsScopeToken(p) }); i >= 0 {
		return nil, fmt.Errorf("%w: permission %d is no scope-token and would be dropped", refusal, i+1)
	}
	return made.Permissions, nil
}

// CheckRow refuses, by an error that wraps refusal, a row of more than most bytes,
// and one that does not come back as it went in: JSON repairs broken UTF-8, and
// another subject would come back. same reads the row and compares.
func CheckRow(row []byte, most int, refusal error, same func(row []byte) bool) error {
	if len(row) > most {
		return fmt.Errorf("%w: it takes %d bytes, %d are possible", refusal, len(row), most)
	}
	if !same(row) {
		return fmt.Errorf("%w: it cannot be written as JSON", refusal)
	}
	return nil
}
