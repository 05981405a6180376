package telemetry

import (
	"context"
	"io"
	"sync"
	"time"
)

const (
	bufferBytes   = 64 << 10
	flushInterval = 200 * time.Millisecond
)

// A Buffer gathers log lines and writes them out five times a second, when
// 64 KiB are full and at the end: a system call a request would cost more than
// the decision. A crash loses the lines of the last fifth of a second.
//
// Lines that the writer refuses (a full disk, a closed pipe) are lost, and the
// next ones are tried again: a log is no reason to stop answering.
type Buffer struct {
	mu    sync.Mutex // guards w and lines; held while writing, which keeps lines in order
	w     io.Writer
	lines []byte
}

// NewBuffer returns a Buffer in front of w. Somebody must call [Buffer.Run].
func NewBuffer(w io.Writer) *Buffer {
	return &Buffer{w: w, lines: make([]byte, 0, bufferBytes)}
}

// Write implements [io.Writer]. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines)+len(p) > bufferBytes {
		b.flush()
	}
	b.lines = append(b.lines, p...)
	return len(p), nil
}

// Flush writes out what is gathered.
func (b *Buffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
}

func (b *Buffer) flush() {
	if len(b.lines) > 0 {
		_, _ = b.w.Write(b.lines)
		b.lines = b.lines[:0]
	}
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
			b.Flush()
		}
	}
}
