package refresh_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/store"
)

// Every state of a family, every generation of a token: what it gets, what it
// costs the store, and what becomes of the family.
func TestTransitions(t *testing.T) {
	const grace = refresh.DefaultGrace
	type state struct {
		rotations int           // before
		ahead     time.Duration // since the last rotation
		revoked   bool
		grace     time.Duration
	}
	for _, row := range []struct {
		rule    string
		state   state
		token   int // index of its generation, from 0
		class   refresh.Class
		reason  edgeward.Reason // 0: a token is given
		writes  int
		current uint64 // generation after it
		because string
	}{
		{"the current token rotates", state{rotations: 0}, 0, refresh.Rotated, 0, 1, 2, ""},
		{"and its successor", state{rotations: 3, ahead: grace}, 3, refresh.Rotated, 0, 1, 5, ""},
		{"however late", state{rotations: 1, ahead: 29 * 24 * time.Hour}, 1, refresh.Rotated, 0, 1, 3, ""},
		{"not again within grace of a rotation", state{rotations: 1}, 1, refresh.Repeated, 0, 0, 2, ""},
		{"until just before its end", state{rotations: 1, ahead: grace - 1}, 1, refresh.Repeated, 0, 0, 2, ""},
		{"at its end", state{rotations: 1, ahead: grace}, 1, refresh.Rotated, 0, 1, 3, ""},
		{"without grace at once", state{rotations: 1, grace: -1}, 1, refresh.Rotated, 0, 1, 3, ""},
		{"the one before gives the same again", state{rotations: 1}, 0, refresh.Repeated, 0, 0, 2, ""},
		{"until just before the end of grace", state{rotations: 1, ahead: grace - 1}, 0, refresh.Repeated, 0, 0, 2, ""},
		{"at the end of grace it is theft", state{rotations: 1, ahead: grace}, 0, refresh.Reused, edgeward.RefreshReused, 1, 2, "reused"},
		{"two before is theft within grace too", state{rotations: 2}, 0, refresh.Reused, edgeward.RefreshReused, 1, 3, "reused"},
		{"and later", state{rotations: 2, ahead: time.Hour}, 0, refresh.Reused, edgeward.RefreshReused, 1, 3, "reused"},
		{"without grace the one before is theft at once", state{rotations: 1, grace: -1}, 0, refresh.Reused, edgeward.RefreshReused, 1, 2, "reused"},
		{"a longer grace", state{rotations: 1, ahead: 299 * time.Second, grace: refresh.MaxGrace}, 0, refresh.Repeated, 0, 0, 2, ""},
		{"a node whose clock is a little behind", state{rotations: 1, ahead: time.Millisecond - grace}, 0, refresh.Repeated, 0, 0, 2, ""},
		{"a node whose clock is an hour behind opens no window", state{rotations: 1, ahead: -time.Hour}, 0, refresh.Reused, edgeward.RefreshReused, 1, 2, "reused"},

		{"revoked: the current token", state{rotations: 1, revoked: true}, 1, refresh.Revoked, edgeward.RefreshRevoked, 0, 2, "logout"},
		{"revoked: the one before, within grace", state{rotations: 1, revoked: true}, 0, refresh.Revoked, edgeward.RefreshRevoked, 0, 2, "logout"},
		{"revoked: an old one keeps the first reason", state{rotations: 2, revoked: true}, 0, refresh.Revoked, edgeward.RefreshRevoked, 0, 3, "logout"},
		{"revoked comes before expired", state{revoked: true, ahead: 30 * 24 * time.Hour}, 0, refresh.Revoked, edgeward.RefreshRevoked, 0, 1, "logout"},

		{"just before its last second", state{ahead: 30*24*time.Hour - time.Second - 1}, 0, refresh.Rotated, 0, 1, 2, ""},
		{"in its last second, for which no access token can be minted", state{ahead: 30*24*time.Hour - time.Second}, 0, refresh.Expired, edgeward.RefreshExpired, 0, 1, ""},
		{"at the absolute expiry", state{ahead: 30 * 24 * time.Hour}, 0, refresh.Expired, edgeward.RefreshExpired, 0, 1, ""},
		{"an old token of an expired family is no theft", state{rotations: 2, ahead: 30 * 24 * time.Hour}, 0, refresh.Expired, edgeward.RefreshExpired, 0, 3, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			var c clock
			s := c.faulty()
			cfg := c.config()
			cfg.Store, cfg.Grace = s, row.state.grace
			f := families(t, cfg)
			first, id := begin(t, f)
			tokens := c.rotated(t, f, first, row.state.rotations)
			if row.state.revoked {
				if err := f.Revoke(t.Context(), id, "logout"); err != nil {
					t.Fatal(err)
				}
			}
			c.Forward(row.state.ahead)
			f = families(t, cfg) // another node
			before := peek(t, f, id)
			introspected, wouldErr := f.Introspect(t.Context(), tokens[row.token])
			if peek(t, f, id).RevocationReason != before.RevocationReason {
				t.Error("introspection revoked")
			}
			s.Asked()

			o, err := f.Refresh(t.Context(), tokens[row.token], away)
			if reads, writes := s.Asked(); reads != 1 || writes != row.writes {
				t.Errorf("%d reads, %d writes", reads, writes)
			}
			if o.Class != row.class || o.Family.ID != id || row.reason == 0 && err != nil || row.reason != 0 && !errors.Is(err, row.reason) {
				t.Fatalf("%v, %v", o.Class, err)
			}
			if o.Token.IsZero() != (row.reason != 0) {
				t.Errorf("token given: %v", !o.Token.IsZero())
			}
			if (wouldErr == nil) != (err == nil) || row.reason != 0 && !errors.Is(wouldErr, row.reason) || (introspected.ID == id) != (err == nil) {
				t.Errorf("introspection said %v", wouldErr)
			}
			after := peek(t, f, id)
			if after.Generation != row.current || after.RevocationReason != row.because || !after.Expires.Equal(before.Expires) || !after.Created.Equal(before.Created) {
				t.Errorf("the family became %+v", after)
			}
			if fmt.Sprint(o.Family) != fmt.Sprint(after) {
				t.Errorf("the outcome tells of  %+v\nand the store holds %+v", o.Family, after)
			}
			if err == nil && cfg.Grace >= 0 { // what was given is current
				if again, err := f.Refresh(t.Context(), o.Token, away); err != nil || again.Class != refresh.Repeated || !again.Token.Equal(o.Token) {
					t.Errorf("the successor: %v, %v", again.Class, err)
				}
			}
			if row.because != "" { // revoked for good: every token is dead
				for i, token := range tokens {
					if o, err := f.Refresh(t.Context(), token, away); o.Class != refresh.Revoked || !errors.Is(err, edgeward.RefreshRevoked) {
						t.Errorf("after revocation, generation %d: %v, %v", i+1, o.Class, err)
					}
				}
			}
		})
	}
}

