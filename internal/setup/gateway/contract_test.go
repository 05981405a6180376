package gateway

import (
	"errors"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

// A store that loses what it acknowledged brings back what was revoked, unless
// the configuration says that it is one in memory.
func TestAStoreThatPromisesTooLittleIsRefused(t *testing.T) {
	for rule, row := range map[string]struct {
		store    config.Store
		contract store.Contract
		ok       bool
	}{
		"a durable one":              {config.Store{Kind: config.File, Place: "x.db"}, store.Contract{CompareAndSwap: true, Durable: true}, true},
		"one that is not durable":    {config.Store{Kind: config.File, Place: "x.db"}, store.Contract{CompareAndSwap: true}, false},
		"memory that is called so":   {config.Store{Kind: config.Memory}, store.Contract{CompareAndSwap: true}, true},
		"without compare-and-swap":   {config.Store{Kind: config.File, Place: "x.db"}, store.Contract{Durable: true}, false},
		"an unknown kind":            {config.Store{}, store.Contract{CompareAndSwap: true}, false},
		"memory that cannot compare": {config.Store{Kind: config.Memory}, store.Contract{}, false},
	} {
		c := &config.Config{Store: &row.store}
		_, err := newState(c, Environment{}, promising{memstore.New(memstore.Config{}), row.contract})
		if fault, refused := errors.AsType[*StoreError](err); (err == nil) != row.ok || refused == row.ok || refused && fault.Remedy() == "" {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// promising is a backend with another contract than its own.
type promising struct {
	backend
	contract store.Contract
}

func (p promising) Contract() store.Contract { return p.contract }
