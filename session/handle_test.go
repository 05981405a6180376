package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const (
	here  = "grafana.example.com"
	there = "notes.example.net"
)

func (n *node) handle(t testing.TB, id, host string) edgeward.Secret {
	t.Helper()
	value, ok := n.Handle(id, host)
	if !ok {
		t.Fatalf("no handle of %s at %s", id, host)
	}
	return value
}

func (n *node) wantAt(t testing.TB, rule, host string, value edgeward.Secret, want edgeward.Reason) {
	t.Helper()
	id, err := n.Verify(ctx, &edgeward.Request{Host: host}, edgeward.Credential{Value: value})
	got := edgeward.Authenticated
	if err != nil {
		got = edgeward.ReasonOf(err)
	} else if id.Subject != "alice" {
		t.Errorf("%s: it is %s", rule, id.Subject)
	}
	if got != want {
		t.Errorf("%s: %v (%v), want %v", rule, got, err, want)
	}
}

func TestAHandleIsTheSessionAtOneHost(t *testing.T) {
	n := newNodes(t, 1)[0]
	_, s := n.create(t)
	value := n.handle(t, s.ID, here+":8443")
	n.wantAt(t, "at its host", here, value, authenticated)
	n.wantAt(t, "at a port of it", here+":9443", value, authenticated) // cookies know no ports
	n.wantAt(t, "at another host, once it is in the cache", there, value, edgeward.SessionInvalid)
	n.want(t, "without a host", value, edgeward.SessionInvalid)
	id, err := n.Verify(ctx, &edgeward.Request{Host: here}, edgeward.Credential{Value: value})
	if err != nil || id.Session != s.ID || !id.IssuedAt.Equal(s.Created) || !id.Expires.Equal(s.Expires) {
		t.Errorf("it is not the central session: %+v, %v", id, err)
	}
	if got, ok := n.IDAt(value, here); !ok || got != s.ID {
		t.Errorf("its id is %q", got)
	}
	if _, ok := n.IDAt(value, there); ok {
		t.Error("its id is known at another host")
	}
	if _, ok := n.IDOf(value); ok {
		t.Error("it passes for the session's own cookie")
	}
	if _, _, err := n.Renew(ctx, value, alice, nil); edgeward.ReasonOf(err) != edgeward.SessionInvalid {
		t.Errorf("a handle is stepped up: %v", err)
	}
	if _, ok := n.Handle("no id", here); ok {
		t.Error("a handle of no session")
	}
}

func TestAHandleEndsWithItsSession(t *testing.T) {
	for rule, row := range map[string]struct {
		end  func(t *testing.T, n *node, cookie edgeward.Secret, id string)
		want edgeward.Reason
	}{
		"it was ended": {func(t *testing.T, n *node, _ edgeward.Secret, id string) {
			if err := n.End(ctx, id); err != nil {
				t.Fatal(err)
			}
		}, edgeward.SessionUnknown},
		"it got another id at step-up": {func(t *testing.T, n *node, cookie edgeward.Secret, _ string) {
			if _, _, err := n.Renew(ctx, cookie, alice, nil); err != nil {
				t.Fatal(err)
			}
		}, edgeward.SessionUnknown},
		"it was idle": {func(_ *testing.T, n *node, _ edgeward.Secret, _ string) { n.clock.Forward(session.DefaultIdle) }, edgeward.SessionUnknown},
	} {
		n := newNodes(t, 1)[0]
		cookie, s := n.create(t)
		value := n.handle(t, s.ID, here)
		n.wantAt(t, rule+", before", here, value, authenticated)
		row.end(t, n, cookie, s.ID)
		n.wantAt(t, rule, here, value, row.want)
	}
}

// The absolute end holds however much a handle is used, and until then its use
// keeps the session alive that is not used at its own host.
func TestTheUseOfAHandleIsTheSessions(t *testing.T) {
	n := newNodes(t, 1)[0]
	cookie, s := n.create(t)
	value := n.handle(t, s.ID, here)
	for n.clock.Now().Add(session.DefaultIdle / 2).Before(s.Expires) {
		n.clock.Forward(session.DefaultIdle / 2)
		n.wantAt(t, "in use", here, value, authenticated)
	}
	n.want(t, "its own cookie", cookie, authenticated)
	n.clock.Forward(session.DefaultIdle / 2)
	n.wantAt(t, "after its absolute end", here, value, edgeward.SessionUnknown)
}

