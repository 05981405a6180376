package apikey_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const authenticated = edgeward.Authenticated

func TestAKeyIsWhoItWasCreatedFor(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.create(t, robot)
	if !regexp.MustCompile(`^ew_live_[a-z2-7]{16}_[a-z2-7]{40}_[0-9a-f]{8}$`).MatchString(text.Reveal()) || !strings.Contains(text.Reveal(), "_"+k.ID+"_") {
		t.Fatalf("a key of another form: %q", text.Reveal())
	}
	for _, temperature := range []string{"cold", "warm"} {
		id, err := n.verify(text, client)
		if err != nil {
			t.Fatalf("%s: %v", temperature, err)
		}
		if id.Issuer != apikey.DefaultIssuer || id.Subject != "robot" || id.Method != apikey.Method || id.APIKey != k.ID || id.Session != "" ||
			!slices.Equal(id.Permissions, robot.Permissions) || !id.IssuedAt.Equal(start) || !id.Expires.IsZero() {
			t.Errorf("%s: %+v", temperature, id)
		}
	}
	if gets, _ := n.store.Asked(); gets != 1 {
		t.Errorf("%d reads for two requests", gets)
	}
}

// What has not the form of a key costs the store nothing, and is no guess.
func TestWhatHasNotTheForm(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.create(t, robot)
	for !strings.ContainsAny(text.Reveal()[66:], "abcdef") { // or its checksum has no capitals
		text, k = n.create(t, robot)
	}
	n.store.Asked()
	s := text.Reveal()
	body := s[:len(s)-9]
	for rule, key := range map[string]string{
		"nothing":                        "",
		"the prefix":                     "ew_live_",
		"the id":                         k.ID,
		"without its checksum":           body,
		"without prefix and environment": summed(body[8:]).Reveal(),
		"a wrong checksum":               body + "_00000000",
		"a checksum in capitals":         body + strings.ToUpper(s[len(s)-9:]),
		"one character short":            s[:len(s)-1],
		"one character more":             s + "0",
		"two of them":                    s + s,
		"in quotes":                      `"` + s + `"`,
		"another environment":            summed(strings.Replace(body, "_live_", "_test_", 1)).Reveal(),
		"no environment":                 summed(strings.Replace(body, "_live_", "_", 1)).Reveal(),
		"an id in capitals":              summed(body[:8] + strings.ToUpper(k.ID) + body[24:]).Reveal(),
		"an id with a slash":             summed(body[:8] + "../../session/ab" + body[24:]).Reveal(),
		"a secret in capitals":           summed(body[:25] + strings.ToUpper(body[25:])).Reveal(),
		"a secret with a line break":     summed(body[:25] + "\n" + body[26:]).Reveal(),
		"another separator":              summed(body[:24] + "-" + body[25:]).Reveal(),
		"a session":                      "ews_" + strings.Repeat("A", 64),
		"9 KB":                           summed("ew_live_" + strings.Repeat("a", 9<<10)).Reveal(),
	} {
		n.want(t, "32: "+rule, edgeward.NewSecret(key), edgeward.APIKeyInvalid)
	}
	for i := range len(s) { // a typo anywhere
		changed := []byte(s)
		if changed[i]++; changed[i] == 'z'+1 {
			changed[i] = 'a'
		}
		n.want(t, fmt.Sprint("32: character ", i, " mistyped"), edgeward.NewSecret(string(changed)), edgeward.APIKeyInvalid)
	}
	for i := range len(s) - 1 { // two neighbours swapped
		changed := []byte(s)
		if changed[i], changed[i+1] = changed[i+1], changed[i]; string(changed) != s {
			n.want(t, fmt.Sprint("32: characters ", i, " swapped"), edgeward.NewSecret(string(changed)), edgeward.APIKeyInvalid)
		}
	}
	if gets, writes := n.store.Asked(); gets+writes != 0 {
		t.Errorf("typos cost the store %d reads and %d writes", gets, writes)
	}
	n.want(t, "the good one", text, authenticated)
}

