package memstore_test

import (
	"testing"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

func TestStore(t *testing.T) {
	var clock storetest.Clock
	storetest.Run(t, storetest.Options{
		Open:        func(*testing.T) store.Backend { return memstore.New(memstore.Config{Now: clock.Now}) },
		Now:         clock.Now,
		FastForward: clock.Forward,
	})
}
