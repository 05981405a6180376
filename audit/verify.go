package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// MaxLine bounds a line in bytes: nine fields of maxField, the user agent and the
// scopes, each byte escaped at worst, and the rest.
const MaxLine = 6*(9*maxField+maxAgent+maxScopes) + 1024

// ErrTorn says that the last line was written in part: the program, or the
// machine, stopped in the middle. Its record was never acknowledged.
var ErrTorn = errors.New("audit: the last line was written in part")

// A Problem says how a chain is broken.
type Problem string

// The problems.
const (
	Malformed Problem = "it is no record"
	Edited    Problem = "it was changed: its hash is not that of its text"
	Removed   Problem = "records before it were removed"
	Misplaced Problem = "it was moved or repeated, or records before it were inserted"
	Foreign   Problem = "it belongs to another chain than the record before it"
)

// A BreakError says where a chain is broken first.
type BreakError struct {
	Line    uint64 // from 1
	Problem Problem
}

func (e *BreakError) Error() string { return fmt.Sprintf("audit: line %d: %s", e.Line, e.Problem) }

// Verify reads a chain from its beginning and returns where its sound part
// ends, in records and in bytes. The error is a [*BreakError], or wraps
// [ErrTorn], or is what reading returned.
func Verify(r io.Reader) (head Head, size int64, err error) { return Head{}.Verify(r, nil) }

// Verify is the function of that name for what follows h, such as the next file
// of a log. Lines are counted from where h's chain began. each, if it is not nil,
// is called with every sound line, which it must not keep.
func (h Head) Verify(r io.Reader, each func(line []byte)) (head Head, size int64, err error) {
	head = h
	lines := bufio.NewReaderSize(r, MaxLine)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return head, size, nil
		case err == io.EOF:
			return head, size, ErrTorn
		case errors.Is(err, bufio.ErrBufferFull):
			return head, size, &BreakError{head.Count + 1, Malformed}
		case err != nil:
			return head, size, err
		}
		next, broken := head.follow(bytes.TrimSuffix(line, []byte("\n")))
		if broken != "" {
			return head, size, &BreakError{head.Count + 1, broken}
		}
		if each != nil {
			each(line)
		}
		head, size = next, size+int64(len(line))
	}
}

// follow checks that line is the record that follows h.
func (h Head) follow(line []byte) (next Head, broken Problem) {
	at := bytes.LastIndex(line, []byte(hashMember))
	members, err := strictjson.Object(line)
	if at < 0 || err != nil {
		return h, Malformed
	}
	next = Head{Count: h.Count + 1, Hash: sha256.Sum256(line[:at])}
	if string(line[at:]) != hashMember+hex.EncodeToString(next.Hash[:])+`"}` {
		return h, Edited
	}
	number, _ := members.Lookup("n")
	prev, _ := members.Lookup("prev")
	n, err := strconv.ParseUint(number.Raw(), 10, 64)
	text, _ := prev.String()
	switch {
	case err != nil:
		return h, Malformed
	case n > next.Count:
		return h, Removed
	case n < next.Count:
		return h, Misplaced
	case text != hex.EncodeToString(h.Hash[:]):
		return h, Foreign
	}
	return next, ""
}