func TestGuesses(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.create(t, robot)
	other, _ := n.create(t, robot)
	for _, temperature := range []string{"cold", "warm"} {
		n.want(t, "32: wrong secret, "+temperature, otherSecret(text), edgeward.APIKeySecret)
		n.want(t, "32: unknown id, "+temperature, otherID(text), edgeward.APIKeyUnknown)
	}
	s := text.Reveal()
	mixed := summed(other.Reveal()[:25] + s[25:len(s)-9])
	n.want(t, "32: the secret of another key", mixed, edgeward.APIKeySecret)
	if a, b := edgeward.APIKeySecret, edgeward.APIKeyUnknown; a.Problem() != b.Problem() || a.Status() != b.Status() {
		t.Error("32: clients can tell a wrong secret from an unknown id")
	}
	// A row's proofs are worth nothing in another row.
	e, err := n.under.Get(ctx, "apikey/"+k.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.under.Create(ctx, "apikey/"+strings.Repeat("a", 16), e.Value, time.Time{}); err != nil {
		t.Fatal(err)
	}
	n.clock.Forward(time.Minute)
	n.want(t, "a row that was copied to another id", otherID(text), edgeward.APIKeySecret)
}

// Unknown id and wrong secret go the same way: the same reads, warm and cold.
func TestGuessesCostTheSame(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, _ := n.create(t, robot)
	wrong, unknown := otherSecret(text), otherID(text)
	reads := func(guess edgeward.Secret) (cold, warm, later int) {
		n.verify(guess, client)
		cold, _ = n.store.Asked()
		for range 10 {
			n.verify(guess, client)
		}
		warm, _ = n.store.Asked()
		n.clock.Forward(time.Second)
		n.verify(guess, client)
		later, _ = n.store.Asked()
		return cold, warm, later
	}
	n.store.Asked()
	if c, w, l := reads(wrong); c != 1 || w != 0 || l != 1 {
		t.Errorf("wrong secret: %d %d %d reads", c, w, l)
	}
	if c, w, l := reads(unknown); c != 1 || w != 0 || l != 1 {
		t.Errorf("unknown id: %d %d %d reads", c, w, l)
	}
}

func TestTheStoreKnowsNoSecret(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.create(t, robot)
	e, err := n.under.Get(ctx, "apikey/"+k.ID)
	if err != nil {
		t.Fatal(err)
	}
	secret := text.Reveal()[25:65]
	for i := range len(secret) - 8 {
		if strings.Contains(string(e.Value), secret[i:i+8]) {
			t.Fatalf("the row holds a piece of the secret: %s", e.Value)
		}
	}
	c := config(n.store, n.clock.Now)
	c.Pepper = edgeward.NewSecret(strings.Repeat("q", 32))
	other, err := apikey.New(c)
	if err != nil {
		t.Fatal(err)
	}
	(&node{other, n.store, n.under, n.clock}).want(t, "with another pepper", text, edgeward.APIKeySecret)
	_, wrong := n.verify(otherSecret(text), client)
	if strings.Contains(fmt.Sprintf("%v %+v %v", text, k, wrong), "aaaaaaaa") || strings.Contains(fmt.Sprintf("%v %+v", text, k), secret[:8]) {
		t.Error("a secret can be printed")
	}
}

func TestExpiry(t *testing.T) {
	n := newNodes(t, 1)[0]
	g := robot
	g.Expires = start.Add(time.Hour)
	text, k := n.create(t, g)
	n.clock.Forward(time.Hour - time.Millisecond)
	n.want(t, "just before", text, authenticated)
	n.clock.Forward(time.Millisecond)
	n.want(t, "expired, warm", text, edgeward.APIKeyExpired)
	n.want(t, "who does not know the secret does not learn that", otherSecret(text), edgeward.APIKeySecret)
	n.clock.Forward(-time.Hour / 2)
	n.want(t, "40: a clock that steps back resurrects nothing", text, edgeward.APIKeyExpired)
	n.clock.Forward(30 * 24 * time.Hour)
	n.want(t, "expired long ago is no guess", text, edgeward.APIKeyExpired)
	if found, err := n.Find(ctx, k.ID); err != nil || !found.Expires.Equal(g.Expires) {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestNetworks(t *testing.T) {
	n := newNodes(t, 1)[0]
	g := robot
	g.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.77/24"), netip.MustParsePrefix("2001:db8::/32")}
	text, k := n.create(t, g)
	if k.Networks[0] != netip.MustParsePrefix("192.0.2.0/24") {
		t.Errorf("kept as %v", k.Networks)
	}
	for from, want := range map[string]edgeward.Reason{
		"192.0.2.0": authenticated, "192.0.2.255": authenticated, "2001:db8:1::1": authenticated,
		"192.0.3.0": edgeward.APIKeyNetwork, "2001:db9::": edgeward.APIKeyNetwork, "127.0.0.1": edgeward.APIKeyNetwork, "::1": edgeward.APIKeyNetwork,
	} {
		n.wantFrom(t, "from "+from, text, netip.MustParseAddr(from), want)
	}
	n.wantFrom(t, "from nobody knows where", text, netip.Addr{}, edgeward.APIKeyNetwork)
	n.wantFrom(t, "who does not know the secret does not learn that", otherSecret(text), netip.Addr{}, edgeward.APIKeySecret)
	anywhere, _ := n.create(t, robot)
	n.wantFrom(t, "no networks are all", anywhere, netip.Addr{}, authenticated)
}

func TestRevoke(t *testing.T) {
	n := newNodes(t, 2)
	text, k := n[0].create(t, robot)
	n[0].want(t, "before", text, authenticated)
	n[1].want(t, "before, elsewhere", text, authenticated)
	for range 2 {
		if err := n[0].Revoke(ctx, k.ID); err != nil {
			t.Fatal(err)
		}
		n[0].clock.Forward(time.Second)
	}
	n[0].want(t, "23: on the next request, also from a warm cache", text, edgeward.APIKeyRevoked)
	n[0].want(t, "who does not know the secret does not learn that", otherSecret(text), edgeward.APIKeySecret)
	if _, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, start.Add(time.Hour)); !errors.Is(err, apikey.ErrRevoked) {
		t.Errorf("rotating it: %v", err)
	}
	n[1].clock.Forward(30 * time.Second)
	n[1].want(t, "23: elsewhere within the bound", text, edgeward.APIKeyRevoked)
	if err := n[1].Flush(ctx); err != nil { // n[1] has a use to write
		t.Fatal(err)
	}
	if found, err := n[0].Find(ctx, k.ID); err != nil || !found.Revoked.Equal(start) || !found.Used.Equal(start) {
		t.Errorf("found %+v, %v", found, err)
	}
	for _, id := range []string{"", "nobody", strings.Repeat("a", 16), strings.Repeat("A", 16), "../../session/ab", text.Reveal()} {
		if err := n[0].Revoke(ctx, id); !errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("revoking %q: %v", id, err)
		}
	}
	n[0].clock.Forward(91 * 24 * time.Hour)
	n[0].want(t, "its row goes some time", text, edgeward.APIKeyUnknown)
}

// A read that was under way when the key was revoked must not be remembered.
func TestAReadUnderWayDoesNotOutliveTheRevocation(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.create(t, robot)
	n.store.Follow(storetest.Amid("get", func() {
		if err := n.Revoke(ctx, k.ID); err != nil {
			t.Error(err)
		}
	}))
	n.want(t, "read before it was revoked", text, authenticated)
	n.want(t, "23: from then on", text, edgeward.APIKeyRevoked)
}

func TestRotate(t *testing.T) {
	n := newNodes(t, 2)
	first, k := n[0].create(t, robot)
	n[0].want(t, "before", first, authenticated)
	n[1].want(t, "before, elsewhere", first, authenticated)
	until := start.Add(time.Hour)
	second, k2, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, until)
	if err != nil || k2.ID != k.ID || !k2.OldUntil.Equal(until) {
		t.Fatalf("%+v, %v", k2, err)
	}
	n[0].want(t, "the new one", second, authenticated)
	n[0].want(t, "the old one still", first, authenticated)
	n[1].want(t, "the old one still, elsewhere", first, authenticated)
	n[1].clock.Forward(time.Second)
	n[1].want(t, "the new one elsewhere, from a cache that knows the old", second, authenticated)

	if _, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, until); !errors.Is(err, apikey.ErrRotating) {
		t.Errorf("rotating again meanwhile: %v", err)
	}
	n[0].want(t, "that changed nothing", first, authenticated)
	n[0].clock.Forward(time.Hour - time.Second - time.Millisecond)
	n[0].want(t, "just before its end", first, authenticated)
	n[0].clock.Forward(time.Millisecond)
	n[0].want(t, "the old one at its end", first, edgeward.APIKeyExpired)
	n[0].want(t, "the new one", second, authenticated)

	third, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, n[0].clock.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	n[0].want(t, "the one before the old one", first, edgeward.APIKeySecret)
	n[0].want(t, "the old one", second, authenticated)
	fourth, k4, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, time.Time{})
	if err != nil || !k4.OldUntil.IsZero() {
		t.Fatalf("after a leak: %+v, %v", k4, err)
	}
	n[0].want(t, "after a leak, the old one", second, edgeward.APIKeySecret)
	n[0].want(t, "after a leak, the leaked one", third, edgeward.APIKeySecret)
	n[0].want(t, "after a leak, the new one", fourth, authenticated)
	if _, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, n[0].clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	// time.Now() of a caller is finer than the milliseconds that rows keep.
	if _, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, n[0].clock.Now().Add(time.Millisecond-1)); err != nil {
		t.Errorf("after a leak, until now, while an old secret lives: %v", err)
	}
	if _, _, err := n[0].Rotate(ctx, strings.Repeat("a", 16), edgeward.Secret{}, until); !errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("rotating nobody's: %v", err)
	}
}

