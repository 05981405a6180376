package login_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store/storetest"
)

// move is what a session that gets another id does to its sign-in's record.
func (w *world) move(t *testing.T, from, to string, expires time.Time) error {
	if err := w.Copy(t.Context(), from, to, expires); err != nil {
		return err
	}
	return w.Drop(t.Context(), from)
}

func TestMove(t *testing.T) {
	w := newWorld(t)
	end := w.clock.Now().Add(time.Hour)
	for id, with := range map[string]string{"a": "b", "b": "a"} {
		if err := w.Keep(t.Context(), id, alice(w), end, with); err != nil {
			t.Fatal(err)
		}
	}
	before, err := w.Recall(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.move(t, "a", "c", end); err != nil {
		t.Fatal(err)
	}
	if after, err := w.Recall(t.Context(), "c"); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, %v; want %+v", after, err, before)
	}
	if rec, err := w.Recall(t.Context(), "b"); err != nil || !slices.Equal(rec.With, []string{"c"}) {
		t.Errorf("with %v, %v", rec.With, err)
	}
	ids, err := w.Linked(t.Context(), w.one.issuer, "sid-1")
	if slices.Sort(ids); err != nil || !slices.Equal(ids, []string{"b", "c"}) {
		t.Errorf("%v, %v", ids, err)
	}
	if err := w.Drop(t.Context(), "a"); !errors.Is(err, login.ErrNoRecord) {
		t.Errorf("dropped again: %v", err)
	}
	for _, gone := range []string{"a", "never-was"} {
		if err := w.move(t, gone, "d", end); !errors.Is(err, login.ErrNoRecord) {
			t.Errorf("%s: %v", gone, err)
		}
	}
}

// What else came of the sign-in may have ended long before.
func TestMoveGoesOnAlone(t *testing.T) {
	w := newWorld(t)
	if err := w.Keep(t.Context(), "a", alice(w), time.Time{}, "gone"); err != nil {
		t.Fatal(err)
	}
	if err := w.move(t, "a", "c", time.Time{}); err != nil {
		t.Error(err)
	}
}

// A sign-in that is forgotten meanwhile has ended, and a store in trouble could
// not tell.
func TestMoveSaysWhenTheSignInHasEnded(t *testing.T) {
	for rule, row := range map[string]struct {
		fault func(w *world) storetest.Fault
		want  func(error) bool
	}{
		"forgotten": {func(w *world) storetest.Fault {
			if err := w.Forget(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			return storetest.Fault{}
		}, func(err error) bool { return errors.Is(err, login.ErrNoRecord) }},
		"trouble": {func(*world) storetest.Fault { return storetest.Fault{Before: storetest.ErrInjected} },
			func(err error) bool {
				return edgeward.ReasonOf(err) == edgeward.Unavailable && !errors.Is(err, login.ErrNoRecord)
			}},
	} {
		w := newWorld(t)
		if err := w.Keep(t.Context(), "a", alice(w), time.Time{}); err != nil {
			t.Fatal(err)
		}
		w.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Name == "create" && o.Key == "login/kept/c" {
				return row.fault(w)
			}
			return storetest.Fault{}
		})
		if err := w.move(t, "a", "c", time.Time{}); !row.want(err) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Between the two steps the sign-in is found by either id, and all of it.
func TestACopyIsFoundBesideTheFirst(t *testing.T) {
	w := newWorld(t)
	end := w.clock.Now().Add(time.Hour)
	for id, with := range map[string]string{"a": "b", "b": "a"} {
		if err := w.Keep(t.Context(), id, alice(w), end, with); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Copy(t.Context(), "a", "c", end); err != nil {
		t.Fatal(err)
	}
	ids, err := w.Linked(t.Context(), w.one.issuer, "sid-1")
	if slices.Sort(ids); err != nil || !slices.Equal(ids, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", ids, err)
	}
	for id, with := range map[string][]string{"a": {"b"}, "b": {"a", "c"}, "c": {"b"}} {
		if rec, err := w.Recall(t.Context(), id); err != nil || !slices.Equal(rec.With, with) {
			t.Errorf("%s with %v, %v", id, rec.With, err)
		}
	}
}
