package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/edgeward/edgeward/internal/strictjson"
)

// maxLine bounds a line in bytes: six fields of maxField, each byte escaped at
// worst, and the rest.
const maxLine = 6*6*maxField + 1024

// ErrTorn says that the last line was written in part: the program, or the
// machine, stopped in the middle. Its record was never acknowledged.
var ErrTorn = errors.New("audit: the last line was written in part")

// A BreakError says where a chain is broken.
type BreakError struct {
	Line    uint64 // from 1
	Problem string
}

func (e *BreakError) Error() string { return fmt.Sprintf("audit: line %d: %s", e.Line, e.Problem) }

// Verify reads a chain from its beginning and returns where its sound part
// ends, in records and in bytes. The error is a [*BreakError], or wraps
// [ErrTorn], or is what reading returned.
func Verify(r io.Reader) (head Head, size int64, err error) {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return head, size, nil
		case err == io.EOF:
			return head, size, ErrTorn
		case errors.Is(err, bufio.ErrBufferFull):
			return head, size, &BreakError{head.Count + 1, "longer than any record"}
		case err != nil:
			return head, size, err
		}
		next, problem := head.follow(bytes.TrimSuffix(line, []byte("\n")))
		if problem != "" {
			return head, size, &BreakError{head.Count + 1, problem}
		}
		head, size = next, size+int64(len(line))
	}
}

// follow checks that line is the record that follows h.
func (h Head) follow(line []byte) (next Head, problem string) {
	at := bytes.LastIndex(line, []byte(hashMember))
	if at < 0 {
		return h, "no record with a hash"
	}
	sum := sha256.Sum256(line[:at])
	if string(line[at:]) != hashMember+hex.EncodeToString(sum[:])+`"}` {
		return h, "changed: its hash is not that of its text"
	}
	members, err := strictjson.Object(line)
	if err != nil {
		return h, "no JSON object"
	}
	prev, _ := members.Lookup("prev")
	n, _ := members.Lookup("n")
	if text, _ := prev.String(); text != hex.EncodeToString(h.Hash[:]) {
		return h, "does not follow the line before it: something was removed, inserted or moved"
	}
	if number, ok := n.Float(); !ok || number != float64(h.Count+1) {
		return h, "is not numbered as the next one"
	}
	return Head{Count: h.Count + 1, Hash: sum}, ""
}
