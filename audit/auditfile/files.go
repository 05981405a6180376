// Package auditfile keeps an audit log in files: the newest one at a path, and
// beside it those that were full, as path.000001, path.000002 and so on. One
// chain goes through all of them.
package auditfile

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward/audit"
)

// digits is how many a full file's name has at least.
const digits = 6

// Full returns the full files of the log at path, oldest first.
func Full(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, e := range entries {
		suffix, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if n, err := strconv.ParseUint(suffix, 10, 64); ok && err == nil && suffix == number(n) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	names := make([]string, len(numbers))
	for i, n := range numbers {
		names[i] = path + "." + number(n)
	}
	return names, nil
}

func number(n uint64) string { return fmt.Sprintf("%0*d", digits, n) }

// next returns the name of the file that becomes full next.
func next(path string) (string, error) {
	full, err := Full(path)
	if err != nil || len(full) == 0 {
		return path + "." + number(1), err
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(full[len(full)-1], path+"."), 10, 64)
	return path + "." + number(n+1), err
}

// Files are the files of a log, open for reading, oldest first.
type Files []*os.File

// Open opens the files of the log at path. It may be written to meanwhile.
func Open(path string) (Files, error) {
	// The newest comes first: when it becomes full meanwhile it is among the full
	// ones, too, and counts once.
	newest, err := openNewest(path)
	if err != nil {
		return nil, err
	}
	all := Files{newest}
	info, err := newest.Stat()
	var names []string
	if err == nil {
		names, err = Full(path)
	}
	for _, name := range names {
		f, failed := os.Open(name)
		if errors.Is(failed, os.ErrNotExist) {
			continue // removed meanwhile, as it was too old; if not, the chain tells
		}
		if failed != nil {
			err = failed
			break
		}
		if other, failed := f.Stat(); failed == nil && os.SameFile(info, other) {
			err = f.Close()
			break
		}
		all = slices.Insert(all, len(all)-1, f)
	}
	if err != nil {
		return nil, errors.Join(err, all.Close())
	}
	return all, nil
}

// openNewest opens the file at path. While another one is begun there is none for
// a moment; where a process ended just then it is the last that is full.
func openNewest(path string) (*os.File, error) {
	for attempt := 0; ; attempt++ {
		f, err := os.Open(path)
		if !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
		full, failed := Full(path)
		if failed != nil || len(full) == 0 {
			return nil, err
		}
		if attempt == attempts {
			return os.Open(full[len(full)-1])
		}
		time.Sleep(time.Millisecond)
	}
}

// attempts bounds how often a reader looks for the newest file, a millisecond
// apart.
const attempts = 50

// Close closes all of them.
func (f Files) Close() (err error) {
	for _, file := range f {
		err = errors.Join(err, file.Close())
	}
	return err
}

// Last is [audit.Last] through all files.
func (f Files) Last(n int) ([]audit.Entry, error) {
	var all []audit.Entry
	for _, file := range slices.Backward(f) {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		entries, err := audit.Last(file, info.Size(), n-len(all))
		if err != nil {
			return nil, err
		}
		if all = append(all, entries...); len(all) == n {
			break
		}
	}
	return all, nil
}

// A FileError says in which file a chain is broken. It wraps a [*audit.BreakError],
// whose line is one of that file, or [audit.ErrTorn].
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%v in %s", e.Err, e.Path) }
func (e *FileError) Unwrap() error { return e.Err }

// Verify reads the chain through all files and returns where its sound part
// ends. A file that is missing, was put elsewhere, changed or cut off breaks it.
// That the first records are missing is sound when a record says that they were
// removed: see [Rotation.Retire]. read, if it is not nil, is put before each
// file. An error is a [*FileError], or what reading returned.
func (f Files) Verify(read func(io.Reader) io.Reader) (audit.Head, error) {
	if read == nil {
		read = func(r io.Reader) io.Reader { return r }
	}
	var start audit.Head
	if len(f) > 0 {
		line, err := firstLine(f[0])
		if err != nil {
			return audit.Head{}, err
		}
		start = before(line)
	}
	head, explained := start, start.Count == 0
	for i, file := range f {
		next, _, err := head.Verify(read(file), func(line []byte) { explained = explained || retired(line, start) })
		if broken, ok := errors.AsType[*audit.BreakError](err); ok {
			broken.Line -= head.Count
		}
		if errors.Is(err, audit.ErrTorn) && i < len(f)-1 {
			err = &audit.BreakError{Line: next.Count + 1 - head.Count, Problem: audit.Malformed}
		}
		head = next
		if _, ok := errors.AsType[*audit.BreakError](err); ok || errors.Is(err, audit.ErrTorn) {
			err = &FileError{file.Name(), err}
		}
		if err != nil && (explained || !errors.Is(err, audit.ErrTorn)) {
			return head, err
		}
		if err != nil {
			break
		}
	}
	if !explained {
		return audit.Head{}, &FileError{f[0].Name(), &audit.BreakError{Line: 1, Problem: audit.Removed}}
	}
	return head, nil
}

// firstLine returns the first line of a file, "" when it has none, and leaves it
// to be read from the beginning.
func firstLine(file *os.File) ([]byte, error) {
	line, err := bufio.NewReaderSize(io.NewSectionReader(file, 0, audit.MaxLine), audit.MaxLine).ReadSlice('\n')
	if err == io.EOF || errors.Is(err, bufio.ErrBufferFull) {
		return nil, nil // [audit.Verify] says what is wrong
	}
	return line, err
}

// before returns the head of the chain that line follows, by its own account.
func before(line []byte) (h audit.Head) {
	e, ok := audit.Parse(line)
	prev, err := hex.DecodeString(e.Prev)
	if !ok || err != nil || len(prev) != len(h.Hash) || e.Number < 2 {
		return audit.Head{}
	}
	return audit.Head{Count: e.Number - 1, Hash: [32]byte(prev)}
}

// actionRetired is the record of files that were removed as they were too old.
// Its object is the number of the last record in them, its reason that one's
// hash.
const actionRetired = "audit.retired"

func retired(line []byte, start audit.Head) bool {
	if !strings.Contains(string(line), actionRetired) {
		return false
	}
	e, ok := audit.Parse(line)
	return ok && e.Action == actionRetired && e.Object == recordsTo(start) && e.Reason == hex.EncodeToString(start.Hash[:])
}

func recordsTo(h audit.Head) string { return "records/1-" + strconv.FormatUint(h.Count, 10) }

// end returns the head at the end of a full file, whose last line it reads.
func end(path string) (audit.Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return audit.Head{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return audit.Head{}, err
	}
	from := max(info.Size()-2*audit.MaxLine, 0)
	text, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return audit.Head{}, err
	}
	whole, ok := strings.CutSuffix(string(text), "\n")
	line := []byte(whole[strings.LastIndexByte(whole, '\n')+1:])
	head, _, err := before(line).Verify(strings.NewReader(string(line)+"\n"), nil)
	if !ok || err != nil {
		return audit.Head{}, &FileError{path, fmt.Errorf("auditfile: the last line is no sound record: %w", &audit.BreakError{Problem: audit.Malformed})}
	}
	return head, nil
}
