// Package audit keeps who did what to which credential, in lines that betray
// being changed: each holds the hash of the one before it, so that nobody edits,
// removes, inserts or reorders one without breaking the chain behind it.
//
// The chain cannot tell that its last lines were cut off, or that all of it was
// written anew. Whoever needs that copies the newest hash elsewhere now and
// then.
//
// A log holds no secret: [edgeward.Secret] fits none of its fields, and what
// looks like a credential is taken out of them.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// A Record is one operation that was carried out, or a sign-in or an
// administrative call that was refused. It holds no secret: credentials are named
// by their public ids.
type Record struct {
	Actor     string // who: "api-key/<id>", "client", "cli"
	Action    string // what: "session.create"
	Object    string // to what: "session/<public id>"
	Subject   string // of an API key that was made: whose it is
	Scopes    string // of an API key that was made: what it may, separated by spaces
	Reason    string // why, a code or what the actor wrote
	Class     string // of a refresh that betrayed a thief: "reused", "rolled_back"
	RequestID string
	Client    string // the address that the request came from, "" when unknown
	UserAgent string // what the client says it is, cut to 256 bytes
	Provider  string // of a sign-in: the login provider's name
	Host      string // of a sign-in that was handed over to a host: which
}

// A Head is where a chain ends: how many records it has, and the hash of the
// last one. The zero Head is that of an empty chain.
type Head struct {
	Count uint64
	Hash  [sha256.Size]byte
}

// A Log appends to a chain. It is safe for concurrent use.
type Log struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows; held while writing, which keeps the chain in order
	w      io.Writer
	head   Head
	broken error  // a line was written in part: nothing can follow it
	lost   uint64 // records since the last line that was written
	all    uint64 // records lost since NewLog
}

// NewLog returns a Log that goes on from head, which [Verify] returns for what w
// holds already. A nil now means time.Now.
func NewLog(w io.Writer, head Head, now func() time.Time) *Log {
	if now == nil {
		now = time.Now
	}
	return &Log{w: w, head: head, now: now}
}

// actionLost is the record of records that are missing. Its object is their
// number.
const actionLost = "audit.lost"

// Append writes r as one line, with one write. After an error r is lost, and the
// next line that can be written says so before anything else: a disk that
// somebody filled must not hide that there were deeds. Of a w that kept a part
// of r nothing can be appended to any more; a [Tail] keeps none.
func (l *Log) Append(_ context.Context, r Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.confess()
	if err == nil {
		err = l.write(r)
	}
	if err != nil {
		l.lost++
		l.all++
	}
	return err
}

// Confess writes down how many records were lost since the last one that was
// written, if any were. Called now and then, it finds out that there is room
// again without waiting for a deed.
func (l *Log) Confess() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.confess()
}

// Lost returns how many records could not be written and are not yet confessed,
// and how many there were since [NewLog].
func (l *Log) Lost() (now, ever uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost, l.all
}

func (l *Log) confess() error {
	if l.lost == 0 {
		return nil
	}
	err := l.write(Record{Actor: "edgeward", Action: actionLost, Object: "records/" + strconv.FormatUint(l.lost, 10)})
	if err == nil {
		l.lost = 0
	}
	return err
}

func (l *Log) write(r Record) error {
	if l.broken != nil {
		return l.broken
	}
	line, next := l.head.line(r, l.now())
	n, err := l.w.Write(line)
	if n == len(line) && err == nil {
		l.head = next
		return nil
	}
	err = fmt.Errorf("audit: %w", errors.Join(err, io.ErrShortWrite))
	if n > 0 {
		l.broken = err // a full disk that took nothing may have room again
	}
	return err
}

// Head returns where the chain ends now.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

const hashMember = `,"hash":"`

// line returns r as the line that follows h, and the head behind it. The hash
// covers every byte of the line before it.
func (h Head) line(r Record, now time.Time) ([]byte, Head) {
	b := append([]byte(nil), `{"n":`...)
	b = strconv.AppendUint(b, h.Count+1, 10)
	b = append(b, `,"time":"`...)
	b = now.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, '"')
	for _, field := range [...]struct {
		name, value string
		most        int
	}{
		{"actor", r.Actor, maxField}, {"action", r.Action, maxField}, {"object", r.Object, maxField}, {"subject", r.Subject, maxField},
		{"scopes", r.Scopes, maxScopes}, {"reason", r.Reason, maxField}, {"class", r.Class, maxField}, {"request_id", r.RequestID, maxField},
		{"client", r.Client, maxField}, {"user_agent", r.UserAgent, maxAgent}, {"provider", r.Provider, maxField}, {"host", r.Host, maxField},
	} {
		if field.value != "" {
			b = append(append(append(b, `,"`...), field.name...), `":`...)
			b = appendText(b, field.value, field.most)
		}
	}
	b = append(b, `,"prev":"`...)
	b = hex.AppendEncode(b, h.Hash[:])
	b = append(b, '"')
	next := Head{Count: h.Count + 1, Hash: sha256.Sum256(b)}
	b = append(b, hashMember...)
	b = hex.AppendEncode(b, next.Hash[:])
	return append(b, "\"}\n"...), next
}
