package refresh_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/storetest"
)

// yielding lets others run in the middle of everything, as a store behind a
// network does.
type yielding struct{ store.Backend }

func (s yielding) Get(ctx context.Context, key string) (store.Entry, error) {
	defer runtime.Gosched()
	return s.Backend.Get(ctx, key)
}

func (s yielding) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	runtime.Gosched()
	return s.Backend.Replace(ctx, key, old, value, expires)
}

// 1,000 families, each token presented by 100 at once: one rotation a
// generation, and the same successor for all.
func TestParallelDuplicatesGetOneSuccessor(t *testing.T) {
	const duplicates, generations = 100, 3
	size := 1000
	if testing.Short() {
		size = 50
	}
	var c clock
	cfg := c.config()
	cfg.Store = yielding{c.store()}
	f := families(t, cfg)
	for range size {
		token, id := begin(t, f)
		for range generations {
			token = storm(t, f, token, duplicates)
			c.Forward(refresh.DefaultGrace)
		}
		if family := peek(t, f, id); family.Generation != generations+1 || family.RevocationReason != "" {
			t.Fatalf("%+v", family)
		}
	}
}

// storm presents token many times at once and returns its only successor.
func storm(t *testing.T, f *refresh.Families, token edgeward.Secret, duplicates int) edgeward.Secret {
	t.Helper()
	outcomes, failures := make([]refresh.Result, duplicates), make([]error, duplicates)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range duplicates {
		all.Go(func() {
			<-start
			outcomes[i], failures[i] = f.Refresh(t.Context(), token, away)
		})
	}
	close(start)
	all.Wait()
	rotations := 0
	for i, o := range outcomes {
		if failures[i] != nil || !o.Token.Equal(outcomes[0].Token) {
			t.Fatalf("duplicate %d: %v, the same successor: %v", i, failures[i], o.Token.Equal(outcomes[0].Token))
		}
		if o.Class == refresh.Rotated {
			rotations++
		}
	}
	if rotations != 1 {
		t.Fatalf("%d rotations", rotations)
	}
	return outcomes[0].Token
}

// What one client of a family asks and is told, for the checker.
type (
	asked struct {
		what       string // refresh, revoke or peek
		generation uint64
	}
	told struct {
		class      refresh.Class // of a refresh
		generation uint64        // of the token given, or peeked at
		because    string        // peeked at
		unknown    bool          // could not tell: it happened or not
		lost       bool          // a write of a refresh got no answer on the way
	}
	state struct {
		generation uint64
		because    string
	}
)

// specification is a generation and a terminal reason, changed by one request
// at a time.
var specification = (&porcupine.NondeterministicModel{
	Init: func() []any { return []any{state{generation: 1}} },
	Step: func(from, input, output any) []any {
		s, out := from.(state), output.(told)
		var next []any
		for _, may := range specified(s, input.(asked)) {
			may.told.lost = out.lost
			if out.unknown || out == may.told {
				next = append(next, may.state)
			}
		}
		switch {
		case out.unknown:
			return append(next, s)
		// Its own revocation got no answer, and another's for theft is found:
		// both are told as theft.
		case out.lost && out.class == refresh.Reused && s.because == "reused":
			return append(next, s)
		}
		return next
	},
	Equal: func(a, b any) bool { return a == b },
}).ToModel()

// An effect is what a request may do to a family, and what it is told then.
type effect struct {
	state state
	told  told
}

// specified returns what a request may do: the clock decides, which the
// specification does not have. That a successor is new or repeated is not told
// apart: both are right for a client whose own write got no answer.
func specified(s state, in asked) []effect {
	given := effect{s, told{class: refresh.Rotated, generation: s.generation}}
	stolen := effect{state{s.generation, "reused"}, told{class: refresh.Reused}}
	switch {
	case in.what == "peek":
		return []effect{{s, told{generation: s.generation, because: s.because}}}
	case in.what == "revoke":
		if s.because == "" {
			s.because = "logout"
		}
		return []effect{{s, told{}}}
	case s.because != "":
		return []effect{{s, told{class: refresh.Revoked}}}
	case in.generation == s.generation:
		s.generation++
		rotated := effect{s, told{class: refresh.Rotated, generation: s.generation}}
		if in.generation == 1 {
			return []effect{rotated}
		}
		return []effect{rotated, given}
	case in.generation == s.generation-1:
		return []effect{given, stolen}
	}
	return []effect{stolen}
}

// generationOf reads a token, as only a test may.
func generationOf(token edgeward.Secret) uint64 {
	raw, _ := base64.RawURLEncoding.DecodeString(token.Reveal()[4:])
	return binary.BigEndian.Uint64(raw[16:24])
}

// A crowd is clients that share one family's tokens and write down what happens.
type crowd struct {
	families *refresh.Families
	id       string

	mu      sync.Mutex
	tokens  map[uint64]edgeward.Secret
	newest  uint64
	history []porcupine.Operation
	began   time.Time
}

// record does one request and writes it down.
func (c *crowd) record(client int, in asked, do func() told) {
	called := time.Since(c.began)
	out := do()
	returned := time.Since(c.began)
	c.mu.Lock()
	defer c.mu.Unlock()
	operation := porcupine.Operation{ClientId: client, Input: in, Call: int64(called), Output: out, Return: int64(returned)}
	c.history = append(c.history, operation)
	if out.lost && out.class == refresh.Revoked {
		// A rotation whose answer was lost, and then a revocation by another:
		// the first may have happened, the second was told.
		operation.ClientId, operation.Output = client+clients, told{unknown: true}
		c.history = append(c.history, operation)
	}
}

