package e2e

import (
	"os"
	"sync"
	"syscall"
	"testing"
)

// A store that can neither be read nor written. Who proves himself without it
// gets through; whoever needs it is told to come again, never that he proved
// nothing. A route that asks the store about revocations cannot tell, either.
func TestAStoreThatCannotBeRead(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED with -short: whoever needs the store waits two seconds, each time")
	}
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", `
  patient: {max_staleness: 24h}
  asking: {max_staleness: 100ms, when_stale: ask}
  denying: {max_staleness: 3s, when_stale: deny}
`)
	h.start()
	h.ready()
	cached, unseen, dead := h.issue("ada"), h.issue("eve"), h.issue("mallory")
	h.living("before", "/patient", cached)
	h.living("before", "/asking", cached)
	h.must(h.oauthRevoke(dead.refresh))

	thaw := h.freeze()
	h.wantsAtEachDoor(200, "a token that is remembered", "/patient", cached.bearer)
	h.wantsAtEachDoor(200, "a token not seen before", "/patient", unseen.bearer)
	h.wantsAtEachDoor(401, "a revoked token", "/patient", dead.bearer)
	h.wantsAtEachDoor(401, "no credential", "/patient", "X-None: 1")
	eventually(t, "deny refuses", patience, func() bool { return h.everywhere(503, "/denying", cached.bearer) })
	var asking sync.WaitGroup // each waits for two seconds
	for what, ask := range map[string]func() answer{
		"a token where the store is asked": func() answer { return h.get("/asking", cached.bearer) },
		"a session not seen before":        func() answer { return h.get("/patient", unseen.session) },
		"an API key not seen before":       func() answer { return h.get("/patient", unseen.apiKey) },
		"a refresh":                        func() answer { return h.refreshFrom("192.0.2.1", unseen.refresh) },
	} {
		asking.Go(func() {
			a := ask()
			if a.status != 503 {
				t.Errorf("%s: status %d, want 503", what, a.status)
			}
			h.comesAgain(what, a)
		})
	}
	asking.Wait()
	h.wantsAtEachDoor(200, "afterwards: a token", "/patient", cached.bearer)

	thaw()
	eventually(t, "it is ready again", patience, func() bool { return answers("http://"+h.admin+"/readyz", 200) })
	eventually(t, "deny lets in again", patience, func() bool { return h.everywhere(200, "/denying", cached.bearer) })
	h.living("thawed", "/asking", cached)
	h.expect("thawed: remembered", cached, nil)
	h.expect("thawed: not seen before", unseen, nil)
	h.expect("thawed: revoked", dead, []string{"bearer", "refresh"})
	h.restart()
	h.expect("restarted: not seen before", unseen, nil)
	h.expect("restarted: revoked", dead, []string{"bearer", "refresh"})
}

// The locks of SQLite's write-ahead log are bytes of the -shm file
// (https://sqlite.org/walformat.html, section 2.3.1).
const (
	walLocks     = 120
	walLockCount = 8
)

// freeze takes every lock of the write-ahead log, so that nobody reads or
// writes until thaw is called.
func (h *hybrid) freeze() (thaw func()) {
	h.t.Helper()
	f, err := os.OpenFile(h.store()+"-shm", os.O_RDWR, 0)
	h.must(err)
	h.must(syscall.FcntlFlock(f.Fd(), syscall.F_SETLKW, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: walLocks, Len: walLockCount}))
	thaw = sync.OnceFunc(func() {
		if err := f.Close(); err != nil { // which gives the locks back
			h.t.Error(err)
		}
	})
	h.t.Cleanup(thaw)
	return thaw
}
