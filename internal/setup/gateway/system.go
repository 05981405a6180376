package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/ordered"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/setup/assembly"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/jwks/remote"
)

// An Environment is what a System takes from the program around it. The zero
// value works and reveals nothing. It stays the same over reloads.
type Environment struct {
	Log      *slog.Logger  // nil discards
	Observer door.Observer // is told of every request at the doors; nil watches nothing
	// Transport carries requests to the upstreams and is shared by successive
	// Systems, so that a reload keeps the connections; nil makes a new one.
	Transport http.RoundTripper
	// Exchanges are those that are open at the doors, to be ended when their
	// identity is revoked. Nil ends nothing; [NewLive] has its own.
	Exchanges *door.Exchanges
	// Stores are those that can be opened beside the one in memory.
	Stores Stores
	// State is what [Open] opened. Without one, [NewLive] opens it.
	State *State
	// PropagationDelay, if it is not nil, is told how late a revocation came to be known.
	PropagationDelay func(time.Duration)
	// Refreshed, if it is not nil, is told what became of every refresh token
	// that was presented: one of refresh's classes.
	Refreshed func(class string)
	// SignedIn, if it is not nil, is told how every sign-in ended: see
	// [browser.Config].
	SignedIn func(provider, result string)
	// CrowdedOut, if it is not nil, is called for what ends because its user has too
	// many sign-ins: see [account.Config].
	CrowdedOut func(provider string)
	// Noted, if it is not nil, is called for each claim of a user or a token whose form
	// gives nothing, with the issuer and the name of the claim as the configuration says
	// them. The log has it at most once an hour for each.
	Noted func(issuer, claim string)
	// Rechecked, if it is not nil, is called with what came of each re-check of a user:
	// one of recheck's results.
	Rechecked func(provider, result string)
	// Arrived, if it is not nil, is called with how each sign-in that was handed over
	// to another host ended: see account.Config.
	Arrived func(result string)
}

func (e Environment) log() *slog.Logger {
	if e.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return e.Log
}

// A System is a wired configuration. It is safe for concurrent use; its key sets
// refresh themselves while Run runs.
type System struct {
	*assembly.System
	// Doors are those that are configured, by the keys of their addresses.
	Doors map[string]http.Handler
	// Middleware is the door for programs that have Edgeward inside.
	Middleware func(http.Handler) http.Handler

	// Secure is what listeners speak TLS by, by the keys of their addresses.
	Secure     map[string]*Secure
	challenges *ordered.Challenges

	remotes   map[origin]*remote.Keys
	upstreams *upstreams
	state     *State // nil without a store
	notes     *notes

	log        *slog.Logger
	rechecks   rechecks
	complaints atomic.Pointer[[]string] // about login providers; nil before they were looked at
}

// An origin is what makes two remote key sets the same over a reload: all of
// their configuration.
type origin struct{ issuer, jwksURI, metadataURL, ca, algorithms string }

func originOf(i *config.Issuer) origin {
	names := make([]string, len(i.Algorithms))
	for at, alg := range i.Algorithms {
		names[at] = string(alg)
	}
	slices.Sort(names)
	return origin{i.Rules.Issuer, i.JWKSURI, i.MetadataURL, string(i.CA), strings.Join(names, " ")}
}

// Run keeps the remote key sets fresh, the first time at once, writes down when
// API keys were used, shares the counts of guesses, and checks the upstreams, until ctx is done. It may run again later, and other
// Systems that share these too. The State has a Run of its own.
func (s *System) Run(ctx context.Context) error {
	faults := make(chan error, len(s.remotes))
	var running sync.WaitGroup
	if s.APIKeys != nil {
		running.Go(func() { s.noteUses(ctx) })
	}
	if s.Limits != nil {
		running.Go(func() { s.shareCounts(ctx) })
	}
	if s.Login != nil {
		running.Go(func() { s.watchProviders(ctx) })
	}
	if s.Rechecks != nil {
		running.Go(func() { s.recheck(ctx) })
	}
	running.Go(func() { s.upstreams.run(ctx) })
	if len(s.Secure) > 0 {
		running.Go(func() { s.watchCertificates(ctx) })
	}
	for _, secure := range s.Secure {
		if secure.ordered != nil {
			running.Go(func() { secure.ordered.Run(ctx) })
		}
	}
	for _, keys := range s.remotes {
		running.Go(func() { faults <- keys.Run(ctx) })
	}
	running.Wait()
	close(faults)
	var all []error
	for err := range faults {
		if err != nil && !errors.Is(err, context.Canceled) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

const (
	// flushInterval is how often the last use of API keys is written down.
	flushInterval = time.Minute
	flushTimeout  = 5 * time.Second
)

// noteUses writes down when API keys were used, the last time at the end. No
// key depends on it, so trouble is the store's to report.
func (s *System) noteUses(ctx context.Context) {
	for again := true; again; {
		again = pause(ctx, flushInterval)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		_ = s.APIKeys.Flush(limited)
		cancel()
	}
}

// A KeySet is the state of one issuer's keys.
type KeySet struct {
	Issuer   string
	Remote   bool          // the keys come over the network
	Usable   bool          // a set was loaded, and is within the hard cap if it is stale
	Keys     int           // how many can verify
	Age      time.Duration // since the set was asked for; 0 for keys from a file
	Fetches  uint64        // attempts that ended
	Failures uint64        // and those that brought nothing
	Ignored  int           // keys of the set that are not used
	Note     string        // why no token can match although a set was loaded
	Err      error         // of the last attempt; nil when it went well
}

// KeySets returns the state of the keys of every issuer, in the order of the
// file, and of every login provider.
func (s *System) KeySets() []KeySet {
	all := make([]KeySet, 0, len(s.Config.Issuers))
	for _, i := range s.keyOwners() {
		if i.Static != nil {
			all = append(all, KeySet{Issuer: i.Rules.Issuer, Usable: true, Keys: i.Static.Len()})
			continue
		}
		status := s.remotes[originOf(i)].Status()
		all = append(all, KeySet{
			Issuer: i.Rules.Issuer, Remote: true, Usable: status.Loaded && status.Usable,
			Keys: status.Keys, Age: status.Age,
			Ignored: status.Ignored, Note: status.Note,
			Fetches: status.Fetches, Failures: status.Failures, Err: status.LastError,
		})
	}
	return all
}

// keyOwners returns whose keys are needed: the issuers, and after them the login
// providers that are not among them.
func (s *System) keyOwners() []*config.Issuer {
	all := make([]*config.Issuer, len(s.Config.Issuers))
	known := map[origin]bool{}
	for at := range s.Config.Issuers {
		all[at] = &s.Config.Issuers[at]
		known[originOf(all[at])] = true
	}
	if s.Config.Login == nil {
		return all
	}
	for at := range s.Config.Login.Providers {
		if s.Config.Login.Providers[at].Type != "" { // it signs nothing
			continue
		}
		if i := s.Config.Login.Providers[at].AsIssuer(); !known[originOf(i)] {
			all = append(all, i)
		}
	}
	return all
}
