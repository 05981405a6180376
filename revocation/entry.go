package revocation

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/store"
)

// ErrEntry says that an entry does not name what its scope demands. Nothing
// was revoked.
var ErrEntry = errors.New("revocation: not an entry")

// Margin is how long an entry is kept after everything that it can affect has
// expired: clocks may differ or be set wrong by as much, and nothing comes
// back to life.
const Margin = 2 * time.Hour

const (
	maxValue  = 8 << 10 // bytes; a jti can be as long as its token
	maxReason = 256     // bytes
	// maxAhead is how far a NotBefore may lie in the future, in case the asker's
	// clock is ahead. One further off would kill what is issued until then, and
	// no revocation can be taken back.
	maxAhead = 5 * time.Second
)

// An Entry is one revocation. Times are kept to the millisecond.
type Entry struct {
	Scope  Scope
	Issuer string // of a token, a subject, a logout or a key; "" in other scopes
	Value  string // jti, public id, subject, issuer or kid
	// NotBefore is for subjects, logouts and issuers: a credential that says it was
	// issued by then, in the same millisecond included, is dead, and so is one
	// that does not say. Tokens say it in whole seconds, so one that was issued
	// less than a second later is dead too. Zero means now; more than five
	// seconds after now is refused.
	NotBefore time.Time
	// Expires is when the last credential that the entry can affect stops by
	// itself. Zero lets [Config.Longest] say, and in a stored entry means never.
	// For subjects, logouts, issuers and keys it only extends that: nobody knows all the
	// credentials of those, and one that outlived the entry would be alive again.
	Expires time.Time
	Reason  string    // for people: "laptop stolen"
	Revoked time.Time // when; Revoke sets it
}

// complete checks what a caller gave, and fills in what it left out.
func (l *Log) complete(e Entry) (Entry, error) {
	scope, known := scopes[e.Scope]
	now := l.clock.Now()
	e.Revoked = now
	if scope.timed && e.NotBefore.IsZero() {
		e.NotBefore = now
	}
	e.NotBefore, e.Expires = milli(e.NotBefore), milli(l.expires(e))
	switch {
	case !known:
		return e, fmt.Errorf("%w: scope %q is unknown", ErrEntry, e.Scope)
	case e.Value == "" || len(e.Value) > maxValue:
		return e, fmt.Errorf("%w: value of %d bytes, 1 to %d are possible", ErrEntry, len(e.Value), maxValue)
	case scope.ofIssuer == (e.Issuer == ""):
		return e, fmt.Errorf("%w: an issuer is needed for a token, a subject, a logout and a key, and for nothing else", ErrEntry)
	case len(e.Issuer) > maxValue || len(e.Reason) > maxReason:
		return e, fmt.Errorf("%w: issuer over %d bytes or reason over %d", ErrEntry, maxValue, maxReason)
	case e.NotBefore.After(now.Add(maxAhead)):
		return e, fmt.Errorf("%w: its not-before is to come, which would revoke what is not issued yet", ErrEntry)
	case e.Expires.UTC().Year() > record.MaxYear:
		return e, fmt.Errorf("%w: it expires after the year %d", ErrEntry, record.MaxYear)
	case !e.Expires.IsZero() && !now.Before(e.keptUntil()):
		return e, fmt.Errorf("%w: it would have expired already", ErrEntry)
	}
	// What comes back must be what was revoked: JSON repairs broken UTF-8 and
	// cannot hold all characters, and a token has no not-before.
	if back, err := parse(e.key(), e.row()); err != nil || back != e {
		return e, fmt.Errorf("%w: it cannot be kept as it is", ErrEntry)
	}
	return e, nil
}

// expires returns what e.Expires becomes.
func (l *Log) expires(e Entry) time.Time {
	longest, many := l.longest[e.Scope], scopes[e.Scope].many
	switch {
	case !e.Expires.IsZero() && !many:
		return e.Expires
	case longest <= 0:
		return time.Time{}
	}
	return later(e.Expires, later(e.Revoked, e.NotBefore).Add(longest))
}

// keptUntil returns when the entry may be forgotten; zero means never.
func (e *Entry) keptUntil() time.Time {
	if e.Expires.IsZero() {
		return time.Time{}
	}
	return e.Expires.Add(Margin)
}

func (e *Entry) handle() edgeward.Handle { return scopes[e.Scope].kind.Of(e.Issuer, e.Value) }

// matches reports whether the entry, which names id, kills it.
func (e *Entry) matches(id *edgeward.Identity) bool { return issuedBy(id, e.cutoff()) }

// merged returns what is revoked by old and e together: a revocation is never
// narrowed. It reports whether old had said all of that already.
func (e Entry) merged(old Entry) (_ Entry, covered bool) {
	covered = !old.NotBefore.Before(e.NotBefore) && (old.Expires.IsZero() || !e.Expires.IsZero() && !old.Expires.Before(e.Expires))
	e.NotBefore = later(e.NotBefore, old.NotBefore)
	if old.Expires.IsZero() || e.Expires.IsZero() {
		e.Expires = time.Time{}
	} else {
		e.Expires = later(e.Expires, old.Expires)
	}
	return e, covered
}

const prefix = store.RevocationPrefix

func (e *Entry) key() string { return keyOf(e.Scope, e.Issuer, e.Value) }

// keyOf names the row of an entry. The hash is of a tuple with a length, so
// that no issuer can name another one's subject (CVE-2026-33496).
func keyOf(scope Scope, issuer, value string) string {
	tuple := binary.AppendUvarint(nil, uint64(len(issuer)))
	sum := sha256.Sum256(append(append(tuple, issuer...), value...))
	return prefix + string(scope) + "/" + base64.RawURLEncoding.EncodeToString(sum[:])
}

const rowVersion = 1

func (e *Entry) row() []byte {
	w := record.New(rowVersion)
	w.String("issuer", e.Issuer)
	w.String("value", e.Value)
	w.Time("not_before", e.NotBefore)
	w.Time("expires", e.Expires)
	w.String("reason", e.Reason)
	w.Time("revoked", e.Revoked)
	return w.End()
}

// parse reads a row. One that is damaged, of an unknown version or scope, or
// was moved to another key is an error: something is revoked, and nobody knows
// what.
func parse(key string, row []byte) (Entry, error) {
	scope, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
	r, err := record.Read(row, rowVersion)
	if err != nil {
		return Entry{}, fmt.Errorf("revocation: %s: %w", key, err)
	}
	e := Entry{
		Scope:  Scope(scope),
		Issuer: r.String("issuer"), Value: r.String("value"),
		NotBefore: r.Time("not_before"), Expires: r.Time("expires"),
		Reason: r.String("reason"), Revoked: r.Time("revoked"),
	}
	s, known := scopes[e.Scope]
	r.Require("value", known && e.key() == key)
	r.Require("not_before", s.timed != e.NotBefore.IsZero())
	if err := r.Err(); err != nil {
		return Entry{}, fmt.Errorf("revocation: %s: %w", key, err)
	}
	return e, nil
}

// milli cuts t to what a row keeps.
func milli(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli())
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
