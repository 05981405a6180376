package account_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const issuer = "https://id.example/"

var key = edgeward.NewSecret(strings.Repeat("k", 32))

type lab struct {
	*account.Accounts
	t     *testing.T
	clock *storetest.Clock
	store *storetest.Faulty

	mu        sync.Mutex
	announced []int64
	fails     error
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t, clock: new(storetest.Clock)}
	l.store = storetest.NewFaulty(memstore.New(memstore.Config{Now: l.clock.Now}))
	l.Accounts = l.node(key)
	return l
}

func (l *lab) node(first edgeward.Secret, previous ...edgeward.Secret) *account.Accounts {
	l.t.Helper()
	a, err := account.New(account.Config{Store: l.store, Key: first, Previous: previous, Now: l.clock.Now})
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func (l *lab) announce(_ context.Context, a account.Account) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		return l.fails
	}
	l.announced = append(l.announced, a.Changed)
	return nil
}

func said(at time.Time, groups ...string) account.Said {
	return account.Said{
		Issuer: issuer, Subject: "alice", Permissions: []string{"orders:read"}, At: at,
		Profile: edgeward.Profile{
			Username: "alice", Email: "alice@example.com", Name: "Alice", Groups: groups, Claims: map[string][]string{"team": {"red", "blue"}},
			ACR: "gold", AuthTime: at,
		},
	}
}

func (l *lab) put(s account.Said) account.Account {
	l.t.Helper()
	a, err := l.Put(l.t.Context(), s, l.announce)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func (l *lab) get() account.Account {
	l.t.Helper()
	a, err := l.Get(l.t.Context(), issuer, "alice")
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func TestWhatIsSaidComesBack(t *testing.T) {
	l := newLab(t)
	if _, err := l.Get(t.Context(), issuer, "alice"); !errors.Is(err, account.ErrUnknown) || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("a user of whom nothing is known: %v", err)
	}
	put := l.put(said(l.clock.Now(), "b", "a"))
	got := l.get()
	p := got.Profile
	if !slices.Equal(p.Groups, []string{"a", "b"}) || p.Username != "alice" || p.Email != "alice@example.com" || p.Name != "Alice" ||
		!maps.EqualFunc(p.Claims, map[string][]string{"team": {"blue", "red"}}, slices.Equal) || !slices.Equal(got.Permissions, []string{"orders:read"}) {
		t.Errorf("%+v, %+v", got, p)
	}
	if p.ACR != "" || !p.AuthTime.IsZero() {
		t.Error("what one sign-in said of its authentication is every sign-in's")
	}
	if got.Changed != put.Changed || got.Changed == 0 || !got.Checked.Equal(l.clock.Now()) {
		t.Errorf("changed %d, checked %v", got.Changed, got.Checked)
	}
	if _, err := l.Get(t.Context(), issuer, "bob"); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("bob: %v", err)
	}
	l.store.Follow(storetest.Down)
	if _, err := l.Get(t.Context(), issuer, "alice"); errors.Is(err, account.ErrUnknown) || err == nil {
		t.Errorf("a store that does not answer: %v", err)
	}
}

func TestOnlyADifferenceMovesChanged(t *testing.T) {
	l := newLab(t)
	first := l.put(said(l.clock.Now(), "a"))
	l.clock.Forward(time.Hour)
	again := l.put(said(l.clock.Now(), "a"))
	if again.Changed != first.Changed || !again.Checked.After(first.Checked) {
		t.Errorf("the same once more: changed %d → %d, checked %v → %v", first.Changed, again.Changed, first.Checked, again.Checked)
	}
	gained := l.put(said(l.clock.Now(), "a", "b"))
	if gained.Changed <= first.Changed || len(l.announced) != 0 {
		t.Errorf("a gain: changed %d → %d, announced %d", first.Changed, gained.Changed, l.announced)
	}
	lost := l.put(said(l.clock.Now(), "b"))
	if lost.Changed <= gained.Changed || !slices.Equal(l.announced, []int64{lost.Changed}) || lost.Checked.Before(again.Checked) {
		t.Errorf("a loss in the same millisecond: changed %d → %d, announced %d", gained.Changed, lost.Changed, l.announced)
	}
}

