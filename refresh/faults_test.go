package refresh_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

// Plans of a store in trouble.

func noReads(o storetest.Operation) storetest.Fault {
	if o.Name == "get" {
		return storetest.Fault{Before: storetest.ErrInjected}
	}
	return storetest.Fault{}
}

func noWrites(o storetest.Operation) storetest.Fault {
	if o.Write() {
		return storetest.Fault{Before: storetest.ErrInjected}
	}
	return storetest.Fault{}
}

// silent returns a plan under which the store answers nothing any more once it
// was asked to write, and does the write or not.
func silent(done bool) storetest.Plan {
	dead := false
	return func(o storetest.Operation) storetest.Fault {
		switch {
		case dead || o.Write() && !done:
			dead = true
			return storetest.Fault{Before: storetest.ErrInjected}
		case o.Write():
			dead = true
			return storetest.Fault{After: storetest.ErrInjected}
		}
		return storetest.Fault{}
	}
}

// meanwhile returns a plan under which do happens just before the first write.
func meanwhile(do func()) storetest.Plan {
	first := true
	return func(o storetest.Operation) storetest.Fault {
		if o.Write() && first {
			first = false
			do()
		}
		return storetest.Fault{}
	}
}

// A system is families over a store that can go wrong, and the same families
// as another node sees them, whose store works.
type system struct {
	clock
	store        *storetest.Faulty
	sound        *memstore.Store
	here, beside *refresh.Families
	tokens       []edgeward.Secret
	id           string
}

func newSystem(t testing.TB, rotations int) *system {
	t.Helper()
	s := &system{}
	s.sound = s.clock.store()
	s.store = storetest.NewFaulty(s.sound)
	cfg := s.config()
	cfg.Store = s.sound
	s.beside = families(t, cfg)
	cfg.Store = s.store
	s.here = families(t, cfg)
	first, id := begin(t, s.here)
	s.tokens, s.id = s.rotated(t, s.here, first, rotations), id
	return s
}

// A store in trouble is never theft, and never a revocation that did not
// happen. Where the row tells the outcome, the answer is the right one.
func TestAStoreInTrouble(t *testing.T) {
	for _, row := range []struct {
		rule    string
		plan    storetest.Plan
		token   int // of three generations
		class   refresh.Class
		current uint64
		because string
	}{
		{"down: the current token", storetest.Down, 2, refresh.Undecided, 3, ""},
		{"down: an old token", storetest.Down, 0, refresh.Undecided, 3, ""},
		{"cannot read", noReads, 2, refresh.Undecided, 3, ""},
		{"cannot write: nothing rotates", noWrites, 2, refresh.Undecided, 3, ""},
		{"cannot write: the one before needs no write", noWrites, 1, refresh.Repeated, 3, ""},
		{"cannot write: theft is not claimed", noWrites, 0, refresh.Undecided, 3, ""},
		{"the write's answer is lost: the row tells", storetest.Lost, 2, refresh.Repeated, 4, ""},
		{"the write's answer is lost: theft is revoked and told as theft", storetest.Lost, 0, refresh.Reused, 3, "reused"},
		{"falls silent before the write", silent(false), 2, refresh.Undecided, 3, ""},
		{"falls silent after the write", silent(true), 2, refresh.Undecided, 4, ""},
		{"falls silent before the revocation", silent(false), 0, refresh.Undecided, 3, ""},
		{"falls silent after the revocation", silent(true), 0, refresh.Undecided, 3, "reused"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			s := newSystem(t, 2)
			if row.token == 2 { // it would be given again, without a write
				s.Forward(refresh.DefaultGrace)
			}
			writes := 0
			s.store.Follow(func(o storetest.Operation) storetest.Fault {
				if o.Write() {
					writes++
				}
				return row.plan(o)
			})
			o, err := s.here.Refresh(t.Context(), s.tokens[row.token], away)
			s.store.Follow(nil)
			if writes > 1 {
				t.Errorf("a store in trouble was asked to write %d times", writes)
			}
			if o.Class != row.class || row.class == refresh.Undecided && !isUnavailable(err) {
				t.Fatalf("%v, %v", o.Class, err)
			}
			if unavailable := new(edgeward.UnavailableError); row.class == refresh.Undecided && (!errors.As(err, &unavailable) || unavailable.RetryAfter <= 0 || o.Family.ID != "" || !o.Token.IsZero()) {
				t.Errorf("could not tell, but told %+v, %v", o.Family, err)
			}
			if family := peek(t, s.here, s.id); family.Generation != row.current || family.RevocationReason != row.because {
				t.Errorf("the family became %+v", family)
			}
			if row.token != 2 || row.because != "" {
				return
			}
			again, err := s.here.Refresh(t.Context(), s.tokens[2], away)
			if err != nil || !o.Token.IsZero() && !again.Token.Equal(o.Token) {
				t.Errorf("the retry: %v, %v", again.Class, err)
			}
		})
	}
}

