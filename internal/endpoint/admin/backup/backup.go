// Package backup makes the copies of the store that GET /v1/backup sends. It needs
// files, which a Worker has none of.
package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// A Source makes copies, one at a time, or clients could fill the disk.
type Source struct {
	// Write writes a consistent copy of the store to a new file.
	Write func(ctx context.Context, path string) error
	// Scratch is the folder in which a copy lies while it is sent. It needs room
	// for one copy. "" means the system's for temporary files.
	Scratch string

	busy atomic.Bool
}

// Open returns a copy. It is whole on the disk before the first byte is sent, so
// that a fault is an answer and not half a file; its length is said, so that a
// client knows when it got less.
func (s *Source) Open(ctx context.Context) (*endpoint.Stream, error) {
	if !s.busy.CompareAndSwap(false, true) {
		return nil, &problem.Failure{Fault: problem.InProgress, Detail: "A backup is under way.", Wait: 5 * time.Second}
	}
	c := &copied{of: s}
	size, err := c.make(ctx)
	if err != nil {
		_ = c.Close() // the error that is known says more
		return nil, fmt.Errorf("backup: %w", err)
	}
	return &endpoint.Stream{ReadCloser: c, Size: size}, nil
}

// A copied store is deleted once it was sent, or was not.
type copied struct {
	*os.File
	of     *Source
	folder string
}

func (c *copied) make(ctx context.Context) (size int64, err error) {
	if c.folder, err = os.MkdirTemp(c.of.Scratch, ".edgeward-backup-*"); err != nil { // mode 0700
		return 0, err
	}
	path := filepath.Join(c.folder, "store")
	if err := c.of.Write(ctx, path); err != nil {
		return 0, err
	}
	if c.File, err = os.Open(path); err != nil {
		return 0, err
	}
	stat, err := c.Stat()
	if err != nil {
		return 0, err
	}
	return stat.Size(), nil
}

// Close deletes the copy.
func (c *copied) Close() error {
	defer c.of.busy.Store(false)
	if c.File != nil {
		_ = c.File.Close() // what was read, was read
	}
	if c.folder == "" {
		return nil
	}
	if err := os.RemoveAll(c.folder); err != nil {
		return fmt.Errorf("backup: a copy of the store is left: %w", err)
	}
	return nil
}