func TestWhatIsALoss(t *testing.T) {
	for what, row := range map[string]struct {
		change func(*account.Said)
		loss   bool
	}{
		"nothing":              {func(*account.Said) {}, false},
		"a permission gone":    {func(s *account.Said) { s.Permissions = nil }, true},
		"a permission more":    {func(s *account.Said) { s.Permissions = append(s.Permissions, "x") }, false},
		"a group gone":         {func(s *account.Said) { s.Profile.Groups = []string{"b"} }, true},
		"another group":        {func(s *account.Said) { s.Profile.Groups = []string{"a", "c"} }, true},
		"a claim's value gone": {func(s *account.Said) { s.Profile.Claims = map[string][]string{"team": {"red"}} }, true},
		"a claim gone":         {func(s *account.Said) { s.Profile.Claims = nil }, true},
		"a claim more":         {func(s *account.Said) { s.Profile.Claims["x"] = []string{"y"} }, false},
		"another email":        {func(s *account.Said) { s.Profile.Email = "x@example.com" }, true},
		"no email":             {func(s *account.Said) { s.Profile.Email = "" }, true},
		"another username":     {func(s *account.Said) { s.Profile.Username = "alicia" }, true},
		"another name":         {func(s *account.Said) { s.Profile.Name = "Alicia" }, false},
		"another acr":          {func(s *account.Said) { s.Profile.ACR = "none" }, false},
	} {
		l := newLab(t)
		l.put(said(l.clock.Now(), "a", "b"))
		l.clock.Forward(time.Second)
		s := said(l.clock.Now(), "a", "b")
		row.change(&s)
		l.put(s)
		if (len(l.announced) == 1) != row.loss {
			t.Errorf("%s: announced %d", what, l.announced)
		}
	}
}

// Of two that asked the provider at different times, the later answer holds, however
// late the other one comes to write.
func TestTheNewestWordHolds(t *testing.T) {
	l := newLab(t)
	early := l.clock.Now()
	l.put(said(early, "a", "b"))
	l.clock.Forward(time.Minute)
	l.put(said(l.clock.Now(), "a"))
	if got := l.put(said(early.Add(time.Second), "a", "b")); !slices.Equal(got.Profile.Groups, []string{"a"}) {
		t.Errorf("an older word gave back %q", got.Profile.Groups)
	}
	if got := l.get(); !slices.Equal(got.Profile.Groups, []string{"a"}) {
		t.Errorf("an older word gave back %q", got.Profile.Groups)
	}
}

// The row says so first, so that who hears of the loss reads it. As long as it is not
// announced the account is not checked, and the next to put announces it, although
// they see nothing lost.
func TestALossIsNeverForgotten(t *testing.T) {
	l := newLab(t)
	first := l.put(said(l.clock.Now(), "a", "b"))
	l.clock.Forward(time.Hour)
	l.fails = errors.New("killed here")
	if _, err := l.Put(t.Context(), said(l.clock.Now(), "a"), l.announce); err == nil {
		t.Fatal("a loss that was not announced is done")
	}
	got := l.get()
	if !slices.Equal(got.Profile.Groups, []string{"a"}) || !got.Checked.Equal(first.Checked) {
		t.Fatalf("groups %q, checked %v; before: %v", got.Profile.Groups, got.Checked, first.Checked)
	}
	l.fails = nil
	l.clock.Forward(time.Second)
	done := l.put(said(l.clock.Now(), "a"))
	if !slices.Equal(l.announced, []int64{got.Changed}) || !done.Checked.Equal(l.clock.Now()) {
		t.Errorf("announced %d for a change at %d; checked %v", l.announced, got.Changed, done.Checked)
	}
	l.put(said(l.clock.Now(), "a"))
	if len(l.announced) != 1 {
		t.Errorf("announced %d", l.announced)
	}
}

// At whichever operation of the store the process dies, the next check announces what
// was lost.
func TestKilledAnywhere(t *testing.T) {
	for at := range 8 {
		l := newLab(t)
		l.put(said(l.clock.Now(), "a", "b"))
		l.clock.Forward(time.Minute)
		n := 0
		l.store.Follow(func(storetest.Operation) storetest.Fault {
			if n++; n > at {
				return storetest.Fault{Before: storetest.ErrInjected}
			}
			return storetest.Fault{}
		})
		_, err := l.Put(t.Context(), said(l.clock.Now(), "a"), l.announce)
		l.store.Follow(nil)
		if err == nil && len(l.announced) == 0 {
			t.Fatalf("killed at %d: done without a word", at)
		}
		l.clock.Forward(time.Minute)
		done := l.put(said(l.clock.Now(), "a"))
		if len(l.announced) == 0 || l.announced[len(l.announced)-1] != done.Changed || !done.Checked.Equal(l.clock.Now()) {
			t.Errorf("killed at %d: announced %d, changed %d", at, l.announced, done.Changed)
		}
	}
}