func TestRevokeNeverClaimsWhatIsNot(t *testing.T) {
	for _, row := range []struct {
		rule    string
		plan    storetest.Plan
		ok      bool
		because string
	}{
		{"down", storetest.Down, false, ""},
		{"cannot read", noReads, false, ""},
		{"cannot write", noWrites, false, ""},
		{"falls silent before the write", silent(false), false, ""},
		{"falls silent after the write", silent(true), false, "logout"},
		{"the write's answer is lost: the row tells", storetest.Lost, true, "logout"},
	} {
		s := newSystem(t, 1)
		writes := 0
		s.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Write() {
				writes++
			}
			return row.plan(o)
		})
		err := s.here.Revoke(t.Context(), s.id, "logout")
		s.store.Follow(nil)
		if writes > 1 {
			t.Errorf("%s: asked to write %d times", row.rule, writes)
		}
		if (err == nil) != row.ok || !row.ok && !isUnavailable(err) {
			t.Errorf("%s: %v", row.rule, err)
		}
		if got := peek(t, s.here, s.id).RevocationReason; got != row.because {
			t.Errorf("%s: revoked because %q", row.rule, got)
		}
	}
}

func TestBeginInTrouble(t *testing.T) {
	for rule, plan := range map[string]storetest.Plan{"down": storetest.Down, "the answer is lost": storetest.Lost} {
		s := newSystem(t, 0)
		s.store.Follow(plan)
		if token, family, err := s.here.Begin(t.Context(), alice, home); !isUnavailable(err) || !token.IsZero() || family.ID != "" {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestLookingInTrouble(t *testing.T) {
	s := newSystem(t, 0)
	s.store.Follow(storetest.Down)
	if _, err := s.here.Peek(t.Context(), s.id); !isUnavailable(err) {
		t.Error("peek:", err)
	}
	if _, err := s.here.Introspect(t.Context(), s.tokens[0]); !isUnavailable(err) {
		t.Error("introspect:", err)
	}
}

// What happens between the reading and the writing of a refresh.
func TestRaces(t *testing.T) {
	refreshed := func(t *testing.T, s *system, generation int) {
		o, err := s.beside.Refresh(t.Context(), s.tokens[generation], home)
		if err == nil {
			s.tokens = append(s.tokens, o.Token)
		}
	}
	for _, row := range []struct {
		rule    string
		token   int
		do      func(t *testing.T, s *system)
		class   refresh.Class
		because string
	}{
		{"another tab is quicker: the same successor", 2, func(t *testing.T, s *system) { refreshed(t, s, 2) }, refresh.Repeated, ""},
		{"the client gave up waiting and went on: no theft", 2, func(t *testing.T, s *system) { refreshed(t, s, 2); s.Forward(refresh.DefaultGrace); refreshed(t, s, 3) }, refresh.Undecided, ""},
		{"the write waited longer than grace: no theft", 2, func(t *testing.T, s *system) { refreshed(t, s, 2); s.Forward(time.Hour) }, refresh.Undecided, ""},
		{"revoked meanwhile: no token", 2, func(t *testing.T, s *system) {
			if err := s.beside.Revoke(t.Context(), s.id, "logout"); err != nil {
				t.Error(err)
			}
		}, refresh.Revoked, "logout"},
		{"deleted meanwhile", 2, func(t *testing.T, s *system) {
			if err := s.sound.Delete(t.Context(), "refresh/"+s.id); err != nil {
				t.Error(err)
			}
		}, refresh.Unknown, ""},
		{"theft, and the owner is quicker: still theft", 0, func(t *testing.T, s *system) { refreshed(t, s, 2) }, refresh.Reused, "reused"},
		{"two thieves: the second finds it revoked", 0, func(t *testing.T, s *system) { refreshed(t, s, 0) }, refresh.Revoked, "reused"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			s := newSystem(t, 2)
			s.Forward(refresh.DefaultGrace)
			s.store.Follow(meanwhile(func() { row.do(t, s) }))
			o, err := s.here.Refresh(t.Context(), s.tokens[row.token], away)
			if o.Class != row.class || row.class == refresh.Undecided && !isUnavailable(err) {
				t.Fatalf("%v, %v", o.Class, err)
			}
			if o.Class == refresh.Repeated && !o.Token.Equal(s.tokens[3]) {
				t.Error("another successor")
			}
			if row.class == refresh.Unknown {
				return
			}
			if family := peek(t, s.here, s.id); family.RevocationReason != row.because {
				t.Errorf("the family became %+v", family)
			}
		})
	}
}

// The write fails, and while it does somebody else revokes: whatever the code
// says, that is no rotation and no theft.
func TestRevokedWhileAWriteIsLost(t *testing.T) {
	for _, row := range []struct {
		rule    string
		token   int
		because string
	}{
		{"the current token", 2, "logout"},
		{"the current token, and a code like a class", 2, "rotated"},
		{"an old token, revoked for something else", 0, "logout"},
	} {
		s := newSystem(t, 2)
		s.Forward(refresh.DefaultGrace)
		s.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Write() {
				if err := s.beside.Revoke(t.Context(), s.id, row.because); err != nil {
					t.Error(err)
				}
			}
			return noWrites(o)
		})
		o, err := s.here.Refresh(t.Context(), s.tokens[row.token], away)
		if o.Class != refresh.Revoked || !errors.Is(err, edgeward.RefreshRevoked) || !o.Token.IsZero() {
			t.Errorf("%s: %v, %v", row.rule, o.Class, err)
		}
	}
}