func TestARepeatGivesTheSameSuccessor(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	first, _ := begin(t, f)
	next := c.rotated(t, f, first, 1)[1]
	for i := range 10 {
		c.Forward(time.Second)
		if o, err := f.Refresh(t.Context(), first, away); err != nil || !o.Token.Equal(next) {
			t.Errorf("repeat %d: %v, another token %v", i, err, !o.Token.Equal(next))
		}
	}
	c.Forward(20 * time.Second) // 30 s after the rotation, not after the last repeat
	if o, _ := f.Refresh(t.Context(), first, away); o.Class != refresh.Reused {
		t.Errorf("repeats prolong the grace: %v", o.Class)
	}
}

// A store that was rolled back knows an older generation than the client.
func TestARolledBackStoreRevokes(t *testing.T) {
	for generations := 1; generations <= 3; generations++ {
		var c clock
		cfg := c.config()
		s := c.store()
		cfg.Store = s
		f := families(t, cfg)
		first, id := begin(t, f)
		backup, err := s.Get(t.Context(), "refresh/"+id)
		if err != nil {
			t.Fatal(err)
		}
		newest := c.rotated(t, f, first, generations)[generations]
		now, _ := s.Get(t.Context(), "refresh/"+id)
		if _, err := s.Replace(t.Context(), "refresh/"+id, now.Version, backup.Value, backup.Expires); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Introspect(t.Context(), newest); !errors.Is(err, edgeward.RefreshRolledBack) {
			t.Error(err)
		}
		o, err := f.Refresh(t.Context(), newest, away)
		if o.Class != refresh.RolledBack || !errors.Is(err, edgeward.RefreshRolledBack) || !o.Token.IsZero() {
			t.Errorf("%d generations back: %v, %v", generations, o.Class, err)
		}
		if family := peek(t, f, id); family.RevocationReason != "rolled_back" || !family.RevokedAt.Equal(c.Now()) {
			t.Errorf("%+v", family)
		}
	}
}

