package audit

import (
	"errors"
	"io"
)

// A File is what lines are appended to and can be taken back from: an *os.File
// that was opened with os.O_APPEND.
type File interface {
	io.Writer
	Truncate(size int64) error
}

// A Tail is the end of a File, to which a line is written whole or not at all:
// what a full disk took of it is cut off again. It is not safe for concurrent
// use; a [Log] writes one line at a time.
type Tail struct {
	file File
	size int64 // in bytes, of the whole lines
	torn bool  // more than that may be in the file
}

// NewTail returns the Tail of f, whose sound part has size bytes: see [Verify].
func NewTail(f File, size int64) *Tail { return &Tail{file: f, size: size} }

// Write implements [io.Writer]. After an error nothing of p counts as written;
// what cannot be cut off at once is cut off before anything else is written.
func (t *Tail) Write(p []byte) (int, error) {
	if err := t.Cut(); err != nil {
		return 0, err
	}
	n, err := t.file.Write(p)
	if n == len(p) && err == nil {
		t.size += int64(n)
		return n, nil
	}
	t.torn = true
	return 0, errors.Join(err, io.ErrShortWrite, t.Cut())
}

// Size returns how many bytes the whole lines have.
func (t *Tail) Size() int64 { return t.size }

// Cut cuts off what is left of a line that could not be written, if it is not
// gone yet.
func (t *Tail) Cut() error {
	if !t.torn {
		return nil
	}
	if err := t.file.Truncate(t.size); err != nil {
		return err
	}
	t.torn = false
	return nil
}