// clients is how many share a family.
const clients = 8

// noticing tells the request, by a flag in its context, that a write of it got
// no answer.
type noticing struct{ store.Backend }

type lostKey struct{}

func (s noticing) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	v, err := s.Backend.Replace(ctx, key, old, value, expires)
	if lost, ok := ctx.Value(lostKey{}).(*bool); ok && errors.Is(err, storetest.ErrInjected) {
		*lost = true
	}
	return v, err
}

// pick returns a token: mostly the newest, sometimes the one before, rarely an
// older one.
func (c *crowd) pick(r *rand.Rand) (edgeward.Secret, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	generation := c.newest
	switch n := r.IntN(100); {
	case n < 30:
		generation--
	case n < 32:
		generation -= 2
	}
	if _, known := c.tokens[generation]; !known {
		generation = c.newest
	}
	return c.tokens[generation], generation
}

func (c *crowd) refresh(ctx context.Context, client int, r *rand.Rand) {
	token, generation := c.pick(r)
	c.record(client, asked{"refresh", generation}, func() told {
		lost := false
		o, err := c.families.Refresh(context.WithValue(ctx, lostKey{}, &lost), token, away)
		switch {
		case isUnavailable(err):
			return told{unknown: true}
		case err != nil:
			return told{class: o.Class, lost: lost}
		}
		given := generationOf(o.Token)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tokens[given], c.newest = o.Token, max(c.newest, given)
		return told{class: refresh.Rotated, generation: given, lost: lost}
	})
}

func (c *crowd) revoke(ctx context.Context, client int) {
	c.record(client, asked{what: "revoke"}, func() told {
		return told{unknown: c.families.Revoke(ctx, c.id, "logout") != nil}
	})
}

func (c *crowd) peek(ctx context.Context, client int) {
	c.record(client, asked{what: "peek"}, func() told {
		f, err := c.families.Peek(ctx, c.id)
		return told{generation: f.Generation, because: f.RevocationReason, unknown: err != nil}
	})
}

// history lets clients loose on a new family and returns what they saw.
func history(t *testing.T, f *refresh.Families, seed uint64) []porcupine.Operation {
	first, id := begin(t, f)
	c := &crowd{families: f, id: id, tokens: map[uint64]edgeward.Secret{1: first}, newest: 1, began: time.Now()}
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(client)))
			for range 12 {
				switch n := r.IntN(100); {
				case n < 1:
					c.revoke(t.Context(), client)
				case n < 10:
					c.peek(t.Context(), client)
				default:
					c.refresh(t.Context(), client, r)
				}
			}
		})
	}
	all.Wait()
	return c.history
}

// someFaults fails a part of all calls, before or after they are done.
func someFaults(o storetest.Operation) storetest.Fault {
	switch n := rand.IntN(100); {
	case n < 5:
		return storetest.Fault{Before: storetest.ErrInjected}
	case n < 15:
		return storetest.Fault{After: storetest.ErrInjected}
	case n < 20:
		return storetest.Fault{Delay: time.Duration(n) * time.Microsecond}
	}
	return storetest.Fault{}
}

func TestHistoriesAreLinearizable(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 20
	}
	for _, row := range []struct {
		rule string
		plan storetest.Plan
	}{{"a sound store", nil}, {"a store that fails and delays", someFaults}} {
		t.Run(row.rule, func(t *testing.T) {
			var c clock
			faulty := c.faulty()
			f := over(t, &c, noticing{yielding{faulty}})
			for seed := range rounds {
				faulty.Follow(nil) // beginning is not what is tried here
				h := historyUnder(t, f, faulty, row.plan, uint64(seed))
				if result, _ := porcupine.CheckOperationsVerbose(specification, h, time.Minute); result != porcupine.Ok {
					t.Fatalf("history %d is %s:\n%s", seed, result, spell(h))
				}
			}
		})
	}
}

// The checker is worth what it finds: on a store that swaps without comparing,
// it finds.
func TestTheCheckerFindsAStoreThatDoesNotCompare(t *testing.T) {
	var c clock
	f := over(t, &c, yielding{blind{c.store()}})
	for seed := range 2000 {
		if !porcupine.CheckOperations(specification, history(t, f, uint64(seed))) {
			return
		}
	}
	t.Error("every history looked linearizable")
}

// blind replaces whatever is there.
type blind struct{ store.Backend }

func (s blind) Replace(ctx context.Context, key string, _ store.Version, value []byte, expires time.Time) (store.Version, error) {
	for {
		now, err := s.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		if v, err := s.Backend.Replace(ctx, key, now.Version, value, expires); !errors.Is(err, store.ErrConflict) {
			return v, err
		}
	}
}

// over returns families for which time goes on whenever they look.
func over(t *testing.T, c *clock, s store.Backend) *refresh.Families {
	t.Helper()
	cfg := c.config()
	cfg.Store = s
	cfg.Now = func() time.Time {
		c.Forward(refresh.DefaultGrace / 12)
		return c.Now()
	}
	return families(t, cfg)
}

func historyUnder(t *testing.T, f *refresh.Families, faulty *storetest.Faulty, plan storetest.Plan, seed uint64) []porcupine.Operation {
	if plan != nil {
		faulty.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Name == "create" {
				return storetest.Fault{}
			}
			return plan(o)
		})
	}
	return history(t, f, seed)
}

func spell(h []porcupine.Operation) (s string) {
	for _, o := range h {
		s += fmt.Sprintf("%d..%d client %d: %+v → %+v\n", o.Call, o.Return, o.ClientId, o.Input, o.Output)
	}
	return s
}