func TestAFamilyThatIsGoneIsUnknown(t *testing.T) {
	var c clock
	cfg := c.config()
	s := c.store()
	cfg.Store = s
	f := families(t, cfg)
	token, id := begin(t, f)
	c.Forward(31*24*time.Hour - time.Second) // kept a day longer than it lives
	if _, err := f.Refresh(t.Context(), token, away); !errors.Is(err, edgeward.RefreshExpired) {
		t.Error(err)
	}
	c.Forward(time.Second)
	o, err := f.Refresh(t.Context(), token, away)
	if o.Class != refresh.Unknown || !errors.Is(err, edgeward.RefreshUnknown) || o.Family.ID != "" {
		t.Error(o.Class, err)
	}
	if _, err := f.Introspect(t.Context(), token); !errors.Is(err, edgeward.RefreshUnknown) {
		t.Error(err)
	}
	for _, name := range []string{id, "", "x", id + "A", id[:21] + "\n", strings.Repeat("A", 21) + "B", "../" + id[3:]} {
		if err := f.Revoke(t.Context(), name, "logout"); !errors.Is(err, edgeward.RefreshUnknown) {
			t.Errorf("revoke %q: %v", name, err)
		}
		if _, err := f.Peek(t.Context(), name); !errors.Is(err, edgeward.RefreshUnknown) {
			t.Errorf("peek %q: %v", name, err)
		}
	}
}

// An id with bits left over would be a second name of the same family.
func TestAFamilyHasOneName(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	_, id := begin(t, f)
	alias := id[:21] + alphabet[strings.IndexByte(alphabet, id[21])+1:][:1]
	if _, err := f.Peek(t.Context(), alias); !errors.Is(err, edgeward.RefreshUnknown) {
		t.Errorf("%s names %s: %v", alias, id, err)
	}
}

func TestWhatAFamilyRemembers(t *testing.T) {
	var c clock
	c.set(1234567 * time.Nanosecond) // cut to the millisecond
	cfg := c.config()
	cfg.Store, cfg.Lifetime = c.store(), time.Hour
	f := families(t, cfg)
	token, begun, err := f.Begin(t.Context(), alice, home)
	if err != nil {
		t.Fatal(err)
	}
	ms := noon.Add(time.Millisecond)
	want := refresh.Family{ID: begun.ID, Generation: 1, Created: ms.Local(), Rotated: ms.Local(), Expires: ms.Add(time.Hour).Local(), Client: home,
		Grant: refresh.Grant{Issuer: alice.Issuer, Subject: "alice", Permissions: []string{"read", "write"}, ClientID: "cli"}}
	if fmt.Sprint(begun) != fmt.Sprint(want) || fmt.Sprint(peek(t, f, begun.ID)) != fmt.Sprint(want) {
		t.Errorf("begun %+v\nkept  %+v\nwant  %+v", begun, peek(t, f, begun.ID), want)
	}
	c.Forward(time.Minute)
	c.rotated(t, f, token, 1)
	want.Generation, want.Rotated, want.Client = 2, ms.Add(time.Minute).Local(), away
	if got := peek(t, f, begun.ID); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rotated %+v\nwant    %+v", got, want)
	}
	if err := f.Revoke(t.Context(), begun.ID, "logout"); err != nil {
		t.Fatal(err)
	}
	c.Forward(time.Minute)
	if err := f.Revoke(t.Context(), begun.ID, "other"); err != nil {
		t.Error("revoking again is no error:", err)
	}
	want.RevokedAt, want.RevocationReason = ms.Add(time.Minute).Local(), "logout"
	if got := peek(t, f, begun.ID); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("revoked %+v\nwant    %+v", got, want)
	}
}

