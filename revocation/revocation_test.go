package revocation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const issuer = "https://issuer.example/"

// power is a permission over Edgeward itself.
const power = "admin"

// spared leaves API keys alone that have it.
func spared(id *edgeward.Identity) bool { return id.APIKey != "" && id.Has(power) }

func identity(tb testing.TB, id edgeward.Identity) *edgeward.Identity {
	tb.Helper()
	if id.Issuer == "" {
		id.Issuer = issuer
	}
	if id.Subject == "" {
		id.Subject = "alice"
	}
	sealed, err := edgeward.NewIdentity(id)
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

// A fixture is a store with a clock that is moved by hand.
type fixture struct {
	*testing.T
	clock storetest.Clock
	store *storetest.Faulty
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t}
	f.store = storetest.NewFaulty(memstore.New(memstore.Config{Now: f.clock.Now}))
	return f
}

// node returns a Log over the fixture's store that was told nothing.
func (f *fixture) node() *revocation.Log { return f.configured(revocation.Config{}) }

func (f *fixture) configured(cfg revocation.Config) *revocation.Log {
	f.Helper()
	cfg.Store, cfg.Now, cfg.Exempt = brief{f.store}, f.clock.Now, spared
	log, err := revocation.New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	return log
}

func (f *fixture) revoke(log *revocation.Log, e revocation.Entry) revocation.Entry {
	f.Helper()
	stored, err := log.Revoke(f.Context(), e)
	if err != nil {
		f.Fatal(err)
	}
	return stored
}

var errTold = errors.New("all was told")

// brief is a store whose watch ends once it has told the current state.
type brief struct{ *storetest.Faulty }

func (b brief) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	return b.Faulty.Watch(ctx, prefix, event, func() error {
		if err := synced(); err != nil {
			return err
		}
		return errTold
	})
}

// sync lets the log learn the store's state.
func (f *fixture) sync(log *revocation.Log) {
	f.Helper()
	if err := log.Run(f.Context()); !errors.Is(err, errTold) {
		f.Fatal(err)
	}
}

func revoked(err error) bool { return errors.Is(err, edgeward.CredentialRevoked) }

func couldNotTell(err error) bool {
	return err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable
}

var scopes = []struct {
	rule  string
	entry revocation.Entry
	dead  edgeward.Identity
	alive []edgeward.Identity
}{
	{
		"a token is a jti of an issuer",
		revocation.Entry{Scope: revocation.Token, Issuer: issuer, Value: "1"},
		edgeward.Identity{TokenID: "1"},
		[]edgeward.Identity{{TokenID: "2"}, {TokenID: "1", Issuer: "https://other.example/"}, {Session: "1"}, {Subject: "1"}, {APIKey: "1"}, {SigningKey: "1"}, {},
			{TokenID: "/1", Issuer: "https://issuer.example"}},
	},
	{
		"a session is its public id",
		revocation.Entry{Scope: revocation.Session, Value: "1"},
		edgeward.Identity{Session: "1"},
		[]edgeward.Identity{{Session: "2"}, {TokenID: "1"}, {APIKey: "1"}, {}},
	},
	{
		"a family is its public id",
		revocation.Entry{Scope: revocation.Family, Value: "1"},
		edgeward.Identity{Session: "1"},
		[]edgeward.Identity{{Session: "2"}, {TokenID: "1"}, {}},
	},
	{
		"a subject is one of an issuer",
		revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice"},
		edgeward.Identity{Subject: "alice"},
		[]edgeward.Identity{{Subject: "bob"}, {Subject: "alice", Issuer: "https://other.example/"}, {Subject: "Alice"}},
	},
	{
		"a logout is a subject of an issuer",
		revocation.Entry{Scope: revocation.Logout, Issuer: issuer, Value: "alice"},
		edgeward.Identity{Subject: "alice", APIKey: "k1", Permissions: []string{"orders:read"}},
		[]edgeward.Identity{{Subject: "bob"}, {Subject: "alice", Issuer: "https://other.example/"}, {APIKey: "k1", Permissions: []string{power, "orders:read"}}},
	},
	{
		"a subject is its API keys with power, too",
		revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice"},
		edgeward.Identity{Subject: "alice", APIKey: "k1", Permissions: []string{power}},
		[]edgeward.Identity{{Subject: "bob", APIKey: "k1", Permissions: []string{power}}},
	},
	{
		"only an API key has power",
		revocation.Entry{Scope: revocation.Logout, Issuer: issuer, Value: "alice"},
		edgeward.Identity{Subject: "alice", Session: "1", Permissions: []string{power}},
		nil,
	},
	{
		"an issuer is all that it issued",
		revocation.Entry{Scope: revocation.Issuer, Value: issuer},
		edgeward.Identity{},
		[]edgeward.Identity{{Issuer: "https://other.example/"}, {Issuer: "https://issuer.example"}},
	},
	{
		"a key is a kid of an issuer",
		revocation.Entry{Scope: revocation.Key, Issuer: issuer, Value: "k1"},
		edgeward.Identity{SigningKey: "k1"},
		[]edgeward.Identity{{SigningKey: "k2"}, {SigningKey: "k1", Issuer: "https://other.example/"}, {APIKey: "k1"}, {}},
	},
	{
		"an API key is its public id",
		revocation.Entry{Scope: revocation.APIKey, Value: "k1"},
		edgeward.Identity{APIKey: "k1"},
		[]edgeward.Identity{{APIKey: "k2"}, {SigningKey: "k1"}, {}},
	},
}

