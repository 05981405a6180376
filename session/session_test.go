package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const authenticated = edgeward.Authenticated

func TestASessionIsWhoItWasCreatedFor(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, s := n.create(t)
	for _, temperature := range []string{"cold", "warm"} {
		id, err := n.verify(value)
		if err != nil {
			t.Fatalf("%s: %v", temperature, err)
		}
		if id.Issuer != alice.Issuer || id.Subject != "alice" || id.Method != session.Method || id.Session != s.ID || id.TokenID != "" ||
			!slices.Equal(id.Permissions, alice.Permissions) || !id.IssuedAt.Equal(start) || !id.Expires.Equal(start.Add(session.DefaultAbsolute)) {
			t.Errorf("%s: %+v", temperature, id)
		}
	}
	if gets, _ := n.store.Asked(); gets != 1 {
		t.Errorf("%d reads for two requests", gets)
	}
	found, err := n.Find(ctx, s.ID)
	if err != nil || found.Client.IP != alice.Client.IP || found.Client.UserAgent != alice.Client.UserAgent || !found.Seen.Equal(start) {
		t.Errorf("found %+v, %v", found, err)
	}
}

// A cookie that was not made here is a guess, and costs the store nothing.
func TestWhatWasNotMadeHere(t *testing.T) {
	n := newNodes(t, 1)[0]
	good, s := n.create(t)
	v := good.Reveal()
	other, err := session.New(session.Config{Store: n.store, Key: edgeward.NewSecret(strings.Repeat("o", 32)), Now: n.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	foreign, _, err := other.Create(ctx, alice)
	if err != nil {
		t.Fatal(err)
	}
	n.store.Asked()
	for rule, value := range map[string]string{
		"nothing":                      "",
		"the prefix alone":             "ews_",
		"without its prefix":           v[4:],
		"another prefix":               "ewr_" + v[4:],
		"the prefix in capitals":       "EWS_" + v[4:],
		"the public id":                s.ID,
		"the public id as a value":     "ews_" + s.ID,
		"one character short":          v[:len(v)-1],
		"one character more":           v + "A",
		"two of them":                  v + v,
		"in quotes":                    `"` + v + `"`,
		"padded":                       v + "==",
		"a line break for a character": v[:30] + "\n" + v[31:],
		"a line break more":            v[:30] + "\r\n" + v[30:],
		"base64 of the other alphabet": v[:4] + strings.Repeat("+", 64),
		"made under another key":       foreign.Reveal(),
		"all zero":                     "ews_" + strings.Repeat("A", 64),
		"9 KB":                         "ews_" + strings.Repeat("A", 9<<10),
	} {
		n.want(t, rule, edgeward.NewSecret(value), edgeward.SessionInvalid)
	}
	for i := 4; i < len(v); i++ { // in the random part and in its proof
		changed := []byte(v)
		if changed[i]++; changed[i] == 'Z'+1 || changed[i] == 'z'+1 || changed[i] == '9'+1 || changed[i] == '-'+1 || changed[i] == '_'+1 {
			changed[i] = 'b'
		}
		n.want(t, fmt.Sprint("character ", i, " changed"), edgeward.NewSecret(string(changed)), edgeward.SessionInvalid)
	}
	if gets, writes := n.store.Asked(); gets+writes != 0 {
		t.Errorf("guesses cost the store %d reads and %d writes", gets, writes)
	}
	n.want(t, "the good one", good, authenticated)
}

func TestTheStoreKnowsNoCookie(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, s := n.create(t)
	entries, err := n.store.List(ctx, "", "", 100)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		for i := 4; i+8 <= value.Len(); i++ {
			if piece := value.Reveal()[i:][:8]; strings.Contains(e.Key+string(e.Value), piece) {
				t.Fatalf("%s holds a piece of the cookie", e.Key)
			}
		}
		if strings.Contains(e.Key, "alice") {
			t.Errorf("key %s names the subject", e.Key)
		}
	}
	if strings.Contains(value.Reveal(), s.ID) {
		t.Error("the cookie holds the public id")
	}
	if fmt.Sprintf("%v %+v", value, value) != "[secret] [secret]" {
		t.Error("a cookie can be printed")
	}
}

func TestExpiry(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, _ := n.create(t)
	n.want(t, "at once", value, authenticated)
	n.clock.Forward(session.DefaultIdle - time.Millisecond)
	n.want(t, "just before the idle time is over", value, authenticated)
	n.clock.Forward(session.DefaultIdle - time.Millisecond)
	n.want(t, "23: a use slides the idle time", value, authenticated)
	n.clock.Forward(session.DefaultIdle)
	_, err := n.verify(value)
	if r := edgeward.ReasonOf(err); r != edgeward.SessionUnknown && r != edgeward.SessionExpired {
		t.Errorf("23: idle for too long: %v", err)
	}

	value, s := n.create(t)
	for range 31 * 24 {
		n.clock.Forward(time.Hour)
		_, err := n.verify(value)
		if alive := n.clock.Now().Before(s.Expires); alive != (err == nil) {
			t.Fatalf("23: after %v of constant use: %v", n.clock.Now().Sub(s.Created), err)
		}
	}
}

// The store's own expiry is not what a session's end depends on.
func TestExpiryIsAskedOfTheRow(t *testing.T) {
	for rule, end := range map[string]time.Duration{"idle": session.DefaultIdle, "absolute": session.DefaultAbsolute} {
		clock := new(storetest.Clock)
		frozen := memstore.New(memstore.Config{Now: func() time.Time { return start }})
		c := config(frozen, clock.Now)
		if rule == "absolute" {
			c.Idle = session.DefaultAbsolute
		}
		m, err := session.New(c)
		if err != nil {
			t.Fatal(err)
		}
		n := &node{m, nil, frozen, clock}
		value, s := n.create(t)
		clock.Forward(end - time.Second)
		if rule == "absolute" { // warm, and touched as late as can be
			n.want(t, rule, value, authenticated)
		}
		clock.Forward(time.Second)
		n.want(t, rule, value, edgeward.SessionExpired)
		if _, err := m.Find(ctx, s.ID); !errors.Is(err, session.ErrUnknown) {
			t.Errorf("%s: found after its end: %v", rule, err)
		}
		if _, _, err := m.Renew(ctx, value, alice, nil); !errors.Is(err, edgeward.SessionExpired) {
			t.Errorf("%s: renewed after its end: %v", rule, err)
		}
		if list, _, err := m.List(ctx, "", 10); len(list) != 0 || err != nil {
			t.Errorf("%s: listed after its end: %v", rule, err)
		}
		// 40: a clock that steps back resurrects nothing.
		clock.Forward(-time.Hour)
		n.want(t, "40: after a step back, "+rule, value, edgeward.SessionExpired)
	}
}

func TestAUseIsWrittenDownOnceATenth(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, s := n.create(t)
	n.store.Asked()
	for range 143 { // minutes: not yet a tenth of a day
		n.clock.Forward(time.Minute)
		n.want(t, "in use", value, authenticated)
	}
	if _, writes := n.store.Asked(); writes != 0 {
		t.Errorf("%d writes within a tenth", writes)
	}
	n.clock.Forward(time.Minute)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { n.want(t, "in use", value, authenticated) })
	}
	wg.Wait()
	if found, err := n.Find(ctx, s.ID); err != nil || !found.Seen.Equal(n.clock.Now()) {
		t.Errorf("seen at %v, now %v, %v", found.Seen, n.clock.Now(), err)
	}
	n.store.Asked()
	n.want(t, "in use", value, authenticated)
	if _, writes := n.store.Asked(); writes != 0 {
		t.Errorf("%d writes right after a touch", writes)
	}
}