// How the user authenticated is that of the sign-in, through all rotations.
func TestAFamilyRemembersHowTheUserAuthenticated(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	g := alice
	g.ACR, g.AuthTime = "gold", noon.Add(-time.Minute+time.Millisecond)
	token, begun, err := f.Begin(t.Context(), g, home)
	if err != nil {
		t.Fatal(err)
	}
	c.Forward(time.Minute)
	c.rotated(t, f, token, 1)
	if got := peek(t, f, begun.ID); got.ACR != "gold" || !got.AuthTime.Equal(noon.Add(-time.Minute)) {
		t.Errorf("%+v", got)
	}
	for _, acr := range []string{"a\nb", "\xff", strings.Repeat("a", 256)} {
		g.ACR = acr
		if _, _, err := f.Begin(t.Context(), g, home); !errors.Is(err, refresh.ErrGrant) {
			t.Errorf("acr %q: %v", acr, err)
		}
	}
}

// What a client says of itself must neither break the row nor grow it.
func TestUserAgentsAreTamed(t *testing.T) {
	for _, agent := range []string{"a\xff\ufffeb\x00\r\n\"\\", strings.Repeat("é", 5000), "<script>", ""} {
		var c clock
		cfg := c.config()
		cfg.Store = c.store()
		f := families(t, cfg)
		meta := edgeward.Client{UserAgent: agent}
		if agent != "" {
			meta.IP = netip.MustParseAddr("fe80::1%eth0\"")
		}
		token, _, err := f.Begin(t.Context(), alice, meta)
		if err != nil {
			t.Fatal(err)
		}
		o, err := f.Refresh(t.Context(), token, meta)
		if err != nil {
			t.Fatal(err)
		}
		kept := peek(t, f, o.Family.ID)
		if fmt.Sprint(kept) != fmt.Sprint(o.Family) {
			t.Errorf("told %+v, kept %+v", o.Family, kept)
		}
		if len(kept.Client.UserAgent) != min(len(agent), 256) || strings.ContainsFunc(kept.Client.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }) || kept.Client.IP.Zone() != "" {
			t.Errorf("%q became %q from %v", agent, kept.Client.UserAgent, kept.Client.IP)
		}
	}
}

