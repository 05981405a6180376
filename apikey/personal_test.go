package apikey_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/store/storetest"
)

const provider = "https://id.example"

func own(name string) apikey.Grant {
	return apikey.Grant{Issuer: provider, Subject: "alice", Name: name, Permissions: []string{"orders:read"}, Expires: start.Add(24 * time.Hour)}
}

func (n *node) createPersonal(t testing.TB, g apikey.Grant) (edgeward.Secret, apikey.Key) {
	t.Helper()
	text, k, err := n.CreatePersonal(ctx, g, apikey.MaxPersonal)
	if err != nil {
		t.Fatal(err)
	}
	return text, k
}

func (n *node) verifyPersonal(text edgeward.Secret) (*edgeward.Identity, error) {
	return n.VerifyPersonal(ctx, &edgeward.Request{ClientIP: client}, edgeward.Credential{Value: text})
}

func (n *node) wantPersonal(t testing.TB, rule string, text edgeward.Secret, want edgeward.Reason) {
	t.Helper()
	_, err := n.verifyPersonal(text)
	got := edgeward.Authenticated
	if err != nil {
		got = edgeward.ReasonOf(err)
	}
	if got != want {
		t.Errorf("%s: %v (%v), want %v", rule, got, err, want)
	}
}

func TestAPersonalTokenIsItsOwners(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.createPersonal(t, own("backup"))
	if !strings.HasPrefix(text.Reveal(), "ew_live_0") || !apikey.IsPersonalID(k.ID) || !k.Personal() {
		t.Fatalf("a token of another form: %q %+v", text.Reveal(), k)
	}
	id, err := n.verifyPersonal(text)
	if err != nil {
		t.Fatal(err)
	}
	if id.Issuer != provider || id.Subject != "alice" || id.Method != apikey.MethodPersonal || id.APIKey != k.ID || !id.Has("orders:read") || !id.Expires.Equal(k.Expires) {
		t.Errorf("%+v", id)
	}
	n.clock.Forward(24 * time.Hour)
	n.wantPersonal(t, "expired", text, edgeward.APIKeyExpired)
}

// TestAKeyIsNoPersonalToken, nor the other way round: not by its verifier, not by a
// row of the one under an id of the other, of whatever version.
func TestAKeyIsNoPersonalToken(t *testing.T) {
	n := newNodes(t, 1)[0]
	personal, k := n.createPersonal(t, own("backup"))
	operators, robots := n.create(t, robot)
	n.want(t, "32: a personal token as an operator's key", personal, edgeward.APIKeyInvalid)
	n.wantPersonal(t, "32: an operator's key as a personal token", operators, edgeward.APIKeyInvalid)
	if _, _, err := n.Rotate(ctx, k.ID, edgeward.Secret{}, time.Time{}); !errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("an operator gets the secret of a user: %v", err)
	}
	if _, _, err := n.Create(ctx, own("x")); !errors.Is(err, apikey.ErrGrant) {
		t.Errorf("an operator chooses the issuer of a key: %v", err)
	}
	for rule, row := range map[string]struct{ from, to string }{
		"a personal row under an operator's id": {k.ID, robots.ID},
		"an operator's row under a personal id": {robots.ID, k.ID},
	} {
		m := newNodes(t, 1)[0]
		e, err := n.under.Get(ctx, "apikey/"+row.from)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.under.Create(ctx, "apikey/"+row.to, e.Value, time.Time{}); err != nil {
			t.Fatal(err)
		}
		for _, text := range []edgeward.Secret{personal, operators} {
			for _, verify := range []func(edgeward.Secret) (*edgeward.Identity, error){m.verifyPersonal, func(s edgeward.Secret) (*edgeward.Identity, error) { return m.verify(s, client) }} {
				if id, err := verify(text); err == nil {
					t.Errorf("%s: it proves %+v", rule, id)
				}
			}
		}
	}
	// A personal row of version 1, as a program that knew no owners would have
	// written it.
	e, _ := n.under.Get(ctx, "apikey/"+k.ID)
	old := strings.Replace(string(e.Value), `"v":2`, `"v":1`, 1)
	if old == string(e.Value) {
		t.Fatalf("no version in %s", e.Value)
	}
	if _, err := n.under.Replace(ctx, e.Key, e.Version, []byte(old), time.Time{}); err != nil {
		t.Fatal(err)
	}
	n.clock.Forward(time.Minute)
	n.wantPersonal(t, "an old row", personal, edgeward.Unavailable)
	n.want(t, "an old row, as a key", personal, edgeward.APIKeyInvalid)
}

