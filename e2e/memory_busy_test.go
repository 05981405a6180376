package e2e

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"

	_ "modernc.org/sqlite"
)

// Another program that writes to the store's file delays the gateway's writes.
// The refresh that waits succeeds, or is told to come again, and nobody else
// notices.
func TestADelayedStoreIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k, unseen := h.issue("ada"), h.issue("eve")
	h.expect("before", k, nil)
	first := h.refresh(k.refresh).Refresh
	release := h.takePen()
	waiting := make(chan tokenAnswer, 1)
	go func() { waiting <- h.refresh(unseen.refresh) }()
	for range 5 {
		h.living("delayed", "/orders", k)
		h.living("delayed, not seen before", "/orders", unseen)
		if a := h.refresh(k.refresh); a.status != 200 || a.Refresh != first {
			t.Errorf("the answer of a rotation that happened: status %d %s", a.status, a.Error)
		}
	}
	release()
	a := <-waiting
	if a.status == 503 { // the machine was slower than the gateway's patience
		h.retryable("the refresh that waited", a)
	} else if a.status != 200 {
		t.Fatalf("the refresh that waited: status %d %s", a.status, a.Error)
	}
	again := h.refresh(unseen.refresh)
	if again.status != 200 || a.status == 200 && again.Refresh != a.Refresh {
		t.Errorf("asked again: status %d %s, or another successor", again.status, again.Error)
	}
	h.expect("at last", unseen, nil)
}

// A store that takes no write for longer than anybody waits: what has to be
// written down is 503, and whoever has a credential gets through. How long the
// node goes on without hearing of revocations is each route's own choice.
func TestAStoreThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", `
  asking: {max_staleness: 100ms, when_stale: ask}
  denying: {max_staleness: 3s, when_stale: deny}
`)
	h.start()
	h.ready()
	cached, unseen, dead := h.issue("ada"), h.issue("eve"), h.issue("mallory")
	h.expect("before", cached, nil)
	h.living("before", "/denying", cached)
	h.must(h.api.EndSession(t.Context(), dead.sessionID))
	h.must(h.oauthRevoke(dead.refresh))
	h.must(h.api.RevokeAPIKey(t.Context(), dead.keyID))

	release := h.takePen()
	h.refusesWrites(unseen)
	eventually(t, "it says so to who watches it", patience, func() bool { return answers("http://"+h.admin+"/readyz", 503) })
	for _, path := range []string{"/orders", "/asking"} {
		h.living("remembered", path, cached)
		h.living("not seen before", path, unseen)
	}
	for method, field := range cached.fields() {
		eventually(t, "deny refuses "+method, patience, func() bool { return h.everywhere(503, "/denying", field) })
		h.wantsAtEachDoor(503, "deny: "+method, "/denying", field)
	}
	for method, field := range dead.fields() {
		h.wantsAtEachDoor(401, "revoked "+method, "/orders", field)
		h.wantsAtEachDoor(401, "revoked "+method, "/asking", field)
		for door, a := range h.doors("/denying", field) {
			if a.status != 401 && a.status != 503 {
				t.Errorf("revoked %s where stale knowledge denies, at %s: status %d", method, door, a.status)
			}
		}
	}

	release()
	eventually(t, "it is ready again", patience, func() bool { return answers("http://"+h.admin+"/readyz", 200) })
	eventually(t, "deny lets in again", patience, func() bool { return h.everywhere(200, "/denying", cached.bearer) })
	for _, when := range []string{"released", "after a restart"} {
		h.expect(when+": remembered", cached, nil)
		h.expect(when+": not seen before", unseen, nil)
		h.expect(when+": revoked", dead, []string{"api_key", "bearer", "session", "refresh"})
		if when == "released" {
			h.expect("released: new", h.issue("bob"), nil)
			h.restart()
		}
	}
}

// refusesWrites holds everything that has to be written down to a 503. The
// requests come at once, because each waits for as long as the store does.
func (h *hybrid) refusesWrites(k kit) {
	h.t.Helper()
	var asking sync.WaitGroup
	for path, body := range map[string]string{
		"/v1/sessions":        `{"subject":"x"}`,
		"/v1/tokens":          `{"subject":"x"}`,
		"/v1/api-keys":        `{"subject":"x"}`,
		"/v1/revocations":     `{"scope":"family","value":"` + k.family + `"}`,
		"/v1/subjects/logout": `{"subject":"` + k.subject + `"}`,
	} {
		asking.Go(func() {
			if status := h.postStatus(path, body); status != 503 {
				h.t.Errorf("%s: status %d, want 503", path, status)
			}
		})
	}
	asking.Go(func() { h.retryable("refresh", h.refresh(k.refresh)) })
	asking.Go(func() {
		if err := h.oauthRevoke(k.refresh); err == nil {
			h.t.Error("a revocation is said to hold that is not written down")
		}
	})
	asking.Wait()
}

// retryable wants the 503 after which the same token is right.
func (h *hybrid) retryable(what string, a tokenAnswer) {
	h.t.Helper()
	if a.status != 503 || a.after == "" {
		h.t.Errorf("%s: status %d %s, Retry-After %q (%v)", what, a.status, a.Error, a.after, a.err)
	}
}

// living wants every credential of k let in at every door.
func (h *hybrid) living(what, path string, k kit) {
	h.t.Helper()
	for method, field := range k.fields() {
		h.wantsAtEachDoor(200, what+": "+method, path, field)
	}
}

// takePen begins to write to the store's file as another program, so that
// nobody else can until release is called.
func (h *hybrid) takePen() (release func()) {
	h.t.Helper()
	db, err := sql.Open("sqlite", h.store())
	h.must(err)
	c, err := db.Conn(context.Background())
	h.must(err)
	_, err = c.ExecContext(context.Background(), "PRAGMA busy_timeout = 30000; BEGIN IMMEDIATE")
	h.must(err)
	release = sync.OnceFunc(func() {
		_, err := c.ExecContext(context.Background(), "ROLLBACK")
		if err = errors.Join(err, c.Close(), db.Close()); err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(release)
	return release
}
