package revocation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/storetest"
)

var token = revocation.Entry{Scope: revocation.Token, Issuer: issuer, Value: "1"}

// Nothing is claimed revoked that is not, and nothing that may be is lost.
func TestRevokeWithAStoreThatFails(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	id := identity(t, edgeward.Identity{TokenID: "1"})

	f.store.Follow(storetest.Down)
	if _, err := log.Revoke(t.Context(), token); !couldNotTell(err) {
		t.Errorf("the store is down: %v", err)
	}
	if err := log.Check(id); err != nil {
		t.Errorf("refused although the caller was told that it is not revoked: %v", err)
	}
	f.store.Follow(storetest.Lost)
	if _, err := log.Revoke(t.Context(), token); !couldNotTell(err) {
		t.Errorf("the answer was lost: %v", err)
	}
	f.store.Follow(nil)
	f.sync(log)
	if err := log.Check(id); !revoked(err) {
		t.Errorf("it was written, and the watch has told: %v", err)
	}
	f.revoke(log, token)
}

func TestRevokingAgainFindsOutWhatHappened(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	f.store.Follow(storetest.Lost)
	if _, err := log.Revoke(t.Context(), token); err == nil {
		t.Fatal("a lost answer was success")
	}
	f.store.Follow(nil)
	f.revoke(log, token)
	if err := log.Check(identity(t, edgeward.Identity{TokenID: "1"})); !revoked(err) {
		t.Error(err)
	}
}