// While one request writes, others do not.
func TestTouchesAreCoalesced(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, _ := n.create(t)
	n.clock.Forward(session.DefaultIdle / 2)
	n.store.Asked()
	var nested sync.Once
	slow := &slowStore{Faulty: n.store, during: func() {
		nested.Do(func() {
			for range 50 {
				n.want(t, "while another touches", value, authenticated)
			}
		})
	}}
	m, err := session.New(config(slow, n.clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	n.Manager = m
	n.want(t, "in use", value, authenticated)
	if _, writes := n.store.Asked(); writes != 1 {
		t.Errorf("%d writes, want 1", writes)
	}
}

type slowStore struct {
	*storetest.Faulty
	during func() // while a Replace is under way
}

func (s *slowStore) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	s.during()
	return s.Faulty.Replace(ctx, key, old, value, expires)
}

func TestATouchNeverRefusesAndRevivesNothing(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, _ := n.create(t)
	n.clock.Forward(session.DefaultIdle / 2)
	n.store.Follow(storetest.Failing("replace"))
	n.want(t, "a touch that fails", value, authenticated)
	n.want(t, "and from then on", value, authenticated)
	n.store.Follow(nil)

	value, _ = n.create(t)
	n.clock.Forward(session.DefaultIdle - 10*time.Second)
	n.store.Follow(storetest.Failing("replace"))
	n.want(t, "a touch that fails late", value, authenticated)
	n.clock.Forward(10 * time.Second)
	n.want(t, "23: does not extend the idle time, nor does the cache", value, edgeward.SessionUnknown)
	n.store.Follow(nil)

	value, s := n.create(t)
	n.clock.Forward(session.DefaultIdle / 2)
	n.store.Follow(storetest.Amid("get", func() { _ = n.under.Delete(ctx, "session/"+s.ID) })) // ended elsewhere, right now
	n.want(t, "read before it ended", value, authenticated)
	n.want(t, "23: the touch did not bring it back", value, edgeward.SessionUnknown)
	if _, err := n.Find(ctx, s.ID); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("the touch brought it back: %v", err)
	}
}