func TestANewKeyWorksAtOnce(t *testing.T) {
	n := newNodes(t, 2)
	text, k := n[1].create(t, robot)
	e, err := n[0].under.Get(ctx, "apikey/"+k.ID)
	if err != nil {
		t.Fatal(err)
	}
	comeAndGo := func(present bool) {
		t.Helper()
		err := n[0].under.Delete(ctx, e.Key)
		if present {
			_, err = n[0].under.Create(ctx, e.Key, e.Value, time.Time{})
		}
		if err != nil {
			t.Error(err)
		}
	}
	comeAndGo(false)
	n[0].want(t, "absent", text, edgeward.APIKeyUnknown)
	comeAndGo(true)
	n[0].want(t, "an absence is believed for a second", text, edgeward.APIKeyUnknown)
	n[0].clock.Forward(time.Second)
	n[0].want(t, "and no longer", text, authenticated)

	// Changed here while somebody asks: the absence that was read is forgotten.
	comeAndGo(false)
	n[1].store.Follow(storetest.Amid("get", func() {
		comeAndGo(true)
		if _, _, err := n[1].Rotate(ctx, k.ID, edgeward.Secret{}, start.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}))
	n[1].want(t, "read before it was there", text, edgeward.APIKeyUnknown)
	n[1].want(t, "from then on", text, authenticated)
}

func TestStoreTrouble(t *testing.T) {
	n := newNodes(t, 2)
	text, k := n[0].create(t, robot)
	n[0].want(t, "warm", text, authenticated)
	n[0].store.Follow(storetest.Failing("get", "create", "replace", "delete"))
	n[0].want(t, "warm, with the store down", text, authenticated)
	n[1].want(t, "cold, with the store down", text, edgeward.Unavailable)
	n[1].want(t, "a guess, with the store down", otherID(text), edgeward.Unavailable)
	if _, _, err := n[0].Create(ctx, robot); edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("create: %v", err)
	}
	if _, err := n[0].Find(ctx, k.ID); errors.Is(err, apikey.ErrUnknown) || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("find: %v", err)
	}
	if err := n[0].Revoke(ctx, k.ID); err == nil || errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("revoke: %v", err)
	}
	n[0].want(t, "after a revocation whose outcome is unknown", text, edgeward.Unavailable)
	n[0].store.Follow(storetest.Failing("replace"))
	if err := n[0].Revoke(ctx, k.ID); err == nil {
		t.Error("claims to have revoked it")
	}
	if _, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, time.Time{}); err == nil {
		t.Error("claims to have rotated it")
	}
	n[0].want(t, "neither revoked nor rotated", text, authenticated)
	n[0].store.Follow(nil)
	n[0].store.Follow(storetest.Losing("replace"))
	if err := n[0].Revoke(ctx, k.ID); err == nil {
		t.Error("claims to have heard")
	}
	n[0].want(t, "revoked, though the answer was lost", text, edgeward.APIKeyRevoked)
}