// Of two revocations of one thing both hold, whichever comes last.
func TestARevocationIsNeverNarrowed(t *testing.T) {
	f := newFixture(t)
	at := func(hours int) time.Time { return f.clock.Now().Add(time.Duration(hours) * time.Hour) }
	subject := func(notBefore, expires time.Time) revocation.Entry {
		return revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice", NotBefore: notBefore, Expires: expires}
	}
	var never time.Time
	for i, row := range []struct {
		rule               string
		first, second      revocation.Entry
		notBefore, expires time.Time
	}{
		{"an earlier time leaves the later one", subject(at(-1), at(9)), subject(at(-2), at(9)), at(-1), at(9)},
		{"a later time counts", subject(at(-2), at(9)), subject(at(-1), at(9)), at(-1), at(9)},
		{"a shorter stay leaves the longer one", subject(at(-1), at(9)), subject(at(-1), at(8)), at(-1), at(9)},
		{"a longer stay counts", subject(at(-1), at(8)), subject(at(-1), at(9)), at(-1), at(9)},
		{"for ever stays for ever", subject(at(-1), never), subject(at(-1), at(9)), at(-1), never},
		{"for ever counts", subject(at(-1), at(9)), subject(at(-1), never), at(-1), never},
		{"each gives what is later", subject(at(-1), at(8)), subject(at(-2), at(9)), at(-1), at(9)},
		{"and so the other way round", subject(at(-2), at(9)), subject(at(-1), at(8)), at(-1), at(9)},
		{"for ever stays beside a later time", subject(at(-2), never), subject(at(-1), at(9)), at(-1), never},
	} {
		row.first.Value, row.second.Value = fmt.Sprint("s", i), fmt.Sprint("s", i)
		by := func(e revocation.Entry) *revocation.Log {
			if e.Expires.IsZero() {
				return f.node()
			}
			return f.configured(revocation.Config{Retention: map[revocation.Scope]time.Duration{revocation.Subject: time.Hour}})
		}
		log := by(row.second)
		f.revoke(by(row.first), row.first)
		got := f.revoke(log, row.second)
		page, _, err := log.List(t.Context(), revocation.Subject, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		if !got.NotBefore.Equal(row.notBefore) || !got.Expires.Equal(row.expires) {
			t.Errorf("%s: %v %v", row.rule, got.NotBefore, got.Expires)
		}
		if !slices.Contains(page, got) {
			t.Errorf("%s: not stored as returned", row.rule)
		}
	}
}

func TestWhatStandsAlreadyIsNotWrittenAgain(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	first := f.revoke(log, token)
	f.clock.Forward(time.Minute)
	f.store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "replace" {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	other := f.node()
	if got := f.revoke(other, token); got != first {
		t.Errorf("%+v, stands as %+v", got, first)
	}
	f.sync(other)
	if err := other.Check(identity(t, edgeward.Identity{TokenID: "1"})); !revoked(err) {
		t.Error(err)
	}
}

func TestEntriesThatNameNothing(t *testing.T) {
	f := newFixture(t)
	log := f.configured(revocation.Config{Retention: map[revocation.Scope]time.Duration{revocation.Token: time.Hour}})
	now := f.clock.Now()
	for rule, e := range map[string]revocation.Entry{
		"the zero entry":                    {},
		"an unknown scope":                  {Scope: "beat", Value: "1"},
		"no value":                          {Scope: revocation.Session},
		"a value over 8 KiB":                {Scope: revocation.Session, Value: strings.Repeat("x", 8<<10+1)},
		"a token without an issuer":         {Scope: revocation.Token, Value: "1"},
		"a subject without an issuer":       {Scope: revocation.Subject, Value: "alice"},
		"a key without an issuer":           {Scope: revocation.Key, Value: "k1"},
		"a session with an issuer":          {Scope: revocation.Session, Issuer: issuer, Value: "1"},
		"an API key with an issuer":         {Scope: revocation.APIKey, Issuer: issuer, Value: "1"},
		"an issuer of an issuer":            {Scope: revocation.Issuer, Issuer: issuer, Value: issuer},
		"an issuer over 8 KiB":              {Scope: revocation.Token, Issuer: strings.Repeat("x", 8<<10+1), Value: "1"},
		"a token with a not-before":         {Scope: revocation.Token, Issuer: issuer, Value: "1", NotBefore: now},
		"a reason over 256 bytes":           {Scope: revocation.Session, Value: "1", Reason: strings.Repeat("x", 257)},
		"an end more than the margin ago":   {Scope: revocation.Session, Value: "1", Expires: now.Add(-revocation.Margin)},
		"a value in broken UTF-8":           {Scope: revocation.Session, Value: "\xff"},
		"a reason in broken UTF-8":          {Scope: revocation.Session, Value: "1", Reason: "\xff"},
		"a not-before before 1970":          {Scope: revocation.Issuer, Value: issuer, NotBefore: time.Unix(-1, 0)},
		"an issuer's not-before to come":    {Scope: revocation.Issuer, Value: issuer, NotBefore: now.Add(5*time.Second + time.Millisecond)},
		"a subject's not-before to come":    {Scope: revocation.Subject, Issuer: issuer, Value: "alice", NotBefore: now.AddDate(7000, 0, 0)},
		"an end in the year 10000":          {Scope: revocation.Session, Value: "1", Expires: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*3600))},
		"an end beyond all whole numbers":   {Scope: revocation.Session, Value: "1", Expires: time.UnixMilli(1 << 53)},
		"an issuer in broken UTF-8":         {Scope: revocation.Token, Issuer: "\xff", Value: "1"},
		"an unknown scope with a long life": {Scope: "x/y", Value: "1", Expires: now.Add(time.Hour)},
	} {
		if _, err := log.Revoke(t.Context(), e); !errors.Is(err, revocation.ErrEntry) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if rows, err := f.store.List(t.Context(), "", "", 10); err != nil || len(rows) != 0 || log.Len() != 0 {
		t.Errorf("%d rows, %d in memory, %v", len(rows), log.Len(), err)
	}
}

func TestHowLongAnEntryIsKept(t *testing.T) {
	f := newFixture(t)
	log := f.configured(revocation.Config{Retention: map[revocation.Scope]time.Duration{revocation.Session: 10 * time.Hour, revocation.Subject: 10 * time.Hour}})
	now := f.clock.Now()
	for _, row := range []struct {
		rule    string
		entry   revocation.Entry
		expires time.Time
	}{
		{"the longest life of the scope", revocation.Entry{Scope: revocation.Session, Value: "1"}, now.Add(10 * time.Hour)},
		{"what the entry says", revocation.Entry{Scope: revocation.Session, Value: "2", Expires: now.Add(time.Minute)}, now.Add(time.Minute)},
		{"a subject's never shorter than that", revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "c", Expires: now.Add(time.Minute)}, now.Add(10 * time.Hour)},
		{"a subject's longer if it says", revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "d", Expires: now.Add(11 * time.Hour)}, now.Add(11 * time.Hour)},
		{"an issuer's for ever, whatever it says", revocation.Entry{Scope: revocation.Issuer, Value: issuer, Expires: now.Add(time.Minute)}, time.Time{}},
		{"a key's for ever, whatever it says", revocation.Entry{Scope: revocation.Key, Issuer: issuer, Value: "k2", Expires: now.Add(time.Minute)}, time.Time{}},
		{"for ever where nobody says", revocation.Entry{Scope: revocation.Key, Issuer: issuer, Value: "k1"}, time.Time{}},
		{"counted from a not-before to come", revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "a", NotBefore: now.Add(5 * time.Second)}, now.Add(10*time.Hour + 5*time.Second)},
		{"counted from now for one that is past", revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "b", NotBefore: now.Add(-time.Hour)}, now.Add(10 * time.Hour)},
	} {
		if e := f.revoke(log, row.entry); !e.Expires.Equal(row.expires) {
			t.Errorf("%s: %v, want %v", row.rule, e.Expires, row.expires)
		}
	}
}