func TestWhatEndedHereIsRefusedFromTheNextRequestOn(t *testing.T) {
	n := newNodes(t, 2)
	value, s := n[0].create(t)
	n[0].want(t, "before", value, authenticated)
	n[1].want(t, "before, elsewhere", value, authenticated)
	if err := n[0].End(ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	n[0].want(t, "23: after, also from a warm cache", value, edgeward.SessionUnknown)
	n[1].clock.Forward(30 * time.Second)
	n[1].want(t, "23: elsewhere within the bound", value, edgeward.SessionUnknown)
	if err := n[0].End(ctx, s.ID); err != nil {
		t.Errorf("ending it again: %v", err)
	}
	if entries, _ := n[0].store.List(ctx, "", "", 10); len(entries) != 0 {
		t.Errorf("%d rows are left behind", len(entries))
	}
	for _, id := range []string{"", "nobody", s.ID + "A", s.ID[:21] + "\n", s.ID[:21] + "B", value.Reveal()} {
		if err := n[0].End(ctx, id); !errors.Is(err, session.ErrUnknown) {
			t.Errorf("ending %q, which is no id: %v", id, err)
		}
	}
}

// A read that was under way when the session ended must not be remembered.
func TestAReadUnderWayDoesNotOutliveTheEnd(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, s := n.create(t)
	n.store.Follow(storetest.Amid("get", func() {
		if err := n.End(ctx, s.ID); err != nil {
			t.Error(err)
		}
	}))
	n.want(t, "read before it ended", value, authenticated)
	n.want(t, "23: from then on", value, edgeward.SessionUnknown)
}

// How the user authenticated is the sign-in's: it comes back with the session on every
// node, a row of before says nothing of it, and what renews a session without a word
// about it leaves it.
func TestHowAUserAuthenticatedIsKept(t *testing.T) {
	n := newNodes(t, 2)
	g, at := alice, start.Add(-time.Hour).Truncate(time.Second)
	g.ACR, g.AuthTime = "gold", at.Add(time.Millisecond)
	value, s, err := n[0].Create(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	says := func(node *node, value edgeward.Secret, acr string, at time.Time) {
		t.Helper()
		if id, err := node.verify(value); err != nil || id.Profile.ACR != acr || !id.Profile.AuthTime.Equal(at) {
			t.Errorf("%+v, %v; want %q at %v", id, err, acr, at)
		}
	}
	says(n[1], value, "gold", at)
	if found, err := n[1].Find(ctx, s.ID); err != nil || found.ACR != "gold" || !found.AuthTime.Equal(at) {
		t.Errorf("found %+v, %v", found, err)
	}
	value, _, err = n[0].Renew(ctx, value, alice, nil)
	if err != nil {
		t.Fatal(err)
	}
	says(n[1], value, "gold", at)
	g.ACR, g.AuthTime = "silver", at.Add(time.Minute)
	value, _, err = n[0].Renew(ctx, value, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	says(n[1], value, "silver", at.Add(time.Minute))
	old, _ := n[0].create(t)
	says(n[1], old, "", time.Time{})
	for _, acr := range []string{"a\nb", "\xff", strings.Repeat("a", 256)} {
		g.ACR = acr
		if _, _, err := n[0].Create(ctx, g); !errors.Is(err, session.ErrGrant) {
			t.Errorf("acr %q: %v", acr, err)
		}
	}
}

func TestRenew(t *testing.T) {
	n := newNodes(t, 1)[0]
	old, was := n.create(t)
	n.want(t, "before", old, authenticated)
	n.clock.Forward(time.Hour)
	more := alice
	more.Permissions, more.Client.UserAgent = []string{"admin", "orders:read"}, "phone"
	value, s, err := n.Renew(ctx, old, more, nil)
	if err != nil {
		t.Fatal(err)
	}
	n.want(t, "22: the old id is dead at once, also in a warm cache", old, edgeward.SessionUnknown)
	id, err := n.verify(value)
	if err != nil || !id.Has("admin") || id.Session == was.ID {
		t.Fatalf("the new one: %+v, %v", id, err)
	}
	if !s.Expires.Equal(was.Expires) || !id.Expires.Equal(was.Expires) || !id.IssuedAt.Equal(was.Created) || s.Client.UserAgent != "phone" {
		t.Errorf("23: renewed %+v from %+v", s, was)
	}
	if _, _, err := n.Renew(ctx, old, alice, nil); !errors.Is(err, edgeward.SessionUnknown) {
		t.Errorf("renewing the old one again: %v", err)
	}
	if _, _, err := n.Renew(ctx, edgeward.NewSecret("ews_x"), alice, nil); !errors.Is(err, edgeward.SessionInvalid) {
		t.Errorf("renewing what is none: %v", err)
	}
	bob := alice
	bob.Subject = "bob"
	if _, _, err := n.Renew(ctx, value, bob, nil); !errors.Is(err, session.ErrGrant) {
		t.Errorf("22: renewing for somebody else: %v", err)
	}
	n.want(t, "a renewal that was refused changes nothing", value, authenticated)
	if list, _, err := n.ListBySubject(ctx, alice.Issuer, "alice", "", 10); err != nil || len(list) != 1 {
		t.Errorf("%d sessions are left, %v", len(list), err)
	}
	if entries, _ := n.store.List(ctx, "", "", 10); len(entries) != 3 {
		t.Errorf("%d rows are left, want the session, its index, and for a while what the old id leads to", len(entries))
	}
	n.clock.Forward(10 * time.Minute)
	if entries, _ := n.store.List(ctx, "", "", 10); len(entries) != 2 {
		t.Errorf("%d rows are left in the end", len(entries))
	}
}

// Who ends a session that gets another id meanwhile finds the new one, or the
// renewal fails: there is no order of the two in which both work and a session
// lives.
func TestARenewalMeetsAnEnd(t *testing.T) {
	for at := range 8 {
		for _, order := range []string{"an end meanwhile", "a renewal meanwhile"} {
			n := newNodes(t, 1)[0]
			old, was := n.create(t)
			var value edgeward.Secret
			renewed, ended := errors.New("not called"), errors.New("not called")
			renew := func() { value, _, renewed = n.Renew(ctx, old, alice, nil) }
			end := func() {
				for id := was.ID; id != ""; {
					if ended = n.End(ctx, id); ended != nil {
						return
					}
					if id, ended = n.Successor(ctx, id); ended != nil {
						return
					}
				}
			}
			first, meanwhile := renew, end
			if order == "a renewal meanwhile" {
				first, meanwhile = end, renew
			}
			operations := 0
			n.store.Follow(func(storetest.Operation) storetest.Fault {
				if operations++; operations == at+1 {
					meanwhile()
				}
				return storetest.Fault{}
			})
			first()
			n.store.Follow(nil)
			if operations <= at {
				meanwhile()
			}
			if ended != nil {
				t.Errorf("%s at %d: end: %v", order, at, ended)
			}
			if renewed == nil {
				n.want(t, order, value, edgeward.SessionUnknown)
			}
			n.want(t, order+", the old one", old, edgeward.SessionUnknown)
			if list, _, err := n.ListBySubject(ctx, alice.Issuer, alice.Subject, "", 10); err != nil || len(list) != 0 {
				t.Errorf("%s at %d: %d sessions live, %v", order, at, len(list), err)
			}
		}
	}
}

func TestSuccessor(t *testing.T) {
	n := newNodes(t, 1)[0]
	old, was := n.create(t)
	want := func(rule, id, successor string) {
		t.Helper()
		if got, err := n.Successor(ctx, id); got != successor || err != nil {
			t.Errorf("%s: %q, %v", rule, got, err)
		}
	}
	want("not renewed", was.ID, "")
	want("no id", "nobody", "")
	_, s, err := n.Renew(ctx, old, alice, nil)
	if err != nil {
		t.Fatal(err)
	}
	want("renewed", was.ID, s.ID)
	if err := n.End(ctx, was.ID); err != nil {
		t.Errorf("ending the old one: %v", err)
	}
	want("ended after that", was.ID, s.ID)
	if _, err := n.Find(ctx, was.ID); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("the old one: %v", err)
	}
	if list, _, err := n.List(ctx, "", 10); err != nil || len(list) != 1 {
		t.Errorf("%d sessions are listed, %v", len(list), err)
	}
	n.store.Follow(storetest.Failing("get"))
	if _, err := n.Successor(ctx, was.ID); err == nil {
		t.Error("a store in trouble knows that there is none")
	}
	n.store.Follow(nil)
	n.clock.Forward(10 * time.Minute)
	want("later", was.ID, "")
	if id, ok := n.IDOf(old); !ok || id != was.ID {
		t.Errorf("the old cookie is of %q, %v", id, ok)
	}
	if _, ok := n.IDOf(edgeward.NewSecret("ews_x")); ok {
		t.Error("a made-up cookie has an id")
	}
}

func TestOfManyRenewalsOneWins(t *testing.T) {
	n := newNodes(t, 4)
	old, _ := n[0].create(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			_, _, err := n[i%4].Renew(ctx, old, alice, nil)
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, edgeward.SessionUnknown) {
				t.Errorf("losing: %v", err)
			}
		})
	}
	wg.Wait()
	list, _, err := n[0].ListBySubject(ctx, alice.Issuer, "alice", "", 100)
	if won.Load() != 1 || len(list) != 1 || err != nil {
		t.Errorf("%d won, %d sessions live, %v", won.Load(), len(list), err)
	}
}