func TestARowThatCannotBeReadIsNotAbsent(t *testing.T) {
	const rest = `"subject":"s","name":"","permissions":[],"created":1,"hmac":"` + "%s" + `"`
	good := strings.Repeat("ab", 32)
	for rule, row := range map[string]string{
		"damaged":                     `{"v":1`,
		"of a newer version":          `{"v":2}`,
		"without networks":            `{"v":1,` + fmt.Sprintf(rest, good) + `}`,
		"with a network that is none": `{"v":1,"networks":["10.0.0.0"],` + fmt.Sprintf(rest, good) + `}`,
		"with a short proof":          `{"v":1,"networks":[],` + fmt.Sprintf(rest, "abab") + `}`,
		"with no proof":               `{"v":1,"networks":[],` + fmt.Sprintf(rest, "") + `}`,
		"an old proof without end":    `{"v":1,"networks":[],"old_hmac":"` + good + `",` + fmt.Sprintf(rest, good) + `}`,
		"an end without an old proof": `{"v":1,"networks":[],"old_until":1900000000000,` + fmt.Sprintf(rest, good) + `}`,
	} {
		n := newNodes(t, 1)[0]
		text, k := n.create(t, robot)
		e, err := n.under.Get(ctx, "apikey/"+k.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.under.Replace(ctx, e.Key, e.Version, []byte(row), time.Time{}); err != nil {
			t.Fatal(err)
		}
		n.want(t, rule, text, edgeward.Unavailable)
		if err := n.Revoke(ctx, k.ID); err == nil || errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("%s: revoke: %v", rule, err)
		}
		if _, _, err := n.List(ctx, "", 10); edgeward.ReasonOf(err) != edgeward.Unavailable || err == nil {
			t.Errorf("%s: list: %v", rule, err)
		}
	}
}

