// Package stores is the table of the stores that the program edgeward can open. It
// links the databases, as package edge does not.
package stores

import (
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// All has every kind of store of the configuration but the one in memory.
var All = gateway.Stores{
	config.File: func(s *config.Store) (store.Full, error) { return sqlitestore.OpenFile(s.Place) },
}