func TestARowNotesItsHosts(t *testing.T) {
	nodes := newNodes(t, 2)
	n := nodes[0]
	cookie, s := n.create(t)
	hosts := func() []string {
		t.Helper()
		found, err := n.Find(ctx, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found.Hosts
	}
	n.want(t, "at home", cookie, authenticated)
	for range 3 {
		n.wantAt(t, "here", here, n.handle(t, s.ID, here), authenticated)
		nodes[1].wantAt(t, "there", there, n.handle(t, s.ID, there), authenticated)
	}
	if got := hosts(); !slices.Equal(got, []string{here, there}) {
		t.Errorf("noted: %v", got)
	}
	n.store.Asked()
	for range 3 {
		n.wantAt(t, "here, warm", here, n.handle(t, s.ID, here), authenticated)
		n.want(t, "at home, warm", cookie, authenticated)
	}
	if gets, writes := n.store.Asked(); gets > 1 || writes != 0 {
		t.Errorf("warm uses cost %d reads and %d writes", gets, writes)
	}
	for i := range 40 {
		host := fmt.Sprintf("pr-%d.example.com", i)
		n.wantAt(t, host, host, n.handle(t, s.ID, host), authenticated)
	}
	if got := hosts(); len(got) != 32 {
		t.Errorf("%d hosts are noted", len(got))
	}
	n.store.Asked()
	n.wantAt(t, "beyond those that are noted", "pr-39.example.com", n.handle(t, s.ID, "pr-39.example.com"), authenticated)
	if gets, writes := n.store.Asked(); gets != 0 || writes != 0 {
		t.Errorf("a host beyond them costs %d reads and %d writes", gets, writes)
	}
	n.clock.Forward(time.Minute)
	n.wantAt(t, "beyond those that are noted, cold", "pr-39.example.com", n.handle(t, s.ID, "pr-39.example.com"), authenticated)
	if got := hosts(); len(got) != 32 {
		t.Errorf("%d hosts are noted when the row is read again", len(got))
	}
}

// A row that cannot be written keeps no one out, and is not tried for every
// request.
func TestAStoreThatTakesNoNotes(t *testing.T) {
	n := newNodes(t, 1)[0]
	_, s := n.create(t)
	value := n.handle(t, s.ID, here)
	n.store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Write() {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	n.wantAt(t, "not noted", here, value, authenticated)
	n.store.Asked()
	n.wantAt(t, "again", here, value, authenticated)
	if gets, writes := n.store.Asked(); gets != 0 || writes != 0 {
		t.Errorf("again: %d reads, %d writes", gets, writes)
	}
}

func TestALookup(t *testing.T) {
	n := newNodes(t, 1)[0]
	_, s := n.create(t)
	if id, err := n.Lookup(ctx, s.ID); err != nil || id.Session != s.ID {
		t.Errorf("%+v, %v", id, err)
	}
	if err := n.End(ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{s.ID, "", "x"} {
		if who, err := n.Lookup(ctx, id); err == nil || edgeward.ReasonOf(err) == edgeward.Unavailable {
			t.Errorf("%q: %v, %v", id, who, err)
		}
	}
}

func TestAHandleOutlivesItsKeyAsLongAsThatIsNamed(t *testing.T) {
	rows := memstore.New(memstore.Config{})
	with := func(key string, previous ...edgeward.Secret) *session.Manager {
		m, err := session.New(session.Config{Store: rows, Key: edgeward.NewSecret(strings.Repeat(key, 32)), Previous: previous})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	old := with("a")
	_, s, err := old.Create(ctx, alice)
	if err != nil {
		t.Fatal(err)
	}
	value, _ := old.Handle(s.ID, here)
	at := &edgeward.Request{Host: here}
	if _, err := with("b", edgeward.NewSecret(strings.Repeat("a", 32))).Verify(ctx, at, edgeward.Credential{Value: value}); err != nil {
		t.Error("with its key as a previous one:", err)
	}
	if _, err := with("b").Verify(ctx, at, edgeward.Credential{Value: value}); edgeward.ReasonOf(err) != edgeward.SessionInvalid {
		t.Error("without its key:", err)
	}
}