// A revocation holds on the node that made it, on one that is told by the
// watch, and on one that asks.
func TestScopes(t *testing.T) {
	for _, row := range scopes {
		t.Run(row.rule, func(t *testing.T) {
			f := newFixture(t)
			row.dead.IssuedAt = f.clock.Now()
			here, told, asking := f.node(), f.node(), f.node()
			f.sync(here)
			f.revoke(here, row.entry)
			f.sync(told)
			ask := func(id *edgeward.Identity) error { return asking.Ask(t.Context(), id) }
			for node, check := range map[string]func(*edgeward.Identity) error{"here": here.Check, "told": told.Check, "asking": ask} {
				if err := check(identity(t, row.dead)); !revoked(err) {
					t.Errorf("%s: %v", node, err)
				}
				for _, id := range row.alive {
					if err := check(identity(t, id)); err != nil {
						t.Errorf("%s: %+v: %v", node, id, err)
					}
				}
			}
		})
	}
}

func TestNotBefore(t *testing.T) {
	f := newFixture(t)
	cut := f.clock.Now().Add(500*time.Millisecond + 300*time.Microsecond)
	for _, row := range []struct {
		rule   string
		issued time.Time
		dead   bool
	}{
		{"issued before", cut.Add(-time.Hour), true},
		{"issued at that moment", cut, true},
		{"issued in the same millisecond", cut.Add(500 * time.Microsecond), true},
		{"a token's whole second, which had begun", cut.Truncate(time.Second), true},
		{"issued a millisecond later", cut.Add(time.Millisecond), false},
		{"issued later", cut.Add(time.Hour), false},
		{"does not say when it was issued", time.Time{}, true},
	} {
		for _, e := range []revocation.Entry{
			{Scope: revocation.Subject, Issuer: issuer, Value: "alice", NotBefore: cut},
			{Scope: revocation.Issuer, Value: issuer, NotBefore: cut},
		} {
			log := f.node()
			f.sync(log)
			f.revoke(log, e)
			id := identity(t, edgeward.Identity{IssuedAt: row.issued})
			if err := log.Check(id); revoked(err) != row.dead || !row.dead && err != nil {
				t.Errorf("%s, %s: %v", e.Scope, row.rule, err)
			}
			if err := f.node().Ask(t.Context(), id); revoked(err) != row.dead || !row.dead && err != nil {
				t.Errorf("%s, %s, asked: %v", e.Scope, row.rule, err)
			}
		}
	}
}

func TestLoggingOutEverywhereIsNow(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	e := f.revoke(log, revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice"})
	if !e.NotBefore.Equal(f.clock.Now()) || !e.Revoked.Equal(f.clock.Now()) || !e.Expires.IsZero() {
		t.Errorf("%+v", e)
	}
	if err := log.Check(identity(t, edgeward.Identity{IssuedAt: f.clock.Now()})); !revoked(err) {
		t.Error(err)
	}
	f.clock.Forward(time.Second)
	if err := log.Check(identity(t, edgeward.Identity{IssuedAt: f.clock.Now()})); err != nil {
		t.Errorf("a login after it: %v", err)
	}
}

// After a clock was set back, "everything until now" still covers what was
// issued before that.
func TestAStepBackOfTheClockNarrowsNoRevocation(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	f.revoke(log, revocation.Entry{Scope: revocation.Session, Value: "a look at the clock"})
	id := identity(t, edgeward.Identity{IssuedAt: f.clock.Now()})
	f.clock.Forward(-time.Hour)
	f.revoke(log, revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice"})
	if err := log.Check(id); !revoked(err) {
		t.Error(err)
	}
}

func TestANodeThatWasNeverToldCannotTell(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	id := identity(t, edgeward.Identity{TokenID: "1"})
	if err := log.Check(id); !couldNotTell(err) {
		t.Errorf("before it was told: %v", err)
	}
	f.store.Follow(storetest.Down)
	if err := log.Run(t.Context()); !errors.Is(err, storetest.ErrInjected) {
		t.Fatal(err)
	}
	if err := log.Check(id); !couldNotTell(err) {
		t.Errorf("the store is down: %v", err)
	}
	f.store.Follow(nil)
	f.revoke(log, revocation.Entry{Scope: revocation.Token, Issuer: issuer, Value: "1"})
	if err := log.Check(id); !revoked(err) {
		t.Errorf("what it revoked itself: %v", err)
	}
	f.sync(log)
	f.store.Follow(storetest.Down)
	if err := log.Check(identity(t, edgeward.Identity{TokenID: "2"})); err != nil {
		t.Errorf("told, and the store is down: %v", err)
	}
}

func TestAnIdentityThatWasNotSealedCannotBeTold(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	if err := log.Check(&edgeward.Identity{Issuer: issuer, Subject: "alice"}); !couldNotTell(err) {
		t.Error(err)
	}
}

func TestNewRefusesNoStore(t *testing.T) {
	if _, err := revocation.New(revocation.Config{}); err == nil {
		t.Error("a log without a store")
	}
}