// TestPersonalGuessesCostTheSame as those of API keys do.
func TestPersonalGuessesCostTheSame(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.createPersonal(t, own("backup"))
	unknown := summed("ew_live_0" + strings.Repeat("a", 15) + text.Reveal()[len("ew_live_")+16:len(text.Reveal())-9])
	wrong := summed("ew_live_" + k.ID + "_" + strings.Repeat("a", 40))
	for rule, row := range map[string]struct {
		guess edgeward.Secret
		want  edgeward.Reason
	}{"32: unknown id": {unknown, edgeward.APIKeyUnknown}, "32: wrong secret": {wrong, edgeward.APIKeySecret}} {
		n.store.Asked()
		n.wantPersonal(t, rule, row.guess, row.want)
		if gets, _ := n.store.Asked(); gets != 1 {
			t.Errorf("%s: %d reads", rule, gets)
		}
	}
	n.wantPersonal(t, "the token", text, edgeward.Authenticated)
}

// TestPersonalTokensAreListedAndEnd, one by one, on every node.
func TestPersonalTokensAreListedAndEnd(t *testing.T) {
	n := newNodes(t, 2)
	first, a := n[0].createPersonal(t, own("first"))
	n[0].clock.Forward(time.Second)
	_, b := n[1].createPersonal(t, own("second"))
	other := own("other")
	other.Subject = "bob"
	n[0].createPersonal(t, other)
	n[1].wantPersonal(t, "before", first, edgeward.Authenticated)
	names := func(n *node) string {
		t.Helper()
		all, err := n.ListPersonal(ctx, provider, "alice")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, k := range all {
			names = append(names, k.Name)
		}
		return strings.Join(names, " ")
	}
	if got := names(n[1]); got != "first second" {
		t.Errorf("listed %q", got)
	}
	if err := n[0].Revoke(ctx, a.ID); err != nil {
		t.Fatal(err)
	}
	n[0].wantPersonal(t, "ended", first, edgeward.APIKeyRevoked)
	if got := names(n[1]); got != "second" {
		t.Errorf("listed %q", got)
	}
	n[0].clock.Forward(24 * time.Hour)
	if got := names(n[1]); got != "" {
		t.Errorf("listed %q after their end", got)
	}
	_ = b
	if all, err := n[0].ListPersonal(ctx, "https://other.example", "alice"); err != nil || len(all) != 0 {
		t.Errorf("another provider's alice has %v, %v", all, err)
	}
	n[0].store.Follow(storetest.Down)
	if _, err := n[0].ListPersonal(ctx, provider, "alice"); edgeward.ReasonOf(err) != edgeward.Unavailable || err == nil {
		t.Errorf("a store that is down: %v", err)
	}
}

