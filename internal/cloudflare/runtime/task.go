package runtime

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// What the driver is told of a task.
const (
	saysEffect = "effect" // its kind and its arguments follow
	saysAnswer = "answer" // the answer follows
	saysFailed = "failed" // what went wrong follows
)

// MaxTasks is how many requests may wait in an instance. Each holds its header, of
// up to 128 KB on this platform, and all of them share 128 MB with the rest; one
// more is asked to come again, and ends nobody else's.
const MaxTasks = 256

// A Handler makes an answer of a request.
type Handler func(ctx context.Context, request Frame) Frame

// Tasks are the requests that run in one instance. They are for one thread.
type Tasks struct {
	handler  Handler
	overload func() Frame
	tasks    map[int32]*task
}

// NewTasks returns tasks that handler answers. One too many gets the answer of
// overload, and nothing is read of it.
func NewTasks(handler Handler, overload func() Frame) *Tasks {
	return &Tasks{handler, overload, map[int32]*task{}}
}

// Len returns how many tasks wait for an effect.
func (ts *Tasks) Len() int { return len(ts.tasks) }

// Start begins the task id with a request, as it is on the wire, and runs it to
// its first effect or to its end, and returns what to tell the driver.
func (ts *Tasks) Start(id int32, wire []byte) Frame {
	if ts.tasks[id] != nil {
		return Frame{saysFailed, "the task runs already"}
	}
	if len(ts.tasks) >= MaxTasks {
		return append(Frame{saysAnswer}, ts.overload()...)
	}
	request, err := ParseFrame(wire)
	if err != nil {
		return Frame{saysFailed, err.Error()}
	}
	t := &task{}
	t.next, t.stop = iter.Pull(func(yield func(Frame) bool) {
		t.yield = yield
		t.answer = ts.run(WithHost(context.Background(), t), request)
	})
	ts.tasks[id] = t
	return ts.resume(id, t)
}

// Step resumes the task id with what came of its effect, as it is on the wire:
// "ok" and its results, or "error" and why there are none. What cannot be read is
// an effect that failed: the task has to hear of it, for others may wait for it.
func (ts *Tasks) Step(id int32, wire []byte) Frame {
	t := ts.tasks[id]
	if t == nil {
		return Frame{saysFailed, "there is no such task"}
	}
	result, err := ParseFrame(wire)
	if err != nil {
		result = Frame{"error", err.Error()}
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

func (ts *Tasks) resume(id int32, t *task) Frame {
	if effect, waits := t.next(); waits {
		return effect
	}
	delete(ts.tasks, id)
	t.stop()
	return t.answer
}

// run answers a request. A panic is the end of its own task: others go on.
func (ts *Tasks) run(ctx context.Context, request Frame) (answer Frame) {
	defer func() {
		if v := recover(); v != nil {
			answer = Frame{saysFailed, fmt.Sprintf("panic: %T", v)} // the value may hold a credential
		}
	}()
	return append(Frame{saysAnswer}, ts.handler(ctx, request)...)
}

// A task is one request in the making, and the Host of what answers it.
type task struct {
	next   func() (Frame, bool)
	stop   func()
	yield  func(Frame) bool
	result Frame // of the effect that it waits for
	answer Frame
}

// Perform implements [Host].
func (t *task) Perform(kind string, args ...string) (Frame, error) {
	if !t.yield(append(Frame{saysEffect, kind}, args...)) {
		return nil, errCancelled
	}
	r := t.result
	t.result = nil
	if r.At(0) != "ok" {
		return nil, errors.New(r.At(1))
	}
	return r[1:], nil
}