func TestRevocationWinsAgainstARotation(t *testing.T) {
	s := newSystem(t, 0)
	s.store.Follow(meanwhile(func() { s.rotated(t, s.beside, s.tokens[0], 5) }))
	if err := s.here.Revoke(t.Context(), s.id, "logout"); err != nil {
		t.Fatal(err)
	}
	if family := peek(t, s.here, s.id); family.RevocationReason != "logout" || family.Generation != 6 {
		t.Errorf("%+v", family)
	}
}

// A store on which others always win ends in "could not tell", not in a loop.
func TestContentionIsBounded(t *testing.T) {
	s := newSystem(t, 2)
	writes := 0
	s.store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Write() {
			writes++
			return storetest.Fault{Before: store.ErrConflict}
		}
		return storetest.Fault{}
	})
	for _, token := range s.tokens[:1] {
		if o, err := s.here.Refresh(t.Context(), token, away); o.Class != refresh.Undecided || !errors.Is(err, store.ErrContended) || !isUnavailable(err) {
			t.Error(o.Class, err)
		}
	}
	if err := s.here.Revoke(t.Context(), s.id, "logout"); !errors.Is(err, store.ErrContended) || !isUnavailable(err) {
		t.Error(err)
	}
	if writes > 200 {
		t.Errorf("%d writes", writes)
	}
}

// A client that gives up waiting on a slow store was told nothing, and its
// retry gets the successor.
func TestASlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, 1)
		s.Forward(refresh.DefaultGrace)
		s.store.Follow(func(o storetest.Operation) storetest.Fault { return storetest.Fault{Delay: 10 * time.Second} })
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if o, err := s.here.Refresh(ctx, s.tokens[1], away); o.Class != refresh.Undecided || !isUnavailable(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(o.Class, err)
		}
		if o, err := s.here.Refresh(t.Context(), s.tokens[1], away); err != nil || o.Class != refresh.Rotated {
			t.Error(o.Class, err)
		}
	})
}

// A row that cannot be read is no row that does not exist: could not tell, and
// nothing is written over it.
func TestUnreadableRows(t *testing.T) {
	s := newSystem(t, 0)
	key := "refresh/" + s.id
	good, err := s.sound.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) string {
		t.Helper()
		if !strings.Contains(string(good.Value), old) {
			t.Fatalf("%s has no %s", good.Value, old)
		}
		return strings.Replace(string(good.Value), old, new, 1)
	}
	version := good.Version
	for rule, value := range map[string]string{
		"empty":                     "",
		"cut off":                   string(good.Value[:40]),
		"a newer version":           replace(`"v":1`, `"v":2`),
		"no version":                replace(`"v":1,`, ``),
		"a name twice":              replace(`"v":1`, `"v":1,"v":1`),
		"no issuer":                 replace(`"issuer":`, `"iss":`),
		"an empty issuer":           replace(`"`+alice.Issuer+`"`, `""`),
		"no subject":                replace(`"subject":"alice",`, ``),
		"an empty subject":          replace(`"alice"`, `""`),
		"permissions a string":      replace(`["read","write"]`, `"read"`),
		"no client":                 replace(`"client_id":"cli",`, ``),
		"no generation":             replace(`"generation":"1",`, ``),
		"generation 0":              replace(`"generation":"1"`, `"generation":"0"`),
		"a negative generation":     replace(`"generation":"1"`, `"generation":"-1"`),
		"generation 2^64":           replace(`"generation":"1"`, `"generation":"18446744073709551616"`),
		"half a generation":         replace(`"generation":"1"`, `"generation":"1.5"`),
		"no expiry":                 replace(`"expires":`, `"expired":`),
		"no rotation":               replace(`"rotated_at":`, `"rotated":`),
		"no creation":               replace(`"created":`, `"create":`),
		"half a revocation, when":   replace(`"v":1`, `"v":1,"revoked_at":1`),
		"half a revocation, why":    replace(`"revoked_because":""`, `"revoked_because":"logout"`),
		"a revocation with no word": replace(`"revoked_because":""`, `"revoked_because":1`),
		"no address":                replace(`192.0.2.1`, `192.0.2`),
		"no user agent":             replace(`"user_agent":`, `"agent":`),
	} {
		if version, err = s.sound.Replace(t.Context(), key, version, []byte(value), good.Expires); err != nil {
			t.Fatal(err)
		}
		o, err := s.here.Refresh(t.Context(), s.tokens[0], away)
		if o.Class != refresh.Undecided || !isUnavailable(err) {
			t.Errorf("%s: refresh: %v, %v", rule, o.Class, err)
		}
		if err := s.here.Revoke(t.Context(), s.id, "logout"); !isUnavailable(err) {
			t.Errorf("%s: revoke: %v", rule, err)
		}
		if now, err := s.sound.Get(t.Context(), key); err != nil || now.Version != version {
			t.Errorf("%s: written over", rule)
		}
	}
}