func TestGrants(t *testing.T) {
	n := newNodes(t, 1)[0]
	change := func(f func(*apikey.Grant)) apikey.Grant {
		g := robot
		f(&g)
		return g
	}
	for rule, g := range map[string]apikey.Grant{
		"no owner":             change(func(g *apikey.Grant) { g.Subject = "" }),
		"an owner with CR LF":  change(func(g *apikey.Grant) { g.Subject = "a\r\nb" }),
		"an owner of no UTF-8": change(func(g *apikey.Grant) { g.Subject = "a\xff" }),
		"a name of no UTF-8":   change(func(g *apikey.Grant) { g.Name = "a\xff" }),
		"20 KB of a name":      change(func(g *apikey.Grant) { g.Name = strings.Repeat("n", 20_000) }),
		"an end that is past":  change(func(g *apikey.Grant) { g.Expires = start }),
		"an end in 10000":      change(func(g *apikey.Grant) { g.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"a permission in two":  change(func(g *apikey.Grant) { g.Permissions = []string{"read write"} }),
		"no network":           change(func(g *apikey.Grant) { g.Networks = []netip.Prefix{{}} }),
		"a mapped network":     change(func(g *apikey.Grant) { g.Networks = []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")} }),
	} {
		if text, _, err := n.Create(ctx, g); !errors.Is(err, apikey.ErrGrant) || edgeward.ReasonOf(err) != edgeward.Unavailable || !text.IsZero() {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if list, _, err := n.List(ctx, "", 10); len(list) != 0 || err != nil {
		t.Errorf("what was refused left %d rows, %v", len(list), err)
	}
}

func TestLastUse(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, k := n.create(t, robot)
	used := func() time.Duration {
		t.Helper()
		found, err := n.Find(ctx, k.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found.Used.Sub(start)
	}
	n.want(t, "a guess is no use", otherSecret(text), edgeward.APIKeySecret)
	n.store.Asked()
	for range 100 {
		n.want(t, "in use", text, authenticated)
	}
	if _, writes := n.store.Asked(); writes != 0 {
		t.Errorf("a request wrote %d times", writes)
	}
	if u := used(); u > -time.Hour {
		t.Errorf("used %v after the start, before a flush", u)
	}
	for range 3 {
		if err := n.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, writes := n.store.Asked(); writes != 1 || used() != 0 {
		t.Errorf("%d writes; used %v after the start", writes, used())
	}
	n.clock.Forward(time.Minute - time.Millisecond)
	n.want(t, "in use", text, authenticated)
	if err := n.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if _, writes := n.store.Asked(); writes != 0 {
		t.Errorf("%d writes for a use within a minute of the last", writes)
	}
	n.clock.Forward(time.Millisecond)
	n.want(t, "in use", text, authenticated)
	n.store.Follow(storetest.Failing("replace"))
	if err := n.Flush(ctx); err == nil {
		t.Error("a flush that failed says nothing")
	}
	n.store.Follow(nil)
	if err := n.Flush(ctx); err != nil || used() != time.Minute {
		t.Errorf("after a flush that failed: used %v after the start, %v", used(), err)
	}
	n.clock.Forward(time.Minute)
	n.want(t, "in use", text, authenticated)
	if err := n.under.Delete(ctx, "apikey/"+k.ID); err != nil {
		t.Fatal(err)
	}
	if err := n.Flush(ctx); err != nil {
		t.Errorf("of a key that is gone: %v", err)
	}
	if _, err := n.Find(ctx, k.ID); !errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("a flush brought it back: %v", err)
	}
}

// A row that cannot be read does not keep others' uses from being written.
func TestAFlushGoesOnPastARowThatCannotBeRead(t *testing.T) {
	n := newNodes(t, 1)[0]
	var ids []string
	for range 10 {
		text, k := n.create(t, robot)
		n.want(t, "in use", text, authenticated)
		ids = append(ids, k.ID)
	}
	e, err := n.under.Get(ctx, "apikey/"+ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.under.Replace(ctx, e.Key, e.Version, []byte(`{"v":2}`), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := n.Flush(ctx); err == nil {
		t.Error("nothing is said about it")
	}
	for _, id := range ids[1:] {
		if k, err := n.Find(ctx, id); err != nil || !k.Used.Equal(start) {
			t.Errorf("%+v, %v", k, err)
		}
	}
	if err := n.Flush(ctx); err != nil {
		t.Errorf("it is tried for ever: %v", err)
	}
}

func TestList(t *testing.T) {
	n := newNodes(t, 1)[0]
	want := map[string]bool{}
	for range 25 {
		_, k := n.create(t, robot)
		want[k.ID] = true
	}
	got := map[string]bool{}
	for after, page := "", 0; ; page++ {
		list, next, err := n.List(ctx, after, 10)
		if err != nil || page > 3 {
			t.Fatal(page, err)
		}
		for _, k := range list {
			got[k.ID] = want[k.ID]
		}
		if after = next; next == "" {
			break
		}
	}
	if len(got) != 25 {
		t.Errorf("%d keys", len(got))
	}
	if _, _, err := n.List(ctx, "no id", 10); !errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("a place that is none: %v", err)
	}
	bare, err := apikey.New(config(bare{n.store}, n.clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := bare.List(ctx, "", 10); !errors.Is(err, store.ErrNoList) {
		t.Errorf("a store that cannot list: %v", err)
	}
}

// bare is a store that cannot list.
type bare struct{ store.Backend }

func TestConfig(t *testing.T) {
	good := func() apikey.Config { return config(memstore.New(memstore.Config{}), nil) }
	change := func(f func(*apikey.Config)) apikey.Config {
		c := good()
		f(&c)
		return c
	}
	for rule, c := range map[string]apikey.Config{
		"the zero value":                   {},
		"a store without compare-and-swap": change(func(c *apikey.Config) { c.Store = weak{memstore.New(memstore.Config{})} }),
		"a short pepper":                   change(func(c *apikey.Config) { c.Pepper = edgeward.NewSecret("short") }),
		"no environment":                   change(func(c *apikey.Config) { c.Environment = "" }),
		"an environment with a separator":  change(func(c *apikey.Config) { c.Environment = "li_ve" }),
		"an environment in capitals":       change(func(c *apikey.Config) { c.Environment = "Live" }),
		"a long environment":               change(func(c *apikey.Config) { c.Environment = "abcdefghijklmnopq" }),
		"an issuer that splits a header":   change(func(c *apikey.Config) { c.Issuer = "a\r\nb" }),
	} {
		if _, err := apikey.New(c); err == nil {
			t.Errorf("%s is accepted", rule)
		}
	}
	if _, err := apikey.New(good()); err != nil {
		t.Error(err)
	}
}

// Unknown ids have their own part of the cache.
func TestAFloodOfGuessesPushesNoKeyOut(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, _ := n.create(t, robot)
	n.want(t, "warm", text, authenticated)
	for i := range 20_000 {
		id := []byte(strings.Repeat("a", 16))
		for j := range 4 {
			id[j] = 'a' + byte(i>>(4*j)&0xf)
		}
		n.verify(summed("ew_live_"+string(id)+"_"+strings.Repeat("a", 40)), client)
	}
	n.store.Follow(storetest.Failing("get"))
	n.want(t, "still warm", text, authenticated)
}

// Keys in use while they are rotated, flushed and revoked; for the race
// detector.
func TestConcurrentUse(t *testing.T) {
	n := newNodes(t, 2)
	var wg sync.WaitGroup
	for i := range 8 {
		text, k := n[i%2].create(t, robot)
		for range 4 {
			wg.Go(func() {
				for range 100 {
					if _, err := n[i%2].verify(text, client); err != nil && !errors.Is(err, edgeward.APIKeyRevoked) {
						t.Errorf("%v", err)
					}
				}
			})
		}
		wg.Go(func() {
			if _, _, err := n[0].Rotate(ctx, k.ID, edgeward.Secret{}, start.Add(1000*time.Hour)); err != nil && !errors.Is(err, apikey.ErrRevoked) {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := n[i%2].Revoke(ctx, k.ID); err != nil {
				t.Error(err)
			}
			n[i%2].want(t, "23: after Revoke has returned", text, edgeward.APIKeyRevoked)
		})
		wg.Go(func() {
			n[0].clock.Forward(time.Minute)
			if err := n[i%2].Flush(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Of two answers that each hand over a secret, one would be of a dead one.
func TestOneOfSeveralRotationsOfASecretWins(t *testing.T) {
	n := newNodes(t, 1)[0]
	_, k := n.create(t, robot)
	var winner edgeward.Secret
	n.store.Follow(storetest.Amid("get", func() {
		var err error
		if winner, _, err = n.Rotate(ctx, k.ID, edgeward.Secret{}, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}))
	if text, _, err := n.Rotate(ctx, k.ID, edgeward.Secret{}, time.Time{}); !errors.Is(err, apikey.ErrRotating) || !text.IsZero() {
		t.Errorf("the second: %v", err)
	}
	n.want(t, "the first", winner, edgeward.Authenticated)
	// A use that is written meanwhile is no rotation.
	n.clock.Forward(time.Hour)
	n.want(t, "used", winner, edgeward.Authenticated)
	n.store.Follow(storetest.Amid("get", func() {
		if err := n.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}))
	text, _, err := n.Rotate(ctx, k.ID, edgeward.Secret{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	n.want(t, "the next", text, edgeward.Authenticated)
}