// TestNeverMoreThanPerUser: of a hundred requests at once, on two nodes, as many
// make a token as are possible.
func TestNeverMoreThanPerUser(t *testing.T) {
	const most = 7
	n := newNodes(t, 2)
	var made, full atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			switch _, _, err := n[i%2].CreatePersonal(ctx, own(fmt.Sprint(i)), most); {
			case err == nil:
				made.Add(1)
			case errors.Is(err, apikey.ErrFull):
				full.Add(1)
			case edgeward.ReasonOf(err) != edgeward.Unavailable:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := n[0].ListPersonal(ctx, provider, "alice")
	if err != nil || len(all) != most || made.Load() != most {
		t.Fatalf("%d tokens, %d made, %d refused, %v", len(all), made.Load(), full.Load(), err)
	}
	if err := n[1].Revoke(ctx, all[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := n[0].CreatePersonal(ctx, own("next"), most); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	if _, _, err := n[0].CreatePersonal(ctx, own("beyond"), most); !errors.Is(err, apikey.ErrFull) {
		t.Errorf("beyond: %v", err)
	}
	n[0].clock.Forward(24*time.Hour - time.Millisecond)
	late := own("late")
	late.Expires = late.Expires.Add(time.Hour)
	if _, _, err := n[0].CreatePersonal(ctx, late, most); !errors.Is(err, apikey.ErrFull) {
		t.Errorf("before they expire: %v", err)
	}
	n[0].clock.Forward(time.Millisecond)
	if _, _, err := n[0].CreatePersonal(ctx, late, most); err != nil {
		t.Errorf("once they have expired: %v", err)
	}
}

// TestAPlaceIsFreeAgain: whose token was never written holds its place for an hour,
// and no longer.
func TestAPlaceIsFreeAgain(t *testing.T) {
	n := newNodes(t, 1)[0]
	writes := 0
	n.store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Write() {
			if writes++; writes > 1 {
				return storetest.Fault{Before: storetest.ErrInjected}
			}
		}
		return storetest.Fault{}
	})
	if _, _, err := n.CreatePersonal(ctx, own("lost"), 1); edgeward.ReasonOf(err) != edgeward.Unavailable || err == nil {
		t.Fatalf("%v", err)
	}
	n.store.Follow(nil)
	if _, _, err := n.CreatePersonal(ctx, own("at once"), 1); !errors.Is(err, apikey.ErrFull) {
		t.Errorf("its creation may be under way: %v", err)
	}
	n.clock.Forward(time.Hour)
	if _, _, err := n.CreatePersonal(ctx, own("later"), 1); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestPersonalGrantsThatAreRefused(t *testing.T) {
	n := newNodes(t, 1)[0]
	for rule, change := range map[string]func(*apikey.Grant){
		"no issuer":        func(g *apikey.Grant) { g.Issuer = "" },
		"no end":           func(g *apikey.Grant) { g.Expires = time.Time{} },
		"expired":          func(g *apikey.Grant) { g.Expires = start },
		"no subject":       func(g *apikey.Grant) { g.Subject = "" },
		"no scope-token":   func(g *apikey.Grant) { g.Permissions = []string{"a b"} },
		"a row of 16 KiB":  func(g *apikey.Grant) { g.Name = strings.Repeat("x", 16<<10) },
		"an issuer broken": func(g *apikey.Grant) { g.Issuer = "https://\xff" },
	} {
		g := own("x")
		change(&g)
		if _, _, err := n.CreatePersonal(ctx, g, 1); !errors.Is(err, apikey.ErrGrant) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, _, err := n.CreatePersonal(ctx, own("the first"), 1); err != nil {
		t.Errorf("what was refused took a place: %v", err)
	}
	if _, _, err := n.CreatePersonal(ctx, own("x"), apikey.MaxPersonal+1); !errors.Is(err, apikey.ErrGrant) {
		t.Errorf("no bound: %v", err)
	}
}

// TestAnIndexMakesNoOneAnOwner: what an index of alice's names, and is bob's, is not
// listed, so that alice cannot end it.
func TestAnIndexMakesNoOneAnOwner(t *testing.T) {
	n := newNodes(t, 1)[0]
	n.createPersonal(t, own("alice's"))
	of, err := n.under.List(ctx, "personal/", "", 10)
	if err != nil || len(of) != 1 {
		t.Fatal(len(of), err)
	}
	theirs := own("bob's")
	theirs.Subject = "bob"
	_, k := n.createPersonal(t, theirs)
	planted := strings.NewReplacer(`"tokens":["`, `"tokens":["`+k.ID+" 0 99999999999999\",\"").Replace(string(of[0].Value))
	if _, err := n.under.Replace(ctx, of[0].Key, of[0].Version, []byte(planted), time.Time{}); err != nil {
		t.Fatal(err)
	}
	all, err := n.ListPersonal(ctx, provider, "alice")
	if err != nil || len(all) != 1 || all[0].Name != "alice's" {
		t.Errorf("%+v, %v", all, err)
	}
}