func TestBeginRefuses(t *testing.T) {
	with := func(change func(*refresh.Grant)) refresh.Grant {
		g := alice
		g.Permissions = slices.Clone(alice.Permissions)
		change(&g)
		return g
	}
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	for rule, g := range map[string]refresh.Grant{
		"nobody":                {},
		"no issuer":             with(func(g *refresh.Grant) { g.Issuer = "" }),
		"no subject":            with(func(g *refresh.Grant) { g.Subject = "" }),
		"a subject with CRLF":   with(func(g *refresh.Grant) { g.Subject = "a\r\nb" }),
		"a subject not UTF-8":   with(func(g *refresh.Grant) { g.Subject = "a\xff" }),
		"an issuer not UTF-8":   with(func(g *refresh.Grant) { g.Issuer = "a\xff" }),
		"a client not UTF-8":    with(func(g *refresh.Grant) { g.ClientID = "a\xff" }),
		"a noncharacter":        with(func(g *refresh.Grant) { g.Subject = "a\uffff" }),
		"a permission in two":   with(func(g *refresh.Grant) { g.Permissions = []string{"read write"} }),
		"more than a token may": with(func(g *refresh.Grant) { g.Permissions = []string{strings.Repeat("p", 8<<10)} }),
	} {
		token, _, err := f.Begin(t.Context(), g, home)
		if !errors.Is(err, refresh.ErrGrant) || !isUnavailable(err) || !token.IsZero() {
			t.Errorf("%s: %v", rule, err)
		}
	}
	for rule, broken := range map[string]io.Reader{"failing": iotest.ErrReader(errors.New("no entropy")), "short": strings.NewReader("short")} {
		cfg.Random = broken
		if token, _, err := families(t, cfg).Begin(t.Context(), alice, home); !isUnavailable(err) || !token.IsZero() {
			t.Errorf("%s random numbers: %v", rule, err)
		}
	}
	// A generator that repeats itself must not hand one family to two people.
	cfg.Random = strings.NewReader(strings.Repeat("0123456789abcdef", 2))
	f = families(t, cfg)
	begin(t, f)
	if token, _, err := f.Begin(t.Context(), alice, home); !errors.Is(err, store.ErrExists) || !token.IsZero() {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	var c clock
	with := func(change func(*refresh.Config)) refresh.Config {
		cfg := c.config()
		cfg.Store = c.store()
		change(&cfg)
		return cfg
	}
	for rule, cfg := range map[string]refresh.Config{
		"the zero config":     {},
		"no store":            with(func(c *refresh.Config) { c.Store = nil }),
		"no compare-and-swap": with(func(c *refresh.Config) { c.Store = eventual{c.Store} }),
		"no key":              with(func(c *refresh.Config) { c.Key = edgeward.Secret{} }),
		"a short key":         with(func(c *refresh.Config) { c.Previous = []edgeward.Secret{edgeward.NewSecret(strings.Repeat("k", 31))} }),
		"a negative lifetime": with(func(c *refresh.Config) { c.Lifetime = -1 }),
		"grace over 300 s":    with(func(c *refresh.Config) { c.Grace = 300*time.Second + 1 }),
	} {
		if f, err := refresh.New(cfg); err == nil || f != nil {
			t.Errorf("%s: accepted", rule)
		}
	}
}

type eventual struct{ store.Backend }

func (eventual) Contract() store.Contract { return store.Contract{Durable: true, Shared: true} }

func TestRevokeDemandsACode(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	_, id := begin(t, f)
	for _, because := range []string{"", "two words", "line\n", strings.Repeat("a", 65)} {
		if err := f.Revoke(t.Context(), id, because); !isUnavailable(err) {
			t.Errorf("%q: %v", because, err)
		}
	}
	if peek(t, f, id).RevocationReason != "" {
		t.Error("revoked without a code")
	}
}

// "Log out everywhere" is an entry elsewhere: the row does not know.
func TestOthersMayRevoke(t *testing.T) {
	var c clock
	cfg := c.config()
	s := c.faulty()
	cfg.Store = s
	answer, fault := false, error(nil)
	cfg.Revoked = func(f *refresh.Family) (bool, error) {
		if f.Subject != "alice" || f.Issuer != alice.Issuer || !f.Created.Equal(noon) {
			t.Errorf("asked about %+v", f)
		}
		return answer, fault
	}
	f := families(t, cfg)
	first, _ := begin(t, f)
	tokens := c.rotated(t, f, first, 2)
	answer = true
	s.Asked()
	for i, token := range tokens {
		if o, err := f.Refresh(t.Context(), token, away); o.Class != refresh.Revoked || !errors.Is(err, edgeward.RefreshRevoked) || !o.Token.IsZero() {
			t.Errorf("generation %d: %v, %v", i+1, o.Class, err)
		}
		if _, err := f.Introspect(t.Context(), token); !errors.Is(err, edgeward.RefreshRevoked) {
			t.Errorf("introspection of generation %d: %v", i+1, err)
		}
	}
	// Whatever the other wraps, it could not tell.
	answer, fault = false, fmt.Errorf("stale: %w", edgeward.TokenExpired)
	if o, err := f.Refresh(t.Context(), tokens[2], away); o.Class != refresh.Undecided || !isUnavailable(err) || !o.Token.IsZero() {
		t.Errorf("%v, %v", o.Class, err)
	}
	if _, err := f.Introspect(t.Context(), tokens[2]); !isUnavailable(err) {
		t.Error(err)
	}
	if _, writes := s.Asked(); writes != 0 {
		t.Error("wrote")
	}
	fault = nil
	c.Forward(refresh.DefaultGrace)
	if o, err := f.Refresh(t.Context(), tokens[2], away); err != nil || o.Class != refresh.Rotated {
		t.Error(o.Class, err)
	}
}

// What the row says for good, nobody else is asked about.
func TestOthersAreNotAskedAboutTheDead(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	asked := false
	cfg.Revoked = func(*refresh.Family) (bool, error) { asked = true; return true, nil }
	f := families(t, cfg)
	revoked, id := begin(t, f)
	expired, _ := begin(t, f)
	if err := f.Revoke(t.Context(), id, "logout"); err != nil {
		t.Fatal(err)
	}
	c.Forward(refresh.DefaultLifetime)
	for want, token := range map[refresh.Class]edgeward.Secret{refresh.Revoked: revoked, refresh.Expired: expired} {
		if o, _ := f.Refresh(t.Context(), token, away); o.Class != want || asked {
			t.Errorf("%v, want %v; others were asked: %v", o.Class, want, asked)
		}
	}
}

func TestAClockSetBackRevivesNothing(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store, cfg.Lifetime = c.store(), time.Hour
	f := families(t, cfg)
	token, _ := begin(t, f)
	c.Forward(time.Hour)
	for _, back := range []time.Duration{0, time.Second, time.Hour} {
		c.Forward(-back)
		if o, err := f.Refresh(t.Context(), token, away); o.Class != refresh.Expired || !errors.Is(err, edgeward.RefreshExpired) {
			t.Errorf("%v back: %v, %v", back, o.Class, err)
		}
	}
}

func TestClassesAreNamed(t *testing.T) {
	var names []string
	for c := refresh.Undecided; c <= refresh.RolledBack; c++ {
		names = append(names, c.String())
	}
	if got := strings.Join(names, " "); got != "undecided rotated repeated invalid unknown expired revoked reused rolled_back" {
		t.Error(got)
	}
}

// A family of a user with an account names it, through rotations, and its row is of
// another version: see session. Half an account is none that could be read.
func TestAFamilyNamesTheAccountOfItsUser(t *testing.T) {
	var c clock
	cfg := c.config()
	cfg.Store = c.store()
	f := families(t, cfg)
	g := alice
	g.Account = refresh.Account{Issuer: "https://id.example", Subject: "a|ice"}
	token, begun, err := f.Begin(t.Context(), g, home)
	if err != nil {
		t.Fatal(err)
	}
	c.Forward(time.Minute)
	c.rotated(t, f, token, 1)
	if got := peek(t, f, begun.ID); got.Account != g.Account {
		t.Errorf("%+v", got)
	}
	for id, version := range map[string]string{begun.ID: `{"v":2,`} {
		if row, err := cfg.Store.Get(t.Context(), "refresh/"+id); err != nil || !strings.HasPrefix(string(row.Value), version) {
			t.Errorf("%s, %v", row.Value, err)
		}
	}
	_, plain, err := f.Begin(t.Context(), alice, home)
	if err != nil {
		t.Fatal(err)
	}
	if row, err := cfg.Store.Get(t.Context(), "refresh/"+plain.ID); err != nil || !strings.HasPrefix(string(row.Value), `{"v":1,`) {
		t.Errorf("%s, %v", row.Value, err)
	}
	for _, half := range []refresh.Account{{Issuer: "https://id.example"}, {Subject: "alice"}} {
		g.Account = half
		if _, _, err := f.Begin(t.Context(), g, home); !errors.Is(err, refresh.ErrGrant) {
			t.Errorf("%+v: %v", half, err)
		}
	}
}