func TestARenewalMeetsATouch(t *testing.T) {
	n := newNodes(t, 1)[0]
	old, _ := n.create(t)
	n.clock.Forward(session.DefaultIdle / 2)
	n.store.Follow(storetest.Amid("get", func() { n.want(t, "meanwhile", old, authenticated) }))
	if _, _, err := n.Renew(ctx, old, alice, nil); err != nil {
		t.Fatal(err)
	}
	n.want(t, "22: the old one", old, edgeward.SessionUnknown)
}

// Store trouble is "could not tell": nothing is refused, claimed or deleted.
func TestStoreTrouble(t *testing.T) {
	n := newNodes(t, 2)
	value, s := n[0].create(t)
	n[0].want(t, "warm", value, authenticated)

	n[0].store.Follow(storetest.Failing("get", "create", "replace", "delete"))
	n[0].want(t, "warm, with the store down", value, authenticated)
	n[1].want(t, "cold, with the store down", value, edgeward.Unavailable)
	if _, _, err := n[0].Create(ctx, alice); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("create: %v", err)
	}
	if _, _, err := n[0].Renew(ctx, value, alice, nil); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("renew: %v", err)
	}
	if _, err := n[0].Find(ctx, s.ID); edgeward.ReasonOf(err) != edgeward.Unavailable || errors.Is(err, session.ErrUnknown) {
		t.Errorf("find: %v", err)
	}
	if err := n[0].End(ctx, s.ID); err == nil {
		t.Error("end: claims to have ended it")
	}
	n[0].want(t, "after an end whose outcome is unknown", value, edgeward.Unavailable)

	for _, operation := range []string{"replace", "delete"} {
		n[0].store.Follow(storetest.Failing(operation))
		if err := n[0].End(ctx, s.ID); (err != nil) != (operation == "replace") {
			t.Errorf("end with failing %s: %v", operation, err)
		}
		if operation == "replace" {
			n[0].want(t, "not ended, so alive", value, authenticated)
		}
	}
	n[0].store.Follow(nil)
	n[0].want(t, "ended", value, edgeward.SessionUnknown)
}

