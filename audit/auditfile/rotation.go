package auditfile

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/edgeward/edgeward/audit"
)

// A Rotation writes lines to the file at a path, whole or not at all, and begins
// another one there when it is full. Until that is possible it goes on in the old
// one: a record is worth more than a bound. It is safe for concurrent use.
//
// A process that ends at any moment loses nothing: the full file is renamed, and
// where the new one was not made yet [OpenRotation] renames it back.
type Rotation struct {
	path string
	most int64 // bytes in a file

	mu      sync.Mutex // guards what follows
	file    *os.File
	tail    *audit.Tail
	renamed bool  // the file has the name of a full one already
	fresh   bool  // the file's name may not be on the disk yet
	err     error // of the last attempt to begin another file
}

// OpenRotation opens the log at path for writing, or makes it, and returns where
// its chain ends: in its newest file, which is read, and follows the end of the
// one before. most bounds a file in bytes. What was written in part when the
// program stopped was never acknowledged and is cut off, which torn reports. check, if not nil,
// refuses the open file. The error is a [*FileError] when the chain is broken;
// nothing was changed then.
func OpenRotation(path string, most int64, check func(*os.File) error) (r *Rotation, head audit.Head, torn bool, err error) {
	if err := undo(path); err != nil {
		return nil, audit.Head{}, false, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, audit.Head{}, false, err
	}
	if check != nil {
		err = check(f)
	}
	var size int64
	if err == nil {
		head, size, torn, err = goOn(path, f)
	}
	if err != nil {
		return nil, audit.Head{}, false, errors.Join(err, f.Close())
	}
	return &Rotation{path: path, most: most, file: f, tail: audit.NewTail(f, size)}, head, torn, nil
}

// undo completes what a process left that ended while it began another file.
func undo(path string) error {
	full, err := Full(path)
	if err != nil || len(full) == 0 {
		return err
	}
	_, err = os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		err = os.Rename(full[len(full)-1], path)
	}
	return err
}

// goOn reads the newest file and cuts off what is written in part.
func goOn(path string, f *os.File) (head audit.Head, size int64, torn bool, err error) {
	full, err := Full(path)
	if err != nil {
		return head, 0, false, err
	}
	var start audit.Head
	if len(full) > 0 {
		if start, err = end(full[len(full)-1]); err != nil {
			return head, 0, false, err
		}
	}
	head, size, err = start.Verify(f, nil)
	if errors.Is(err, audit.ErrTorn) {
		return head, size, true, f.Truncate(size)
	}
	if broken, ok := errors.AsType[*audit.BreakError](err); ok {
		broken.Line -= start.Count
		err = &FileError{path, broken}
	}
	return head, size, false, err
}

// Write implements [io.Writer]: see [audit.Tail.Write].
func (r *Rotation) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tail.Size() > 0 && r.tail.Size()+int64(len(p)) > r.most {
		r.err = r.begin()
	}
	return r.tail.Write(p)
}

// begin begins another file. What is in the full one is on the disk by then; the
// new one's name is by the next [Rotation.Sync].
func (r *Rotation) begin() error {
	if err := r.tail.Cut(); err != nil {
		return err
	}
	if err := r.file.Sync(); err != nil {
		return err
	}
	if !r.renamed {
		name, err := next(r.path)
		if err == nil {
			err = os.Rename(r.path, name)
		}
		if err != nil {
			return err
		}
		r.renamed = true
	}
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	old := r.file
	r.file, r.tail, r.renamed, r.fresh = f, audit.NewTail(f, 0), false, true
	return old.Close()
}

// Sync keeps what was written on the disk. Writing goes on meanwhile. It returns
// as well why another file could not be begun, while the last one is full.
func (r *Rotation) Sync() error {
	r.mu.Lock()
	file, fresh, failed := r.file, r.fresh, r.err
	r.mu.Unlock()
	err := file.Sync()
	if errors.Is(err, os.ErrClosed) && r.current() != file {
		return r.Sync() // it became full meanwhile, and was kept by that
	}
	if err == nil && fresh {
		err = r.syncFolder(file)
	}
	if failed != nil {
		failed = fmt.Errorf("auditfile: the log's next file: %w", failed)
	}
	return errors.Join(err, failed)
}

// syncFolder keeps the name of file.
func (r *Rotation) syncFolder(file *os.File) error {
	d, err := os.Open(filepath.Dir(r.path))
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh = r.fresh && r.file != file
	return nil
}

func (r *Rotation) current() *os.File {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file
}

// Close closes the newest file. Nothing may be written any more.
func (r *Rotation) Close() error { return errors.Join(r.current().Sync(), r.current().Close()) }

// Retire removes the oldest full files beyond most. Each time a record of l, which
// writes to r, says so before, and is kept on the disk: what is missing without
// one breaks the chain for [Files.Verify]. The newest full file always stays: it
// says where the chain goes on.
func (r *Rotation) Retire(ctx context.Context, l *audit.Log, most int) error {
	full, err := Full(r.path)
	if err != nil || len(full) <= max(most, 1) {
		return err
	}
	for _, name := range full[:len(full)-max(most, 1)] {
		if err := r.retire(ctx, l, name); err != nil {
			return err
		}
	}
	return nil
}

// retire removes one file. Each has a record of its own: a process that ends
// between two of them leaves none missing that no record explains.
func (r *Rotation) retire(ctx context.Context, l *audit.Log, name string) error {
	last, err := end(name)
	if err != nil {
		return err
	}
	record := audit.Record{Actor: "edgeward", Action: actionRetired, Object: recordsTo(last), Reason: hex.EncodeToString(last.Hash[:])}
	if err := l.Append(ctx, record); err != nil {
		return err
	}
	if err := r.Sync(); err != nil {
		return err
	}
	return os.Remove(name)
}