func sweepAll(log *revocation.Log) (n int) {
	for range 256 {
		n += log.Sweep()
	}
	return n
}

func TestSweepForgetsWhatIsOverAndNothingElse(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	const n = 3000
	for i := range n {
		e := revocation.Entry{Scope: revocation.Session, Value: fmt.Sprint(i)}
		if i%3 != 0 {
			e.Expires = f.clock.Now().Add(time.Duration(i%3) * time.Hour)
		}
		f.revoke(log, e)
	}
	for _, step := range []struct {
		forward   time.Duration
		forgotten int
	}{
		{time.Hour + revocation.Margin - time.Millisecond, 0},
		{time.Millisecond, n / 3},
		{time.Hour, n / 3},
		{1000 * time.Hour, 0},
	} {
		f.clock.Forward(step.forward)
		if got := sweepAll(log); got != step.forgotten {
			t.Errorf("%v later: forgot %d, want %d", step.forward, got, step.forgotten)
		}
	}
	for i := range n {
		if err := log.Check(identity(t, edgeward.Identity{Session: fmt.Sprint(i)})); revoked(err) != (i%3 == 0) {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
	if log.Len() != n/3 {
		t.Errorf("%d entries left", log.Len())
	}
}

// A clock that was an hour ahead and is right again resurrects nothing: neither
// here, where sweeping ran meanwhile, nor in the store, nor on a new node.
func TestAWrongClockResurrectsNothing(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	e := token
	e.Expires = f.clock.Now().Add(time.Minute)
	f.revoke(log, e)
	f.clock.Forward(time.Hour + 2*time.Minute)
	sweepAll(log)
	f.revoke(log, revocation.Entry{Scope: revocation.Session, Value: "makes the store look at its clock"})
	f.clock.Forward(-time.Hour - 2*time.Minute)
	fresh := f.node()
	f.sync(fresh)
	id := identity(t, edgeward.Identity{TokenID: "1"})
	if err := log.Check(id); !revoked(err) {
		t.Errorf("here: %v", err)
	}
	if err := fresh.Check(id); !revoked(err) {
		t.Errorf("on a new node: %v", err)
	}
}

func TestAnExtendedEntryOutlivesTheSweep(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	short, long := token, token
	short.Expires, long.Expires = f.clock.Now().Add(time.Hour), f.clock.Now().Add(100*time.Hour)
	f.revoke(log, short)
	f.revoke(log, long)
	f.clock.Forward(50 * time.Hour)
	if n := sweepAll(log); n != 0 {
		t.Errorf("forgot %d", n)
	}
	if err := log.Check(identity(t, edgeward.Identity{TokenID: "1"})); !revoked(err) {
		t.Error(err)
	}
}

func TestAnEntryThatExpiresWhileItIsExtendedIsMadeAnew(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	e := token
	e.Expires = f.clock.Now().Add(time.Hour)
	f.revoke(log, e)
	f.store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "get" { // between the look and the write
			f.clock.Forward(2*time.Hour + revocation.Margin)
			f.store.Follow(nil)
		}
		return storetest.Fault{}
	})
	e.Expires = f.clock.Now().Add(100 * time.Hour)
	f.revoke(log, e)
	if _, err := f.store.Get(t.Context(), storedKey(f)); err != nil {
		t.Error(err)
	}
}

func TestAStoreThatContradictsItselfIsNotSuccess(t *testing.T) {
	f := newFixture(t)
	f.store.Follow(func(o storetest.Operation) storetest.Fault {
		switch o.Name {
		case "create":
			return storetest.Fault{Before: store.ErrExists}
		case "get":
			return storetest.Fault{Before: store.ErrNotFound}
		}
		return storetest.Fault{}
	})
	if _, err := f.node().Revoke(t.Context(), token); !couldNotTell(err) {
		t.Error(err)
	}
}

// storedKey returns the key of the only row.
func storedKey(f *fixture) string {
	f.Helper()
	rows, err := f.store.List(f.Context(), "revoked/", "", 10)
	if err != nil || len(rows) != 1 {
		f.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0].Key
}
