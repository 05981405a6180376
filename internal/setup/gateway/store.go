package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

// Stores are how kinds of stores are opened. One in memory is open everywhere; a
// program brings the others, and with them what they link.
type Stores map[config.StoreKind]func(*config.Store) (store.Full, error)

// FilesBy are the stores of a program that opens files alone.
func FilesBy(open func(path string) (store.Full, error)) Stores {
	if open == nil {
		return nil
	}
	return Stores{config.File: func(s *config.Store) (store.Full, error) { return open(s.Place) }}
}

// Open opens a store.
func (known Stores) Open(s *config.Store) (store.Full, error) {
	if s.Kind == config.Memory {
		return memstore.New(memstore.Config{}), nil
	}
	open := known[s.Kind]
	if open == nil {
		return nil, errNoOpener
	}
	return open(s)
}

var errNoOpener = errors.New("this program links nothing that opens such a store; a Go program sets edge.Config.OpenStore, for a file to sqlitestore.OpenFile")

// An unmetError says what a store does not promise that the configuration needs.
type unmetError struct{ error }

func (e *unmetError) Unwrap() error { return e.error }

// Remedy says in a few words what to do.
func (e *unmetError) Remedy() string {
	return "open one that promises it, as sqlitestore.OpenFile does"
}

// A StoreError says why a store cannot be opened. It is as it was.
type StoreError struct {
	Store *config.Store
	Err   error
}

func (e *StoreError) Error() string {
	return "config: " + e.Detail()
}

// Detail says for a person what is wrong.
func (e *StoreError) Detail() string { return fmt.Sprintf("store %s: %v", e.Store, e.Err) }

func (e *StoreError) Unwrap() error { return e.Err }

// Remedy says in a few words what to do, "" when that is unknown.
func (e *StoreError) Remedy() string {
	if known, ok := errors.AsType[interface {
		error
		Remedy() string
	}](e.Err); ok {
		return strings.ReplaceAll(known.Remedy(), "FILE", e.Store.Place)
	}
	return ""
}

// Backup returns what writes the store as it is now to a new file, nil for a store
// of which there is no copy.
func (m *State) Backup() func(ctx context.Context, path string) error {
	if b, ok := m.store.backend.(interface {
		Backup(context.Context, string) error
	}); ok {
		return b.Backup
	}
	return nil
}
