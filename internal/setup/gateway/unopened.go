package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward/store"
)

// unopened stands for a store that was not opened: what is wired without one
// can be looked at, and answers "could not tell" to every request.
type unopened struct{}

var errUnopened = errors.New("config: the store is read by the running server alone: its log and the page Refusals of its console say what it decided")

func (unopened) Contract() store.Contract { return store.Contract{CompareAndSwap: true, Durable: true} }

func (unopened) Get(context.Context, string) (store.Entry, error) {
	return store.Entry{}, errUnopened
}

func (unopened) Create(context.Context, string, []byte, time.Time) (store.Version, error) {
	return 0, errUnopened
}

func (unopened) Replace(context.Context, string, store.Version, []byte, time.Time) (store.Version, error) {
	return 0, errUnopened
}

func (unopened) Delete(context.Context, string) error { return errUnopened }

func (unopened) List(context.Context, string, string, int) ([]store.Entry, error) {
	return nil, errUnopened
}

func (unopened) Watch(context.Context, string, func(store.Event) error, func() error) error {
	return errUnopened
}
