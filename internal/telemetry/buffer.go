package telemetry

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	flushBytes    = 64 << 10
	bufferBytes   = 1 << 20
	flushInterval = 200 * time.Millisecond
)

// A Buffer gathers log lines and writes them out five times a second, when
// 64 KiB are full and at the end: a system call a request would cost more than
// the decision. A crash loses the lines of the last fifth of a second.
//
// A log is no reason to stop answering. Nobody who logs waits for the writer:
// when it stalls (a pipe that nobody reads) 1 MiB is kept and what comes then
// is dropped, and said to be. What it refuses (a full disk) is lost, and the
// next lines are tried again.
type Buffer struct {
	w    io.Writer
	full chan struct{} // wakes Run

	mu      sync.Mutex // never held while writing
	lines   []byte
	dropped int // lines since the last flush

	writing sync.Mutex // one flush at a time, which keeps lines in order
	spare   []byte     // guarded by writing
}

// NewBuffer returns a Buffer in front of w. Somebody must call [Buffer.Run].
func NewBuffer(w io.Writer) *Buffer {
	return &Buffer{w: w, full: make(chan struct{}, 1)}
}

// Write implements [io.Writer]. It takes a line at a time, and never fails or
// waits.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines)+len(p) > bufferBytes {
		b.dropped++
		return len(p), nil
	}
	b.lines = append(b.lines, p...)
	if len(b.lines) >= flushBytes {
		select {
		case b.full <- struct{}{}:
		default: // it is awake
		}
	}
	return len(p), nil
}

// Flush writes out what is gathered, and waits for it.
func (b *Buffer) Flush() {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	lines, dropped := b.lines, b.dropped
	b.lines, b.dropped = b.spare[:0], 0
	b.mu.Unlock()
	if dropped > 0 {
		lines = fmt.Appendf(lines, `{"level":"WARN","msg":"the log was too slow","lines_dropped":%d}`+"\n", dropped)
	}
	if len(lines) > 0 {
		_, _ = b.w.Write(lines)
	}
	b.spare = lines
}

// Run flushes until ctx is done, and then once more. It returns nil.
func (b *Buffer) Run(ctx context.Context) error {
	tick := time.NewTicker(flushInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			b.Flush()
			return nil
		case <-tick.C:
		case <-b.full:
		}
		b.Flush()
	}
}
