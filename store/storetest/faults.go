package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/store"
)

// ErrInjected is what a Faulty store answers where its plan names no error.
var ErrInjected = errors.New("storetest: injected fault")

// An Operation is one call of a store.
type Operation struct {
	Name string // get, create, replace, delete, list or watch
	Key  string // or the prefix
}

// Write tells whether the operation changes the store.
func (o Operation) Write() bool {
	return o.Name == "create" || o.Name == "replace" || o.Name == "delete"
}

// A Fault is what happens to one call. Its zero value is none.
type Fault struct {
	Delay  time.Duration // before anything else; a context that ends cuts it short
	Before error         // answered instead of doing it
	Then   func()        // called when it was done, before it is answered
	After  error         // answered although it was done: the outcome is unknown to the caller
}

// A Plan says what happens to a call. It is called concurrently.
type Plan func(Operation) Fault

// Down is the plan of a store that cannot be reached.
func Down(Operation) Fault { return Fault{Before: ErrInjected} }

// Lost is the plan of a store that does what it is asked, and whose answers
// to writes are lost.
func Lost(o Operation) Fault {
	if o.Write() {
		return Fault{After: ErrInjected}
	}
	return Fault{}
}

// Failing is the plan of a store that fails operations of those names.
func Failing(names ...string) Plan { return of(names, Fault{Before: ErrInjected}) }

// Losing is the plan of a store that does operations of those names, and whose
// answers to them are lost.
func Losing(names ...string) Plan { return of(names, Fault{After: ErrInjected}) }

func of(names []string, fault Fault) Plan {
	return func(o Operation) Fault {
		if slices.Contains(names, o.Name) {
			return fault
		}
		return Fault{}
	}
}

// Amid is the plan of a store with which do happens once, between the first
// operation of that name and its answer.
func Amid(name string, do func()) Plan {
	var once atomic.Bool
	return func(o Operation) Fault {
		if o.Name != name || !once.CompareAndSwap(false, true) {
			return Fault{}
		}
		return Fault{Then: do}
	}
}

// A Faulty store goes wrong by plan. It lists and watches as the store under
// it does, and is safe for concurrent use.
type Faulty struct {
	under store.Backend
	plan  atomic.Pointer[Plan]

	gets, writes atomic.Int64

	mu  sync.Mutex
	cut chan struct{} // closed to cut the watches
}

// NewFaulty returns a store that works until it is given a plan.
func NewFaulty(under store.Backend) *Faulty {
	return &Faulty{under: under, cut: make(chan struct{})}
}

// Follow makes the store go wrong by plan from now on; nil makes it work.
func (f *Faulty) Follow(plan Plan) {
	if plan == nil {
		f.plan.Store(nil)
		return
	}
	f.plan.Store(&plan)
}

// Asked returns how many gets and writes there were since it was last called,
// those that failed too.
func (f *Faulty) Asked() (gets, writes int) { return int(f.gets.Swap(0)), int(f.writes.Swap(0)) }

// Cut breaks all watches with ErrInjected.
func (f *Faulty) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.cut)
	f.cut = make(chan struct{})
}

// through does an operation as planned.
func (f *Faulty) through(ctx context.Context, name, key string, do func() error) error {
	o, fault := Operation{Name: name, Key: key}, Fault{}
	if o.Write() {
		f.writes.Add(1)
	} else if name == "get" {
		f.gets.Add(1)
	}
	if plan := f.plan.Load(); plan != nil {
		fault = (*plan)(o)
	}
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-ctx.Done():
			return fmt.Errorf("storetest: %w", ctx.Err())
		}
	}
	if fault.Before != nil {
		return fault.Before
	}
	err := do()
	if fault.Then != nil {
		fault.Then()
	}
	if err != nil {
		return err
	}
	return fault.After
}

// Contract implements [store.Backend].
func (f *Faulty) Contract() store.Contract { return f.under.Contract() }

// Get implements [store.Store].
func (f *Faulty) Get(ctx context.Context, key string) (e store.Entry, err error) {
	err = f.through(ctx, "get", key, func() error { e, err = f.under.Get(ctx, key); return err })
	if err != nil {
		return store.Entry{}, err
	}
	return e, nil
}

// Create implements [store.Store].
func (f *Faulty) Create(ctx context.Context, key string, value []byte, expires time.Time) (v store.Version, err error) {
	err = f.through(ctx, "create", key, func() error { v, err = f.under.Create(ctx, key, value, expires); return err })
	if err != nil {
		return 0, err
	}
	return v, nil
}

// Replace implements [store.Store].
func (f *Faulty) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (v store.Version, err error) {
	err = f.through(ctx, "replace", key, func() error { v, err = f.under.Replace(ctx, key, old, value, expires); return err })
	if err != nil {
		return 0, err
	}
	return v, nil
}

// Delete implements [store.Store].
func (f *Faulty) Delete(ctx context.Context, key string) error {
	return f.through(ctx, "delete", key, func() error { return f.under.Delete(ctx, key) })
}

// List implements [store.Lister].
func (f *Faulty) List(ctx context.Context, prefix, after string, limit int) (page []store.Entry, err error) {
	err = f.through(ctx, "list", prefix, func() error {
		page, err = f.under.(store.Lister).List(ctx, prefix, after, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Watch implements [store.Watcher].
func (f *Faulty) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	return f.through(ctx, "watch", prefix, func() error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		f.mu.Lock()
		cut := f.cut
		f.mu.Unlock()
		go func() {
			select {
			case <-cut:
				cancel(ErrInjected)
			case <-ctx.Done():
			}
		}()
		err := f.under.(store.Watcher).Watch(ctx, prefix, event, synced)
		if cause := context.Cause(ctx); errors.Is(cause, ErrInjected) {
			return cause
		}
		return err
	})
}
