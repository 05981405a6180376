// Package pgstore keeps a store's entries in PostgreSQL, for any number of
// nodes.
//
// A write is on the server's disk before it is acknowledged. That costs one
// commit, which all writers of a node that wait for it share: they are sent in
// one statement, and each gets its own answer. Reads that wait for a
// connection share one too.
//
// Every change draws the next number of one sequence while it holds the lock
// that all nodes take for a write. So the order of the numbers is the order of
// the commits, and the table is also the log that a watch follows. A deleted
// entry leaves its row behind without a value, for long enough that every
// watch has passed it.
//
// The server's clock alone judges what has expired: the nodes' clocks may
// differ. The server is asked on every new connection for what all this
// depends on, and a setting that breaks it is refused.
package pgstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
	"github.com/jackc/pgx/v5/pgconn"
)

// Why a server or a schema is not used. In each case it is as it was.
var (
	ErrUnsafe  = errors.New("a setting of the server or the schema is unsafe")
	ErrOld     = errors.New("the server is too old")
	ErrStandby = errors.New("the server is a standby or accepts no writes")
	ErrPooler  = errors.New("a connection pooler swallows notifications")
	ErrForeign = errors.New("the schema is no store of edgeward's")
	ErrNewer   = errors.New("the schema was written by a newer version of edgeward")
	ErrConfig  = errors.New("the configuration of the store")
)

var (
	// ErrClosed is the answer of a store that was closed.
	ErrClosed = errors.New("pgstore: the store is closed")
	// ErrBusy says that too many operations wait for the server. The store is
	// unavailable to the caller, and nothing was written.
	ErrBusy = errors.New("pgstore: too many operations wait for the server")
)

// A Failover says what happens when the server fails. PostgreSQL hides it from
// the roles of applications, so the configuration has to say it.
type Failover int

// What happens when the server fails. Unspecified is refused.
const (
	Unspecified  Failover = iota
	None                  // nothing takes over; it is repaired, or restored from a backup by an operator
	Synchronous           // a standby takes over that has every acknowledged write: synchronous_standby_names
	Asynchronous          // a standby takes over that may lack the newest writes
)

// Config is what a Store needs.
type Config struct {
	// URL is postgres://user@host:port,host:port/database?sslmode=verify-full and
	// what else libpq knows. Of several hosts the one that accepts writes is used.
	URL edgeward.Secret
	// Password is the user's, if it is not in the URL.
	Password edgeward.Secret
	// Schema has the tables, "edgeward" if empty. It is made if there is none.
	// Stores with the same schema of one database share their entries.
	Schema   string
	Failover Failover
	// Readers bounds the connections for reads, 4 if zero; writes have one more,
	// and Run two.
	Readers int
	// InsecureTransport permits a server that is not on this machine without TLS
	// or without a verified certificate: an attacker on the path reads every session.
	InsecureTransport bool
	Log               *slog.Logger // slog.Default() if nil
}

// timeout bounds a command, and what a caller waits in the queue for it. A
// server that does not answer is unavailable, which says nothing of the entry.
const timeout = 3 * time.Second

// A Store is a [store.Backend], a [store.Lister] and a [store.Watcher]. It is
// safe for concurrent use.
type Store struct {
	server   *server
	failover Failover
	log      *slog.Logger
	sql      statements
	reads    *lane[*read]
	writes   *lane[*write]
	bell     bell
	closing  sync.Once
	closed   chan struct{}
}

// Open connects to the server, asks it for what the contract depends on, and
// makes the schema if there is none. It starts nothing; [Store.Run] listens and
// sweeps.
func Open(ctx context.Context, c Config) (*Store, error) {
	s, err := open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("pgstore: open: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, c Config) (*Store, error) {
	if c.Schema == "" {
		c.Schema = "edgeward"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Readers == 0 {
		c.Readers = 4
	}
	s := &Store{failover: c.Failover, log: c.Log, sql: newStatements(c.Schema), bell: newBell(), closed: make(chan struct{})}
	var err error
	if s.server, err = newServer(c); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*s.server.patience()+3*timeout)
	defer cancel()
	first, err := s.server.dial(ctx)
	if err != nil {
		return nil, err
	}
	second, err := s.server.dial(ctx)
	if err != nil {
		first.end()
		return nil, err
	}
	if err := s.begin(ctx, first, second, c.Schema); err != nil {
		first.end()
		second.end()
		return nil, err
	}
	s.writes = newLane(s, 1, s.commit, first)
	s.writes.gather = true
	s.reads = newLane(s, c.Readers, s.fetch, second)
	return s, nil
}

func (s *Store) begin(ctx context.Context, first, second *link, schema string) error {
	if err := hears(ctx, first, second); err != nil {
		return err
	}
	for _, l := range []*link{first, second} {
		if err := s.server.inspect(ctx, l, s.failover); err != nil {
			return err
		}
	}
	if err := prepare(ctx, first.Conn, schema); err != nil {
		return err
	}
	return s.adopt(ctx, first)
}

// Close ends the connections, and with them the watches. Writes that have
// begun have an unknown outcome.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.writes.close()
		s.reads.close()
	})
	return nil
}

// Contract says what the server promises. A standby that takes over without
// the newest writes loses acknowledged ones, and with them the result of a
// comparison.
func (s *Store) Contract() store.Contract {
	safe := s.failover != Asynchronous
	return store.Contract{CompareAndSwap: safe, Durable: safe, Shared: true}
}

// ready is what every operation asks first.
func ready(ctx context.Context, bounds error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("pgstore: %w", err)
	}
	return bounds
}

// SQLSTATEs, of PostgreSQL's appendix A.
const (
	insufficientPrivilege = "42501"
	invalidPassword       = "28P01"
)

// unavailable wraps what stopped a command. It never says what stands in the
// way: nothing is known about the entry.
func unavailable(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) || errors.Is(err, errUnconfirmed) {
		return fmt.Errorf("pgstore: the server answers: %w", err)
	}
	return fmt.Errorf("pgstore: the server cannot be reached or does not answer: %w", err)
}