// A store that went back to a copy has rows older than changes that nodes know of: who
// is read from them would be superseded for ever.
func TestARowIsNeverOlderThanAnAnnouncedChange(t *testing.T) {
	l := newLab(t)
	s := said(l.clock.Now(), "a")
	s.After = l.clock.Now().Add(time.Hour).UnixMilli()
	if got := l.put(s); got.Changed < s.After {
		t.Errorf("a new row changed at %d, before %d", got.Changed, s.After)
	}
	s.After += 1000
	if got := l.put(s); got.Changed < s.After {
		t.Errorf("a row changed at %d, before %d", got.Changed, s.After)
	}
}

func TestWhatNoIdentityCanBeMadeOfChangesNothing(t *testing.T) {
	l := newLab(t)
	l.put(said(l.clock.Now(), "a"))
	many := make([]string, edgeward.MaxGroups+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	l.clock.Forward(time.Minute)
	for what, s := range map[string]account.Said{
		"too many groups": said(l.clock.Now(), many...), "a group that ends a line": said(l.clock.Now(), "a\nb"), "broken UTF-8": said(l.clock.Now(), "a\xff"),
	} {
		if _, err := l.Put(t.Context(), s, l.announce); !errors.Is(err, account.ErrGrant) || edgeward.ReasonOf(err) != edgeward.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := l.get(); !slices.Equal(got.Profile.Groups, []string{"a"}) {
		t.Errorf("groups %q", got.Profile.Groups)
	}
}

// Replacing the secret loses no account, and a row that was moved to another user's
// key is no account of theirs.
func TestAnotherKey(t *testing.T) {
	l := newLab(t)
	l.put(said(l.clock.Now(), "a", "b"))
	next := l.node(edgeward.NewSecret(strings.Repeat("n", 32)), key)
	if got, err := next.Get(t.Context(), issuer, "alice"); err != nil || len(got.Profile.Groups) != 2 {
		t.Fatal(got, err)
	}
	l.clock.Forward(time.Minute)
	if _, err := next.Put(t.Context(), said(l.clock.Now(), "a"), l.announce); err != nil || len(l.announced) != 1 {
		t.Fatal(err, l.announced)
	}
	if got, err := next.Get(t.Context(), issuer, "alice"); err != nil || len(got.Profile.Groups) != 1 {
		t.Error(got, err)
	}
	if _, err := l.node(edgeward.NewSecret(strings.Repeat("x", 32))).Get(t.Context(), issuer, "alice"); !errors.Is(err, account.ErrUnknown) {
		t.Error(err)
	}
}

func TestARowMovedToAnotherUserIsRefused(t *testing.T) {
	l := newLab(t)
	l.put(said(l.clock.Now(), "a"))
	bob := said(l.clock.Now(), "admins")
	bob.Subject = "bob"
	l.put(bob)
	page, err := storetest.NewFaulty(l.store).List(t.Context(), store.AccountPrefix, "", 10)
	if err != nil || len(page) != 2 {
		t.Fatal(page, err)
	}
	a, b := page[0], page[1]
	if _, err := l.store.Replace(t.Context(), a.Key, a.Version, b.Value, b.Expires); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Replace(t.Context(), b.Key, b.Version, a.Value, a.Expires); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Get(t.Context(), issuer, "alice"); err == nil || errors.Is(err, account.ErrUnknown) {
		t.Errorf("alice is in %q, %v", got.Profile.Groups, err)
	}
}

// Of many at once, on several nodes, the last word stands, and every loss was
// announced at least as late as it is in the row.
func TestManyAtOnce(t *testing.T) {
	l := newLab(t)
	l.put(said(l.clock.Now(), "a", "b", "c", "d"))
	var all sync.WaitGroup
	nodes := []*account.Accounts{l.Accounts, l.node(key)}
	start := l.clock.Now()
	for i := range 24 {
		all.Go(func() {
			groups := []string{"a", "b", "c", "d"}[:1+i%4]
			_, err := nodes[i%2].Put(t.Context(), said(start.Add(time.Duration(i+1)*time.Second), groups...), l.announce)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	l.put(said(start.Add(time.Hour), "a"))
	if got := l.get(); !slices.Equal(got.Profile.Groups, []string{"a"}) || slices.Max(l.announced) != got.Changed || got.Checked.Before(start.Add(time.Hour)) {
		t.Errorf("%q changed %d, announced %d", got.Profile.Groups, got.Changed, l.announced)
	}
}

func TestARowLivesAsLongAsItSays(t *testing.T) {
	l := newLab(t)
	l.put(said(l.clock.Now(), "a"))
	l.clock.Forward(account.DefaultKeep - time.Second)
	l.get()
	l.clock.Forward(time.Minute)
	if _, err := l.Get(t.Context(), issuer, "alice"); !errors.Is(err, account.ErrUnknown) {
		t.Error(err)
	}
}