func TestARenewalWithStoreTroubleLeavesOneSession(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, _ := n.create(t)
	n.store.Follow(storetest.Failing("replace"))
	if _, _, err := n.Renew(ctx, value, alice, nil); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("renew: %v", err)
	}
	n.store.Follow(nil)
	n.want(t, "the old one", value, authenticated)
	if list, _, err := n.List(ctx, "", 10); err != nil || len(list) != 1 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	// The write happened, the answer was lost.
	n.store.Follow(storetest.Losing("replace"))
	if _, _, err := n.Renew(ctx, value, alice, nil); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("renew: %v", err)
	}
	n.store.Follow(nil)
	n.want(t, "the old one, which this node no longer believes in", value, edgeward.SessionUnknown)
	if list, _, err := n.List(ctx, "", 10); err != nil || len(list) != 0 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
}

func TestARowThatCannotBeReadIsNotAbsent(t *testing.T) {
	for rule, row := range map[string]string{
		"damaged":                      `{"v":1`,
		"of a newer version":           `{"v":2}`,
		"without an absolute end":      `{"v":1,"issuer":"i","subject":"alice","permissions":[],"created":1,"seen":1800000000000,"user_agent":""}`,
		"without a subject":            `{"v":1,"issuer":"i","subject":"","permissions":[],"created":1,"seen":1800000000000,"expires":1900000000000,"user_agent":""}`,
		"with an address that is none": `{"v":1,"issuer":"i","subject":"a","permissions":[],"created":1,"seen":1800000000000,"expires":1900000000000,"user_agent":"","client_ip":"x"}`,
	} {
		n := newNodes(t, 1)[0]
		value, s := n.create(t)
		e, err := n.under.Get(ctx, "session/"+s.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.under.Replace(ctx, e.Key, e.Version, []byte(row), time.Time{}); err != nil {
			t.Fatal(err)
		}
		n.want(t, rule, value, edgeward.Unavailable)
		if err := n.End(ctx, s.ID); err != nil {
			t.Errorf("%s: it cannot be ended: %v", rule, err)
		}
		n.want(t, rule+", ended", value, edgeward.SessionUnknown)
	}
}

func TestGrants(t *testing.T) {
	n := newNodes(t, 1)[0]
	change := func(f func(*session.Grant)) session.Grant {
		g := alice
		f(&g)
		return g
	}
	for rule, g := range map[string]session.Grant{
		"no subject":             change(func(g *session.Grant) { g.Subject = "" }),
		"no issuer":              change(func(g *session.Grant) { g.Issuer = "" }),
		"a subject with CR LF":   change(func(g *session.Grant) { g.Subject = "a\r\nb" }),
		"a subject of 300 bytes": change(func(g *session.Grant) { g.Subject = strings.Repeat("a", 300) }),
		"a subject of no UTF-8":  change(func(g *session.Grant) { g.Subject = "a\xff" }),
		"a permission in two":    change(func(g *session.Grant) { g.Permissions = []string{"read write"} }),
		"20 KB of permissions":   change(func(g *session.Grant) { g.Permissions = []string{strings.Repeat("p", 20_000)} }),
	} {
		if value, _, err := n.Create(ctx, g); !errors.Is(err, session.ErrGrant) || edgeward.ReasonOf(err) != edgeward.Unavailable || !value.IsZero() {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if entries, _ := n.store.List(ctx, "", "", 10); len(entries) != 0 {
		t.Errorf("what was refused left %d rows", len(entries))
	}
	g := alice
	g.Client.UserAgent, g.Client.IP = strings.Repeat("<script>\xff\r\n", 100), netip.MustParseAddr("fe80::1%eth0")
	value, s, err := n.Create(ctx, g)
	if err != nil || len(s.Client.UserAgent) != 256 || strings.ContainsAny(s.Client.UserAgent, "\r\n") || strings.Contains(s.Client.UserAgent, "\xff") || s.Client.IP.Zone() != "" {
		t.Errorf("a hostile user agent: %+v, %v", s, err)
	}
	n.want(t, "a hostile user agent", value, authenticated)
	if found, err := n.Find(ctx, s.ID); err != nil || found.Client.UserAgent != s.Client.UserAgent || found.Client.IP != s.Client.IP {
		t.Errorf("comes back as %+v, %v", found, err)
	}
}

func TestList(t *testing.T) {
	n := newNodes(t, 1)[0]
	want := map[string]bool{}
	for range 25 {
		_, s := n.create(t)
		want[s.ID] = true
	}
	bob := alice
	bob.Subject = "bob"
	if _, _, err := n.Create(ctx, bob); err != nil {
		t.Fatal(err)
	}
	// The length of the issuer is a part of the index: no shifting.
	shifted := alice
	shifted.Issuer, shifted.Subject = alice.Issuer+"a", "lice"
	if _, _, err := n.Create(ctx, shifted); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for after, page := "", 0; ; page++ {
		list, next, err := n.ListBySubject(ctx, alice.Issuer, "alice", after, 10)
		if err != nil || page > 3 {
			t.Fatal(page, err)
		}
		for _, s := range list {
			got[s.ID] = true
			if s.Subject != "alice" {
				t.Errorf("somebody else's: %+v", s)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	if len(got) != 25 {
		t.Errorf("%d sessions of alice", len(got))
	}
	all, next, err := n.List(ctx, "", 100)
	if err != nil || len(all) != 27 || next != "" {
		t.Errorf("%d sessions, next %q, %v", len(all), next, err)
	}
	ends := 0
	for id := range want {
		if ends++; ends <= 5 {
			if err := n.End(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if list, _, err := n.ListBySubject(ctx, alice.Issuer, "alice", "", 100); err != nil || len(list) != 20 {
		t.Errorf("%d sessions after five ended, %v", len(list), err)
	}
	n.clock.Forward(session.DefaultIdle)
	if list, _, err := n.ListBySubject(ctx, alice.Issuer, "alice", "", 100); err != nil || len(list) != 0 {
		t.Errorf("%d sessions after they idled out, %v", len(list), err)
	}
	if _, _, err := n.List(ctx, "no id", 10); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("a place that is none: %v", err)
	}
	if _, _, err := n.List(ctx, "", 0); !errors.Is(err, store.ErrBounds) {
		t.Errorf("a page of nothing: %v", err)
	}
}

// bare is a store that cannot list.
type bare struct{ store.Backend }

func TestAStoreThatCannotList(t *testing.T) {
	s := memstore.New(memstore.Config{})
	m, err := session.New(config(bare{s}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Create(ctx, alice); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.List(ctx, "", 10); !errors.Is(err, store.ErrNoList) {
		t.Error(err)
	}
	if entries, _ := s.List(ctx, "", "", 10); len(entries) != 1 {
		t.Errorf("%d rows: an index that nobody can read", len(entries))
	}
}

func TestConfig(t *testing.T) {
	good := func() session.Config { return config(memstore.New(memstore.Config{}), nil) }
	for rule, c := range map[string]session.Config{
		"the zero value": {},
		"a store without compare-and-swap": func() session.Config {
			c := good()
			c.Store = weak{memstore.New(memstore.Config{})}
			return c
		}(),
		"a short key":               func() session.Config { c := good(); c.Key = edgeward.NewSecret("short"); return c }(),
		"a negative idle time":      func() session.Config { c := good(); c.Idle = -1; return c }(),
		"idle longer than absolute": func() session.Config { c := good(); c.Idle = 31 * 24 * time.Hour; return c }(),
	} {
		if _, err := session.New(c); err == nil {
			t.Errorf("%s is accepted", rule)
		}
	}
	if _, err := session.New(good()); err != nil {
		t.Error(err)
	}
}

func TestSetCookie(t *testing.T) {
	s := session.Session{Expires: start.Add(time.Hour)}
	for want, got := range map[string]string{
		"__Host-edgeward-session=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure": session.SetCookie(session.CookieName, edgeward.NewSecret("v"), s, start),
		"edgeward-session=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax":                session.SetCookie(session.InsecureCookieName, edgeward.NewSecret("v"), s, start),
		"__Host-edgeward-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure":     session.ClearCookie(session.CookieName),
		"edgeward-session=v; Path=/; Max-Age=0; HttpOnly; SameSite=Lax":                   session.SetCookie(session.InsecureCookieName, edgeward.NewSecret("v"), s, start.Add(2*time.Hour)),
	} {
		if got != want {
			t.Errorf("22: got %s\nwant %s", got, want)
		}
	}
}

// The use of a session by many at once while it ends; for the race detector.
func TestConcurrentUse(t *testing.T) {
	n := newNodes(t, 2)
	var wg sync.WaitGroup
	for i := range 8 {
		value, s := n[i%2].create(t)
		for range 4 {
			wg.Go(func() {
				for range 200 {
					if _, err := n[i%2].verify(value); err != nil && !errors.Is(err, edgeward.SessionUnknown) {
						t.Errorf("%v", err)
					}
				}
			})
		}
		wg.Go(func() {
			if err := n[i%2].End(ctx, s.ID); err != nil {
				t.Error(err)
			}
			n[i%2].want(t, "23: after End has returned", value, edgeward.SessionUnknown)
		})
		wg.Go(func() { n[0].clock.Forward(time.Hour / 4) })
	}
	wg.Wait()
}
