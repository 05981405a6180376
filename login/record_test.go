package login_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/storetest"
)

func alice(w *world) login.SignIn {
	return login.SignIn{Provider: "one", Issuer: w.one.issuer, Subject: "alice", SID: "sid-1", Name: "Alice", IDToken: edgeward.NewSecret("e.y.J")}
}

func TestWhatASignInLeavesBehind(t *testing.T) {
	w := newWorld(t)
	end := w.clock.Now().Add(time.Hour)
	for _, id := range []string{"a", "b"} {
		if err := w.Keep(t.Context(), id, alice(w), end, "with-"+id); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Recall(t.Context(), "a")
	if want := (login.Record{Provider: "one", Issuer: w.one.issuer, Subject: "alice", SID: "sid-1", Name: "Alice", IDToken: edgeward.NewSecret("e.y.J"), With: []string{"with-a"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	linked := func(rule, issuer, sid string, want ...string) {
		t.Helper()
		ids, err := w.Linked(t.Context(), issuer, sid)
		if slices.Sort(ids); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %v, %v, want %v", rule, ids, err, want)
		}
	}
	linked("both", w.one.issuer, "sid-1", "a", "b")
	linked("another provider's session of that id", w.two.issuer, "sid-1")
	linked("the issuer and the id shifted", w.one.issuer+"s", "id-1")
	linked("a prefix of the id", w.one.issuer, "sid-")
	if ids, err := w.Of(t.Context(), w.one.issuer, "alice"); err != nil || len(ids) != 2 {
		t.Errorf("alice has %v, %v", ids, err)
	}
	if ids, err := w.Of(t.Context(), w.one.issuer, "sid-1"); err != nil || len(ids) != 0 {
		t.Errorf("a session's id is nobody's name: %v, %v", ids, err)
	}
	for range 2 {
		if err := w.Forget(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	linked("one is forgotten", w.one.issuer, "sid-1", "b")
	if _, err := w.Recall(t.Context(), "a"); !errors.Is(err, login.ErrNoRecord) {
		t.Errorf("forgotten: %v", err)
	}
	w.clock.Forward(time.Hour)
	linked("its end", w.one.issuer, "sid-1")
	if rest, err := w.store.List(t.Context(), "", "", 10); err != nil || len(rest) != 0 {
		t.Errorf("%d rows are left, %v", len(rest), err)
	}
}

// Whoever reads the store learns neither who signed in nor any token, and who
// writes to it cannot give one session another's record.
func TestRecordsAreSealed(t *testing.T) {
	w := newWorld(t)
	if err := w.Keep(t.Context(), "a", alice(w), time.Time{}); err != nil {
		t.Fatal(err)
	}
	rows, err := w.store.List(t.Context(), "", "", 10)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, e := range rows {
		for _, told := range []string{"alice", "Alice", "sid-1", "e.y.J", "one.example"} {
			if bytes.Contains(e.Value, []byte(told)) || bytes.Contains([]byte(e.Key), []byte(told)) {
				t.Errorf("%s tells %s", e.Key, told)
			}
		}
	}
	e, err := w.store.Get(t.Context(), "login/kept/a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Create(t.Context(), "login/kept/b", e.Value, time.Time{}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Recall(t.Context(), "b")
	wantUnavailable(t, "a record that was moved", err)
	if err := w.Forget(t.Context(), "b"); err != nil {
		t.Errorf("what cannot be read is not forgotten: %v", err)
	}
}

func TestRecordsOutliveTheirKey(t *testing.T) {
	w := newWorld(t)
	if err := w.Keep(t.Context(), "a", alice(w), time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.config.Key, w.config.Previous = key("n"), []edgeward.Secret{key("k")}
	l, err := login.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Keep(t.Context(), "b", alice(w), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if r, err := l.Recall(t.Context(), "a"); err != nil || r.SID != "sid-1" {
		t.Errorf("%+v, %v", r, err)
	}
	if ids, err := l.Linked(t.Context(), w.one.issuer, "sid-1"); err != nil || len(ids) != 2 {
		t.Errorf("linked %v, %v", ids, err)
	}
	for _, id := range []string{"a", "b"} {
		if err := l.Forget(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if rest, err := w.store.List(t.Context(), "", "", 10); err != nil || len(rest) != 0 {
		t.Errorf("%d rows are left, %v", len(rest), err)
	}
}

func TestAStoreInTroubleIsNoAnswer(t *testing.T) {
	w := newWorld(t)
	w.store.Follow(storetest.Down)
	wantUnavailable(t, "Keep", w.Keep(t.Context(), "a", alice(w), time.Time{}))
	_, err := w.Recall(t.Context(), "a")
	wantUnavailable(t, "Recall", err)
	wantUnavailable(t, "Forget", w.Forget(t.Context(), "a"))
	_, err = w.Linked(t.Context(), w.one.issuer, "sid-1")
	wantUnavailable(t, "Linked", err)
}

// unlisted hides that a store lists.
type unlisted struct{ store.Backend }

func TestWithoutAListNothingIsLinked(t *testing.T) {
	w := newWorld(t, func(c *login.Config) { c.Store = unlisted{c.Store} })
	if err := w.Keep(t.Context(), "a", alice(w), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Linked(t.Context(), w.one.issuer, "sid-1"); !errors.Is(err, store.ErrNoList) {
		t.Error(err)
	}
	if r, err := w.Recall(t.Context(), "a"); err != nil || r.SID != "sid-1" {
		t.Errorf("%+v, %v", r, err)
	}
}

// The console and the gateway are two relying parties over one store: a logout that
// the provider tells the one ends a sign-in that is under way at the other.
func TestALogoutEndsASignInThatIsUnderWay(t *testing.T) {
	w := newWorld(t)
	w.config.CallbackPath = login.ConsoleCallbackPath
	console, err := login.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		change func(object) // of the logout token
		over   bool
	}{
		"its session":         {put("sub", nil), true},
		"the user":            {put("sid", nil), true},
		"both":                {func(object) {}, true},
		"another session":     {put("sid", "sid-2"), false},
		"another user":        {both(put("sid", nil), put("sub", "bob")), false},
		"a user of that name": {both(put("sid", nil), put("sub", "sid-1")), false},
	} {
		id := "console/" + strings.ReplaceAll(rule, " ", "-")
		b := &browser{world: &world{Login: console, one: w.one, clock: w.clock}}
		s, err := b.signIn(t, w.one, "one")
		if err != nil {
			t.Fatal(rule, err)
		}
		w.clock.Forward(time.Second)
		if _, err := w.Logout(t.Context(), w.one.logoutToken(both(row.change, put("jti", rule))), done); err != nil {
			t.Fatal(rule, err)
		}
		err = console.Keep(t.Context(), id, s, w.clock.Now().Add(time.Hour))
		if row.over != errors.Is(err, login.ErrLeft) || !row.over && err != nil {
			t.Errorf("%s: %v", rule, err)
		}
		if _, err := console.Recall(t.Context(), id); row.over != errors.Is(err, login.ErrNoRecord) {
			t.Errorf("%s: its record: %v", rule, err)
		}
		w.clock.Forward(time.Second)
	}
}

// A clock of ours may be wrong, on one of two nodes: then the provider's own tells
// which of its tokens came first.
func TestALogoutIsComparedByTheProvidersClock(t *testing.T) {
	w := newWorld(t)
	b := &browser{world: w}
	s, err := b.signIn(t, w.one, "one")
	if err != nil {
		t.Fatal(err)
	}
	token := w.one.logoutToken()
	behind := w.config
	behind.Now = func() time.Time { return w.clock.Now().Add(-20 * time.Second) }
	other, err := login.New(behind)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Logout(t.Context(), token, done); err != nil {
		t.Fatal(err)
	}
	if err := w.Keep(t.Context(), "session/a", s, w.clock.Now().Add(time.Hour)); !errors.Is(err, login.ErrLeft) {
		t.Errorf("%v", err)
	}
}

// Of several logouts the latest counts, also when an earlier one is told last.
func TestTheLatestLogoutCounts(t *testing.T) {
	w := newWorld(t)
	early := w.one.logoutToken(put("sid", nil))
	w.clock.Forward(time.Second)
	s, err := (&browser{world: w}).signIn(t, w.one, "one")
	if err != nil {
		t.Fatal(err)
	}
	behind := w.config
	behind.Now = func() time.Time { return w.clock.Now().Add(-20 * time.Second) }
	other, err := login.New(behind)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Forward(time.Second)
	if _, err := w.Logout(t.Context(), w.one.logoutToken(both(put("sid", nil), put("jti", "late"))), done); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Logout(t.Context(), early, done); err != nil {
		t.Fatal(err)
	}
	if err := w.Keep(t.Context(), "session/a", s, w.clock.Now().Add(time.Hour)); !errors.Is(err, login.ErrLeft) {
		t.Errorf("%v", err)
	}
	w.store.Follow(storetest.Down)
	_, err = other.Logout(t.Context(), w.one.logoutToken(put("jti", "down")), done)
	wantUnavailable(t, "the store is down", err)
}
