package config

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy"
)

// An Environment is what a System takes from the program around it. The zero
// value works and tells nobody anything.
type Environment struct {
	Log *slog.Logger // nil discards
	// Observe wraps the decider before the doors get it, to count and time; nil
	// leaves it as it is.
	Observe func(edgeward.Decider) edgeward.Decider
}

// A System is a wired configuration. It is immutable and safe for concurrent
// use; its key sets refresh themselves while Run runs.
type System struct {
	Config      *Config
	Decider     edgeward.Decider
	Routes      *policy.Tree
	Proxy       http.Handler // nil when the door is closed
	ForwardAuth http.Handler // nil when the door is closed
}

// A KeySet is the state of one issuer's keys.
type KeySet struct {
	Issuer     string
	Remote     bool          // keys come over the network
	Loaded     bool          // a set was loaded at least once and is within its hard cap
	Keys       int           // how many can verify
	Age        time.Duration // since the set was last confirmed; 0 for keys from a file
	OK, Failed uint64        // fetches
	Err        error         // of the last fetch, if it was not answered
}

// Build wires c. It does no network I/O and starts nothing. Remote key sets
// that old (nil at the start) has under the same configuration are carried
// over, so that a reload while a provider is down does not go cold.
func (c *Config) Build(env Environment, old *System) (*System, error) {
	return nil, errors.New("config: not built yet")
}

// Run keeps the remote key sets fresh, the first time at once, until ctx is
// done.
func (s *System) Run(ctx context.Context) error { return nil }

// Ready returns nil when every configured key set can verify: it was loaded
// once, or its stale copy is within the hard cap. The error names those that
// cannot.
func (s *System) Ready() error { return nil }

// KeySets returns the state of every issuer's keys, in the order of the file.
func (s *System) KeySets() []KeySet { return nil }
