package gateway

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/store"
)

// operations are those of a store, as metrics name them.
var operations = [...]string{"get", "create", "replace", "delete", "list", "watch"}

// A meter counts the operations of a store that could not tell.
type meter struct {
	backend
	faults [len(operations)]atomic.Uint64
}

// answers are errors that say something, or that the caller asked for.
var answers = []error{nil, store.ErrNotFound, store.ErrExists, store.ErrConflict, store.ErrBounds, context.Canceled}

// note counts err under an operation, unless it is an answer.
func (m *meter) note(operation int, err error) error {
	for _, answer := range answers {
		if errors.Is(err, answer) {
			return err
		}
	}
	m.faults[operation].Add(1)
	return err
}

func (m *meter) Get(ctx context.Context, key string) (store.Entry, error) {
	e, err := m.backend.Get(ctx, key)
	return e, m.note(0, err)
}

func (m *meter) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	v, err := m.backend.Create(ctx, key, value, expires)
	return v, m.note(1, err)
}

func (m *meter) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	v, err := m.backend.Replace(ctx, key, old, value, expires)
	return v, m.note(2, err)
}

func (m *meter) Delete(ctx context.Context, key string) error {
	return m.note(3, m.backend.Delete(ctx, key))
}

func (m *meter) List(ctx context.Context, prefix, after string, limit int) ([]store.Entry, error) {
	page, err := m.backend.List(ctx, prefix, after, limit)
	return page, m.note(4, err)
}

func (m *meter) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	return m.note(5, m.backend.Watch(ctx, prefix, event, synced))
}

type backend = store.Full
