package door_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// seconds is how long a storm lasts. From full on it is the whole of it.
func seconds() int {
	if n, err := strconv.Atoi(os.Getenv("EDGEWARD_SECONDS")); err == nil {
		return n
	}
	return 5
}

const full = 60

// successor uses a refresh token and returns the next one, "" and why not.
func (l *lab) successor(token string) (string, error) {
	a, err := l.ask("POST", "/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode(), "Content-Type: application/x-www-form-urlencoded")
	if err != nil {
		return "", err
	}
	var pair struct {
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(a.body, &pair); err != nil || a.StatusCode != 200 {
		return "", fmt.Errorf("status %d: %s", a.StatusCode, a.body)
	}
	return pair.Refresh, nil
}

// Row 31: parallel uses of one token have one successor, the same for all.
func TestParallelRotations(t *testing.T) {
	l := newLab(t, nil, nil)
	for _, tabs := range []int{30, 300} {
		pair := l.admin(t, "POST", "/v1/tokens", `{"subject":"alice"}`)
		next := make([]string, tabs)
		var wait sync.WaitGroup
		for i := range next {
			wait.Go(func() {
				var err error
				if next[i], err = l.successor(pair["refresh_token"]); err != nil {
					t.Errorf("%d tabs: %v", tabs, err)
				}
			})
		}
		wait.Wait()
		for _, token := range next {
			if token != next[0] || token == pair["refresh_token"] {
				t.Fatalf("%d tabs: another successor", tabs)
			}
		}
		if _, err := l.successor(next[0]); err != nil {
			t.Errorf("the successor: %v", err)
		}
	}
}

// What was acknowledged has been told to a client, and may not be lost. What was
// not is "".
type acknowledged struct {
	token, next   string // a refresh token, and its successor
	cookie, ended string // of two sessions, the second one ended
}

// TestPowerCuts: the runtime is killed in the middle of writes and started on
// what is on disk. Nothing that was acknowledged is lost.
func TestPowerCuts(t *testing.T) {
	cuts := 5
	if seconds() >= full {
		cuts = 50
	}
	l := newLab(t, nil, map[string]any{"state": t.TempDir()})
	checked := 0
	for range cuts {
		facts := l.untilThePowerFails(t)
		*l.workerd = *start(t, l.options)
		checked += len(facts)
		var wait sync.WaitGroup
		for _, fact := range facts {
			wait.Go(func() { l.remembers(t, fact) })
		}
		wait.Wait()
	}
	if t.Logf("%d cuts, %d acknowledged rotations, sessions and logouts", cuts, checked); checked == 0 {
		t.Error("nothing was ever acknowledged")
	}
}

// untilThePowerFails has clients write until the runtime is killed.
func (l *lab) untilThePowerFails(t *testing.T) []acknowledged {
	var mu sync.Mutex
	var facts []acknowledged
	var clients sync.WaitGroup
	cut := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				fact, err := l.write()
				select {
				case <-cut:
				default:
					if err != nil {
						t.Errorf("before the cut: %v", err)
					}
				}
				mu.Lock()
				if fact.token != "" {
					facts = append(facts, fact)
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	for begun := false; !begun; { // the first answer takes as long as the machine is busy
		time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond)
		mu.Lock()
		begun = len(facts) > 0 || t.Failed()
		mu.Unlock()
	}
	close(cut)
	l.kill()
	clients.Wait()
	return facts
}

// write has a few things acknowledged, until one is not.
func (l *lab) write() (fact acknowledged, err error) {
	pair, err := l.made("POST", "/v1/tokens", `{"subject":"alice"}`)
	if err != nil {
		return fact, err
	}
	fact.token = pair["refresh_token"]
	if fact.next, err = l.successor(fact.token); err != nil {
		return fact, err
	}
	const grant = `{"issuer":"https://edge.example/","subject":"bob"}`
	session, err := l.made("POST", "/v1/sessions", grant)
	if err != nil {
		return fact, err
	}
	fact.cookie = session["cookie"]
	if session, err = l.made("POST", "/v1/sessions", grant); err != nil {
		return fact, err
	}
	if _, err = l.made("DELETE", "/v1/sessions/"+session["id"], ""); err == nil {
		fact.ended = session["cookie"]
	}
	return fact, err
}

// remembers holds the Worker to a fact. Whoever got no answer to a rotation tries
// again, and is no thief.
func (l *lab) remembers(t *testing.T, fact acknowledged) {
	if next, err := l.successor(fact.token); err != nil || fact.next != "" && next != fact.next {
		t.Errorf("a retry of a rotation: %q instead of %q, %v", next, fact.next, err)
	}
	for cookie, status := range map[string]int{fact.cookie: 200, fact.ended: 401} {
		if a, err := l.ask("GET", "/api/x", "", "Cookie: "+cookie); cookie != "" && (err != nil || a.StatusCode != status) {
			t.Errorf("a session: %v %s, want %d", err, a.body, status)
		}
	}
}
