package console

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
)

const (
	maxSignIns = 100
	idleTime   = 30 * time.Minute // without a page that somebody asked for
	wholeTime  = issuance.ConsoleLifetime
)

// SignIns are the operators who are signed in, by the cookie that says so: up to
// 100, of whom the one who was idle for longest gives way. They live in memory
// and end with the process. The zero value has nobody. It is safe for
// concurrent use.
type SignIns struct {
	mu   sync.Mutex
	byID map[[sha256.Size]byte]*signedIn // by the hash of the cookie: a look-up tells nothing of it by its time
}

// A signedIn is what a cookie stands for: an API key, or a person whom a
// provider vouched for.
type signedIn struct {
	key    edgeward.Secret    // zero for a person
	person *edgeward.Identity // nil for a key
	name   string             // for display

	began, seen time.Time
}

var (
	errSignedOut = fmt.Errorf("console: no such sign-in, or it has ended: %w", edgeward.SessionUnknown)
	errIdle      = fmt.Errorf("console: the sign-in was idle for too long, or is over: %w", edgeward.SessionExpired)
)

// add signs somebody in and returns the cookie's value.
func (s *SignIns) add(in signedIn, now time.Time) edgeward.Secret {
	value := rand.Text() + rand.Text()
	in.began, in.seen = now, now
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[[sha256.Size]byte]*signedIn{}
	}
	s.makeRoom()
	s.byID[sha256.Sum256([]byte(value))] = &in
	return edgeward.NewSecret(value)
}

func (s *SignIns) makeRoom() {
	if len(s.byID) < maxSignIns {
		return
	}
	var oldest [sha256.Size]byte
	for id, in := range s.byID {
		if held := s.byID[oldest]; held == nil || in.seen.Before(held.seen) {
			oldest = id
		}
	}
	delete(s.byID, oldest)
}

// find returns what a cookie stands for; use says that somebody asked for a
// page, and begins the idle time anew.
func (s *SignIns) find(cookie edgeward.Secret, now time.Time, use bool) (signedIn, error) {
	id := sha256.Sum256([]byte(cookie.Reveal()))
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.byID[id]
	if in == nil {
		return signedIn{}, errSignedOut
	}
	if now.Sub(in.seen) >= idleTime || now.Sub(in.began) >= wholeTime {
		delete(s.byID, id)
		return signedIn{}, errIdle
	}
	if use {
		in.seen = now
	}
	return *in, nil
}

// remove signs somebody out.
func (s *SignIns) remove(cookie edgeward.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, sha256.Sum256([]byte(cookie.Reveal())))
}
