package server

import (
	"net"
	"net/http"
	"slices"
	"testing"
	"time"
)

// A room is a listener without sockets, at a time of the test's own.
type room struct {
	*connections
	time time.Time
}

func newRoom(most int) *room {
	r := &room{limit(nil, most), time.Unix(1_800_000_000, 0)}
	r.now = func() time.Time { return r.time }
	return r
}

// arrive admits n connections, a millisecond apart.
func (r *room) arrive(n int) (all []*conn) {
	for range n {
		admitted, _ := r.admit(&net.TCPConn{}) // closing it fails, and it is forgotten all the same
		cn, _ := admitted.(*conn)
		r.changed(cn, http.StateNew)
		r.time = r.time.Add(time.Millisecond)
		all = append(all, cn)
	}
	return all
}

// speak lets connections ask one request each and have it answered.
func (r *room) speak(all []*conn) {
	for _, cn := range all {
		r.changed(cn, http.StateActive)
		r.changed(cn, http.StateIdle)
		r.time = r.time.Add(time.Millisecond)
	}
}

func gone(all []*conn) (which []int) {
	for i, cn := range all {
		if cn.gone {
			which = append(which, i)
		}
	}
	return which
}

func to(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// TestNewcomersAreHeard: where all others keep a connection between two requests,
// a second of newcomers is admitted at once and none is closed before it speaks.
func TestNewcomersAreHeard(t *testing.T) {
	r := newRoom(2000)
	held := r.arrive(2000)
	r.speak(held)
	for second := range 30 { // until the bound is full of those who came later
		newcomers := r.arrive(100)
		if dropped := gone(newcomers); len(dropped) > 0 {
			t.Fatalf("second %d: %d of 100 newcomers were closed before they could speak", second, len(dropped))
		}
		r.speak(newcomers)
		r.time = r.time.Add(800 * time.Millisecond)
	}
	if n := len(gone(held)); n != 2000 {
		t.Errorf("%d of the 2,000 that waited longest are gone", n)
	}
}

// TestWhoMakesRoom: who has waited longest, and of those who never spoke only
// who has had time to.
func TestWhoMakesRoom(t *testing.T) {
	t.Run("the idle before the fresh", func(t *testing.T) {
		r := newRoom(20)
		fresh, idle := r.arrive(10), r.arrive(10)
		r.speak(idle)
		r.arrive(10)
		if dropped := gone(fresh); len(dropped) > 0 {
			t.Errorf("%v of the fresh", dropped)
		}
		if dropped := gone(idle); len(dropped) != 10 {
			t.Errorf("%v of the idle, want all", dropped)
		}
	})
	t.Run("the longest idle first", func(t *testing.T) {
		r := newRoom(20)
		idle := r.arrive(20)
		r.speak(idle)
		r.speak(idle[:10]) // again
		r.arrive(5)
		if dropped := gone(idle); !slices.Equal(dropped, []int{10, 11, 12, 13, 14}) {
			t.Errorf("%v", dropped)
		}
	})
	t.Run("who has said nothing for long before who spoke since", func(t *testing.T) {
		r := newRoom(20)
		fresh := r.arrive(10)
		r.time = r.time.Add(patience)
		r.speak(r.arrive(10))
		r.arrive(10)
		if dropped := gone(fresh); !slices.Equal(dropped, to(10)) {
			t.Errorf("%v of those who said nothing", dropped)
		}
	})
	t.Run("of those who say nothing the oldest", func(t *testing.T) {
		r := newRoom(20)
		silent := r.arrive(50)
		if dropped := gone(silent); !slices.Equal(dropped, to(30)) {
			t.Errorf("%v", dropped)
		}
	})
	t.Run("who has a request in flight never", func(t *testing.T) {
		r := newRoom(20)
		busy := r.arrive(19)
		for _, cn := range busy {
			r.changed(cn, http.StateActive)
		}
		r.time = r.time.Add(time.Hour)
		r.arrive(50)
		if dropped := gone(busy); len(dropped) > 0 {
			t.Errorf("%v", dropped)
		}
	})
}

// TestWhoIdlesWhereItIsCrowded: less than a quarter of the room is left.
func TestWhoIdlesWhereItIsCrowded(t *testing.T) {
	for rule, row := range map[string]struct {
		held, left int
		waited     time.Duration
	}{
		"room enough":               {14, 14, time.Minute},
		"crowded, and idle a while": {16, 16, crowdedIdle - time.Second},
		"crowded, and idle long":    {16, 14, crowdedIdle},
	} {
		r := newRoom(20)
		held := r.arrive(row.held)
		r.speak(held)
		r.time = r.time.Add(row.waited)
		r.arrive(1)
		if left := row.held - len(gone(held)); left != row.left {
			t.Errorf("%s: %d of %d are left, want %d", rule, left, row.held, row.left)
		}
	}
}
