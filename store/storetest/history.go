package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/edgeward/edgeward/store"
)

var historyRules = []rule{
	{"what many callers see of one key is one history", func(s *subject) {
		if !s.store.Contract().CompareAndSwap {
			s.Skip("this store does not claim to be linearizable")
		}
		nodes := []store.Backend{s.store}
		if s.options.Beside != nil {
			nodes = append(nodes, s.options.Beside(s.T, s.store, 0))
		}
		h := NewHistory("h/")
		h.Run(s.ctx, nodes, 8, 60)
		h.Check(s.T)
	}},
}

// A History is what callers did to some keys and were answered. Several nodes
// may take part, and what is between them and the entries may go wrong
// meanwhile: an operation whose outcome is unknown may happen at any time, or
// never.
type History struct {
	prefix string
	start  time.Time

	mu       sync.Mutex
	all      []porcupine.Operation
	values   map[store.Version]string // that a version was seen with
	twice    []string                 // what is wrong about them
	callers  int
	unknown  int
	finished int
}

// NewHistory returns an empty one, of keys that begin with prefix.
func NewHistory(prefix string) *History {
	return &History{prefix: prefix, start: time.Now(), values: map[store.Version]string{}}
}

// keysOfHistory are few, so that callers meet.
const keysOfHistory = 4

// maxUnknown bounds the writes of one caller whose outcome is unknown: each
// doubles what Check has to try.
const maxUnknown = 2

// A step is what one caller did; every value is written once at most, so that
// it stands for its version.
type step struct {
	name       string // get, create, replace or delete
	key        string
	old, value string
}

type outcome struct {
	unknown  bool
	refused  bool   // ErrNotFound, ErrExists, ErrConflict
	returned string // what get has found
}

// register is what one key is, as far as a caller can see: "" when absent.
var register = porcupine.Model{
	Init: func() any { return "" },
	Partition: func(all []porcupine.Operation) (parts [][]porcupine.Operation) {
		of := map[string][]porcupine.Operation{}
		for _, o := range all {
			key := o.Input.(step).key
			of[key] = append(of[key], o)
		}
		for _, part := range of {
			parts = append(parts, part)
		}
		return parts
	},
	Step: func(state, input, output any) (bool, any) {
		now, in, out := state.(string), input.(step), output.(outcome)
		refused, next := true, now
		switch {
		case in.name == "get":
			return out.returned == now, now
		case in.name == "delete", in.name == "create" && now == "", in.name == "replace" && now == in.old:
			refused, next = false, in.value
		}
		return out.unknown || out.refused == refused, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
}

// Run lets callers do that many operations each, spread over the nodes.
func (h *History) Run(ctx context.Context, nodes []store.Backend, callers, each int) {
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() { h.caller(ctx, nodes[n%len(nodes)], each) })
	}
	wg.Wait()
}

// caller does operations one after the other. One whose outcome is unknown is
// followed by another caller's: it may still happen.
func (h *History) caller(ctx context.Context, node store.Backend, each int) {
	id, known, unknown := h.newCaller(), map[string]seen{}, 0
	for n := range each {
		if ctx.Err() != nil {
			return
		}
		key := fmt.Sprintf("%s%d", h.prefix, rand.IntN(keysOfHistory))
		in := step{key: key, value: fmt.Sprintf("%d.%d", id, n), old: known[key].value}
		in.name = []string{"get", "get", "create", "replace", "replace", "delete"}[rand.IntN(6)]
		if in.name == "replace" && in.old == "" || unknown == maxUnknown {
			in.name = "get"
		}
		if in.name == "get" || in.name == "delete" {
			in.value = ""
		}
		called := time.Since(h.start)
		now, out := h.do(ctx, node, in, known[key].version)
		if out.unknown {
			h.add(id, in, out, called, math.MaxInt64)
			id = h.newCaller()
			if in.name != "get" {
				unknown++
			}
			time.Sleep(20 * time.Millisecond) // what is broken is mended meanwhile
			continue
		}
		h.add(id, in, out, called, time.Since(h.start))
		known[key] = now
	}
}

// seen is what a caller last saw of a key.
type seen struct {
	value   string
	version store.Version
}

func (h *History) do(ctx context.Context, node store.Backend, in step, old store.Version) (now seen, out outcome) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	now.value = in.value
	var err error
	switch in.name {
	case "get":
		var e store.Entry
		e, err = node.Get(ctx, in.key)
		now = seen{string(e.Value), e.Version}
	case "create":
		now.version, err = node.Create(ctx, in.key, []byte(in.value), never)
	case "replace":
		now.version, err = node.Replace(ctx, in.key, old, []byte(in.value), never)
	case "delete":
		err = node.Delete(ctx, in.key)
	}
	out.refused = errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict)
	out.unknown = err != nil && !out.refused
	out.returned = now.value
	if err != nil {
		now, out.returned = seen{}, ""
	}
	h.version(now)
	return now, out
}

// version notes a value that stands under a version.
func (h *History) version(now seen) {
	if now.version == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if before, ok := h.values[now.version]; ok && before != now.value {
		h.twice = append(h.twice, fmt.Sprintf("version %d was given to %q and to %q", now.version, before, now.value))
	}
	h.values[now.version] = now.value
}

func (h *History) newCaller() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.callers++
	return h.callers
}

// add notes an operation; a read whose outcome is unknown says nothing.
func (h *History) add(id int, in step, out outcome, called, returned time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finished++
	if out.unknown {
		h.unknown++
		if in.name == "get" {
			return
		}
	}
	h.all = append(h.all, porcupine.Operation{ClientId: id, Input: in, Output: out, Call: int64(called), Return: int64(returned)})
}

// Counted tells how many operations have ended, and how many of them with an
// unknown outcome.
func (h *History) Counted() (all, unknown int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.finished, h.unknown
}

// Check wants an order of all operations in which each is answered as it was:
// no write that was acknowledged is lost, none wins twice, and no read is
// stale. It wants no version to have stood for two states.
func (h *History) Check(t testing.TB) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch result, _ := porcupine.CheckOperationsVerbose(register, h.all, time.Minute); result {
	case porcupine.Illegal:
		t.Errorf("%d operations, %d with an unknown outcome, are no linearizable history", h.finished, h.unknown)
	case porcupine.Unknown:
		t.Logf("NOT CHECKED: %d operations, %d with an unknown outcome, take too long to check", h.finished, h.unknown)
	}
	of := map[string]store.Version{}
	for version, value := range h.values {
		if other, ok := of[value]; ok {
			h.twice = append(h.twice, fmt.Sprintf("%q was written once, and has versions %d and %d", value, version, other))
		}
		of[value] = version
	}
	for _, wrong := range h.twice {
		t.Error(wrong)
	}
}
