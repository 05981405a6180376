package e2e

import (
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// Row 23: a session ends when it was not used for its idle time, and at its
// absolute end whatever its use. A minute is the shortest of either, so the
// sign-ins of this test were a while ago.
func TestASessionEndsIdleAndAtItsAbsoluteEnd(t *testing.T) {
	t.Parallel()
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
	h.configure("sessions: {}", "sessions: {idle: 60s}")
	p := h.openPast(35 * time.Second)
	unused, used, ending := p.signIn("unused", 0), p.signIn("used", 0), p.signIn("ending", time.Minute)
	p.close()
	h.start()
	h.ready()
	h.wantsAtEachDoor(200, "the used one", "/orders", used.field())
	h.wantsAtEachDoor(200, "the ending one", "/orders", ending.field())
	renewed, err := h.api.CreateSession(t.Context(), client.NewSession{Subject: "ending", Replaces: client.Handed{Secret: ending.value}})
	h.must(err)
	if !renewed.Session.Expires.Equal(ending.Expires) {
		t.Errorf("a step-up moved the absolute end from %v to %v", ending.Expires, renewed.Session.Expires)
	}
	cookie := "Cookie: " + renewed.Cookie.Reveal()

	// Both are used from here on, but one has an absolute end.
	eventually(t, "the session whose absolute end has come is refused at each door", patience+time.Minute, func() bool {
		h.wantsAtEachDoor(200, "the used one", "/orders", used.field())
		over := h.everywhere(401, "/orders", cookie)
		if over && time.Now().Before(ending.Expires) {
			t.Error("it was refused before its end")
		}
		return over
	})
	eventually(t, "the session that nobody used is listed no more", patience+time.Minute, func() bool {
		h.wantsAtEachDoor(200, "the used one", "/orders", used.field())
		return !h.listed("unused")
	})
	for _, when := range []string{"at last", "after a restart"} {
		h.wantsAtEachDoor(200, when+": the used one", "/orders", used.field())
		h.wantsAtEachDoor(401, when+": the unused one", "/orders", unused.field())
		h.wantsAtEachDoor(401, when+": the one at its end", "/orders", cookie)
		h.wantsAtEachDoor(401, when+": what it was before", "/orders", ending.field())
		if when == "at last" {
			h.restart()
		}
	}
	_, err = h.api.CreateSession(t.Context(), client.NewSession{Subject: "ending", Replaces: client.Handed{Secret: renewed.Cookie.Secret}})
	if err == nil {
		t.Error("a step-up brought an ended session back")
	}
}

// Row 23: no refresh extends the absolute end of a family, however often it
// rotates.
func TestNoRefreshMovesTheEndOfAFamily(t *testing.T) {
	t.Parallel()
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
	h.configure("refresh_grace: 300s", "refresh_grace: 1s")
	p := h.openPast(45 * time.Second)
	newest, family := p.logIn("ada")
	p.close()
	h.start()
	h.ready()
	rotations := 0
	eventually(t, "the family has ended", patience+time.Minute, func() bool {
		a := h.refresh(newest)
		switch {
		case a.status == 200 && a.Refresh == newest: // within grace
		case a.status == 200:
			rotations++
			newest = a.Refresh
		case a.status != 400 || a.Error != "invalid_grant":
			t.Fatalf("after %d rotations: status %d %s", rotations, a.status, a.Error)
		case time.Until(family.Expires) > 2*time.Second: // no access token can end within the last one
			t.Fatalf("after %d rotations it was refused before its end", rotations)
		}
		return a.status == 400
	})
	if rotations < 2 {
		t.Errorf("%d rotations before the end", rotations)
	}
	if thefts := h.audited("reused"); len(thefts) != 0 {
		t.Errorf("audited as theft: %+v", thefts)
	}
}

// A past is the store before the gateway has started, with a clock that is
// behind.
type past struct {
	hybrid *hybrid
	store  *sqlitestore.Store
	root   keyring.Root
	now    func() time.Time
}

func (h *hybrid) openPast(ago time.Duration) *past {
	h.t.Helper()
	_, err := binary() // building it takes longer than what begins here lives
	h.must(err)
	root, err := keyring.NewRoot(edgeward.NewSecret(h.read("secret")))
	h.must(err)
	var s *sqlitestore.Store
	eventually(h.t, "the lock is free", patience, func() bool { // a child that is being started has it until it runs
		s, err = sqlitestore.Open(sqlitestore.Config{Path: h.store()})
		return !errors.Is(err, sqlitestore.ErrInUse)
	})
	h.must(err)
	then := time.Now().Add(-ago).Truncate(time.Millisecond) // as rows keep it
	return &past{hybrid: h, store: s, root: root, now: func() time.Time { return then }}
}

func (p *past) close() { p.hybrid.must(p.store.Close()) }

func (p *past) derive(purpose keyring.Purpose) edgeward.Secret {
	p.hybrid.t.Helper()
	key, err := p.root.Derive(purpose)
	p.hybrid.must(err)
	return key
}

// A signedIn is a session and its cookie value.
type signedIn struct {
	session.Session
	value edgeward.Secret
}

func (s signedIn) field() string { return "Cookie: " + cookieName + "=" + s.value.Reveal() }

// signIn makes a session with an absolute lifetime, the usual one if that is 0.
func (p *past) signIn(subject string, absolute time.Duration) signedIn {
	p.hybrid.t.Helper()
	m, err := session.New(session.Config{Store: p.store, Key: p.derive(keyring.SessionHash), Idle: time.Minute, Absolute: absolute, Now: p.now})
	p.hybrid.must(err)
	value, s, err := m.Create(p.hybrid.t.Context(), session.Grant{Issuer: ownIssuer, Subject: subject})
	p.hybrid.must(err)
	return signedIn{s, value}
}

// logIn begins a refresh family that lives for a minute.
func (p *past) logIn(subject string) (token string, f refresh.Family) {
	p.hybrid.t.Helper()
	m, err := refresh.New(refresh.Config{Store: p.store, Key: p.derive(keyring.RefreshMAC), Lifetime: time.Minute, Now: p.now})
	p.hybrid.must(err)
	secret, f, err := m.Begin(p.hybrid.t.Context(), refresh.Grant{Issuer: ownIssuer, Subject: subject}, edgeward.Client{})
	p.hybrid.must(err)
	return secret.Reveal(), f
}
