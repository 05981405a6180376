package audit

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// An Entry is a record as it was written down.
type Entry struct {
	Record
	Number uint64 // from 1
	Time   time.Time
	Hash   string // of the line, in hexadecimal
	Prev   string // of the line before
}

// maxLast bounds in bytes what Last reads.
const maxLast = 512 << 10

// Last reads the last records of a log of size bytes, newest first: up to n of
// them, and no more than half a mebibyte holds. It believes what it reads:
// whether the chain is whole [Verify] says. What is no record is left out. The
// error is what reading returned.
func Last(r io.ReaderAt, size int64, n int) ([]Entry, error) {
	from := max(size-maxLast, 0)
	text, err := io.ReadAll(io.NewSectionReader(r, from, size-from))
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(text, []byte("\n"))
	lines = lines[:len(lines)-1] // behind the last line break is nothing, or a line that is being written
	if from > 0 && len(lines) > 0 {
		lines = lines[1:] // its beginning was not read
	}
	entries := make([]Entry, 0, min(n, len(lines)))
	for _, line := range slices.Backward(lines) {
		if len(entries) == n {
			break
		}
		if e, ok := Parse(line); ok {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// Parse reads a line of a log. It believes what it reads, as [Last] does. false
// means that it is no record.
func Parse(line []byte) (e Entry, ok bool) {
	members, err := strictjson.Object(line)
	if err != nil {
		return e, false
	}
	text := func(name string) string {
		v, _ := members.Lookup(name)
		s, _ := v.String()
		return s
	}
	number, _ := members.Lookup("n")
	var numbered, timed error
	e.Number, numbered = strconv.ParseUint(number.Raw(), 10, 64)
	e.Time, timed = time.Parse(time.RFC3339Nano, text("time"))
	e.Hash, e.Prev = text("hash"), text("prev")
	e.Record = Record{
		Actor: text("actor"), Action: text("action"), Object: text("object"), Subject: text("subject"), Scopes: text("scopes"),
		Reason: text("reason"), Class: text("class"), RequestID: text("request_id"),
		Client: text("client"), UserAgent: text("user_agent"), Provider: text("provider"), Host: text("host"),
	}
	return e, numbered == nil && timed == nil && e.Action != ""
}
