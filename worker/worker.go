// Package worker is the door for Cloudflare Workers: the same engine as behind
// every other door, compiled to WebAssembly, over the platform's own parts.
//
// A request is a task: direct-style Go in a coroutine. Where it needs what only
// the platform has (fetch, WebCrypto, a Durable Object, Workers KV) it yields an
// effect; a thin driver in JavaScript performs it and resumes the task with what
// came of it. So no goroutine ever waits in one request's I/O context for
// another request's, which the platform forbids. The body of a request never
// passes through here: the decision goes back, and the driver streams.
//
// One instance runs many tasks in turn, on one thread. A task gives way only
// while it waits for an effect, so what no effect interrupts is atomic.
package worker

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// An Effect is what a task asks the driver to do.
type Effect struct {
	Kind string
	Args []string
}

// A task is one request in the making.
type task struct {
	next   func() (Effect, bool)
	stop   func()
	yield  func(Effect) bool
	result Frame // of the effect that it waits for
	answer Frame
}

type taskKey struct{}

var errCancelled = errors.New("worker: the task was cancelled")

// Perform has the driver of the task that ctx belongs to perform an effect and
// returns what came of it. An error means that nothing can be said of it; a
// write may have happened.
func Perform(ctx context.Context, kind string, args ...string) (Frame, error) {
	t, ok := ctx.Value(taskKey{}).(*task)
	if !ok {
		return nil, fmt.Errorf("worker: effect %s outside of a task", kind)
	}
	if !t.yield(Effect{kind, args}) {
		return nil, errCancelled
	}
	r := t.result
	t.result = nil
	if len(r) < 1 {
		return nil, fmt.Errorf("worker: effect %s: the driver answered nothing", kind)
	}
	if r[0] != "ok" {
		return nil, fmt.Errorf("worker: effect %s: %s", kind, r.at(1))
	}
	return r[1:], nil
}

// A Handler makes an answer of a request. It must not panic: a panic ends its
// task, which the driver then answers 500.
type Handler func(ctx context.Context, request Frame) Frame

// Tasks are those that run in one instance. They are for one thread.
type Tasks struct {
	handler Handler
	tasks   map[int32]*task
}

// NewTasks returns tasks that handler answers.
func NewTasks(handler Handler) *Tasks { return &Tasks{handler, map[int32]*task{}} }

// Start begins the task id with a request and runs it to its first effect or to
// its end, which it returns as a frame: "effect", its kind and its arguments;
// "answer" and the answer; or "failed" and what went wrong.
func (ts *Tasks) Start(id int32, request Frame) Frame {
	if ts.tasks[id] != nil {
		return Frame{"failed", "the task runs already"}
	}
	t := &task{}
	t.next, t.stop = iter.Pull(func(yield func(Effect) bool) {
		t.yield = yield
		t.answer = ts.run(context.WithValue(context.Background(), taskKey{}, t), request)
	})
	ts.tasks[id] = t
	return ts.resume(id, t)
}

// run answers a request. A panic is the task's own: others go on.
func (ts *Tasks) run(ctx context.Context, request Frame) (answer Frame) {
	defer func() {
		if v := recover(); v != nil {
			answer = Frame{"failed", fmt.Sprintf("panic: %T", v)} // the value may hold a credential
		}
	}()
	return append(Frame{"answer"}, ts.handler(ctx, request)...)
}

// Step resumes the task id with what came of its effect.
func (ts *Tasks) Step(id int32, result Frame) Frame {
	t := ts.tasks[id]
	if t == nil {
		return Frame{"failed", "there is no such task"}
	}
	t.result = result
	return ts.resume(id, t)
}

// Cancel ends the task id, if there is one: its effect will have no result.
func (ts *Tasks) Cancel(id int32) {
	if t := ts.tasks[id]; t != nil {
		delete(ts.tasks, id)
		t.stop()
	}
}

// Len returns how many tasks wait for an effect.
func (ts *Tasks) Len() int { return len(ts.tasks) }

func (ts *Tasks) resume(id int32, t *task) Frame {
	effect, waits := t.next()
	if waits {
		return append(Frame{"effect", effect.Kind}, effect.Args...)
	}
	delete(ts.tasks, id)
	t.stop()
	return t.answer
}
