package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

// kills returns how often the storm kills the gateway: 25 times, 10 with
// -short, and EDGEWARD_KILLS times for a longer look.
func kills(t *testing.T) int {
	if text := os.Getenv("EDGEWARD_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("EDGEWARD_KILLS=%s is no number of kills", text)
		}
		return n
	}
	if testing.Short() {
		return 10
	}
	return 25
}

// The gateway is killed (SIGKILL) again and again while clients refresh, each
// token twice at once, and credentials are taken back. Whatever was
// acknowledged holds: a token that was given works, each token has one
// successor, nobody is called a thief, and what was revoked stays dead.
func TestAKillDuringARefreshStormLosesNothing(t *testing.T) {
	t.Parallel()
	s := &storm{hybrid: newHybrid(t, newUpstream(t)), t: t, successors: map[string]string{}, end: make(chan struct{})}
	for i := range 16 {
		s.families = append(s.families, s.begin(fmt.Sprint("user-", i)))
	}
	var clients sync.WaitGroup
	for _, f := range s.families {
		clients.Go(func() { s.keepRefreshing(f) })
	}
	for i := range 4 {
		clients.Go(func() { s.keepRevoking(fmt.Sprint("victim-", i)) })
	}
	n := kills(t)
	for range n {
		s.progress(40)
		time.Sleep(rand.N(20 * time.Millisecond)) // at any moment of a commit
		s.kill()
	}
	s.progress(40)
	close(s.end)
	clients.Wait()
	s.settle()
	t.Logf("%d kills, %d refreshes acknowledged, %d without an answer, %d credentials taken back", n, s.acknowledged.Load(), s.unknown.Load(), len(s.dead))
}

// A storm is a gateway under clients that go on whatever happens to it.
type storm struct {
	*hybrid
	t        *testing.T
	families []*family
	end      chan struct{}

	up                    sync.RWMutex // held for writing while the gateway is down
	acknowledged, unknown atomic.Int64

	mu         sync.Mutex        // guards what follows
	successors map[string]string // of each refresh token, as it was first told
	dead       []kit             // whose revocation was acknowledged
}

// A family is what one client holds. Its newest token is last.
type family struct{ tokens []string }

func (s *storm) begin(subject string) *family {
	pair, err := s.api.MintPair(s.t.Context(), client.NewPair{Subject: subject})
	s.must(err)
	return &family{tokens: []string{pair.RefreshToken.Reveal()}}
}

// ended reports whether the storm is over.
func (s *storm) ended() bool {
	select {
	case <-s.end:
		return true
	default:
		return false
	}
}

// ask refreshes with token while the gateway is up, and remembers the
// successor. ok is false when nothing is known of what became of it.
func (s *storm) ask(token string) (successor string, ok bool) {
	s.waitUntilUp()
	a := s.refresh(token)
	switch {
	case a.status == 200:
		s.acknowledged.Add(1)
		s.remember(token, a.Refresh)
		return a.Refresh, true
	case a.status == 0 || a.status == 503:
		s.unknown.Add(1)
		return "", false
	default:
		s.t.Errorf("a token that was given is refused: status %d %s", a.status, a.Error)
		return "", false
	}
}

func (s *storm) waitUntilUp() {
	s.up.RLock()
	defer s.up.RUnlock()
}

func (s *storm) remember(token, successor string) {
	if successor == token { // within grace of the rotation that gave it
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, told := s.successors[token]; told && first != successor {
		s.t.Error("one token has two successors")
	}
	s.successors[token] = successor
}

// keepRefreshing refreshes as a browser with two tabs does: both with the same
// token, and again with it when neither got an answer.
func (s *storm) keepRefreshing(f *family) {
	for !s.ended() && !s.t.Failed() {
		token := f.tokens[len(f.tokens)-1]
		var tabs sync.WaitGroup
		var got [2]string
		for tab := range got {
			tabs.Go(func() { got[tab], _ = s.ask(token) })
		}
		tabs.Wait()
		next := got[0]
		if next == "" {
			next = got[1]
		}
		if next == "" {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		f.tokens = append(f.tokens, next)
		if next == token { // it rotates no more within grace: on with another login
			f = s.another(f)
		}
	}
}

// another begins one more family, or returns f when nobody answers.
func (s *storm) another(f *family) *family {
	s.waitUntilUp()
	pair, err := s.api.MintPair(s.t.Context(), client.NewPair{Subject: "again"})
	if err != nil {
		return f
	}
	f = &family{tokens: []string{pair.RefreshToken.Reveal()}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.families = append(s.families, f)
	return f
}

// progress waits until n more refreshes were acknowledged.
func (s *storm) progress(n int64) {
	s.t.Helper()
	goal := s.acknowledged.Load() + n
	for deadline := time.Now().Add(patience); s.acknowledged.Load() < goal; time.Sleep(time.Millisecond) {
		if s.t.Failed() {
			s.t.FailNow()
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no progress: %d of %d refreshes", s.acknowledged.Load(), goal)
		}
	}
}

// kill ends the gateway without a warning and starts it again. Clients that
// are in the middle of a request see it break off; new ones wait, so that no
// outgoing connection takes the port.
func (s *storm) kill() {
	s.t.Helper()
	s.up.Lock()
	defer s.up.Unlock()
	s.process.kill()
	s.start()
}

// settle looks at everything once more, in peace.
func (s *storm) settle() {
	s.ready()
	for _, k := range s.dead {
		s.stillDead(k)
	}
	for _, f := range s.families {
		s.settleFamily(f)
	}
}

// settleFamily shows that the newest token of a family is alive, with one
// successor.
func (s *storm) settleFamily(f *family) {
	newest := f.tokens[len(f.tokens)-1]
	next, ok := s.ask(newest)
	if again, same := s.ask(newest); !ok || !same || again != next {
		s.t.Error("the newest token has no successor, or two")
	}
}
