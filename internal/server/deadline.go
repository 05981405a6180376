package server

import (
	"os"
	"sync"
	"time"
)

// deadlineSlack is how much sooner than it was asked for a deadline may come.
// Nobody who waits for a client asks for less than seconds.
const deadlineSlack = time.Second

// A deadline is that of reading from a connection, or of writing to it. Around
// every request net/http asks for six and a door for one more, of which most are
// replaced before anything waits, and a timer that is moved costs about as much
// as the decision. So a deadline is kept until something waits, and the timer is
// left where it is when that is at most a second sooner.
//
// What waits is never let wait longer than it was asked for.
type deadline struct {
	arm func(time.Time) error // sets the timer of the connection

	mu      sync.Mutex // guards all below; held for a few instructions only
	wanted  time.Time  // zero: none
	armed   time.Time  // where the timer is; zero: none
	waiting int        // calls that the timer bounds
}

// set asks for t, also for the calls that are waiting.
func (d *deadline) set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = t
	if d.waiting == 0 || d.serves() {
		return nil
	}
	return d.move()
}

// begin is called before a call that may wait, and end after it. An error says
// that it must not begin: the deadline is over, or the connection is.
func (d *deadline) begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.serves() {
		if !d.wanted.IsZero() && time.Until(d.wanted) <= 0 {
			return os.ErrDeadlineExceeded
		}
		if err := d.move(); err != nil {
			return err
		}
	}
	d.waiting++
	return nil
}

func (d *deadline) end() {
	d.mu.Lock()
	d.waiting--
	d.mu.Unlock()
}

// move sets the timer to what is wanted.
func (d *deadline) move() error {
	d.armed = d.wanted
	return d.arm(d.wanted)
}

// serves reports whether the timer can stay where it is: a little sooner than
// what is wanted, and far enough ahead that it has not fired.
func (d *deadline) serves() bool {
	if d.wanted.IsZero() || d.armed.IsZero() {
		return d.wanted.Equal(d.armed)
	}
	sooner := d.wanted.Sub(d.armed)
	return 0 <= sooner && sooner <= deadlineSlack && time.Until(d.armed) > deadlineSlack
}
