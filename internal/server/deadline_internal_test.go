package server

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A timer stands for the connection below a deadline.
type timer struct {
	at    time.Time
	moves int
}

func (tm *timer) arm(t time.Time) error { tm.at, tm.moves = t, tm.moves+1; return nil }

// How long clients may take rests on this: whatever was asked for before,
// while something waits the timer is never later than what was asked for last,
// and at most the slack sooner.
func TestADeadlineNeverComesLate(t *testing.T) {
	const none = -1 // SetDeadline(time.Time{})
	for rule, asked := range map[string][]time.Duration{
		"none":                          {none},
		"one":                           {10 * time.Second},
		"again":                         {10 * time.Second, 10 * time.Second},
		"sooner":                        {time.Minute, 10 * time.Second},
		"a little sooner":               {10 * time.Second, 9900 * time.Millisecond},
		"later":                         {10 * time.Second, time.Minute},
		"a little later":                {10 * time.Second, 10500 * time.Millisecond},
		"none any more":                 {10 * time.Second, none},
		"again after none":              {10 * time.Second, none, 10 * time.Second},
		"after one that is about over":  {500 * time.Millisecond, 1400 * time.Millisecond},
		"over and over, a little later": {10 * time.Second, 10900 * time.Millisecond, 11800 * time.Millisecond, 12700 * time.Millisecond},
	} {
		for _, waits := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var tm timer
				d := deadline{arm: tm.arm}
				if waits {
					_ = d.begin()
				}
				var want time.Time
				for _, after := range asked {
					want = time.Time{}
					if after != none {
						want = time.Now().Add(after)
					}
					_ = d.set(want)
					if !waits { // what waits now and then leaves a timer behind
						_ = d.begin()
						d.end()
					}
					if tm.at.IsZero() != want.IsZero() || tm.at.After(want) || want.Sub(tm.at) > deadlineSlack {
						t.Errorf("%s, waiting: %v: the timer is %v before what was asked for", rule, waits, want.Sub(tm.at))
					}
				}
			})
		}
	}
}

// A timer that has fired fails whatever follows, until it is moved.
func TestADeadlineThatIsOverIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tm timer
		d := deadline{arm: tm.arm}
		_ = d.set(time.Now().Add(time.Second))
		_ = d.begin()
		d.end()
		time.Sleep(time.Second)
		if err := d.begin(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("begin after the deadline: %v", err)
		}
		want := time.Now().Add(900 * time.Millisecond)
		_ = d.set(want)
		if err := d.begin(); err != nil || !tm.at.Equal(want) {
			t.Errorf("%v; the timer is at %v, want %v", err, tm.at, want)
		}
	})
}

// What this is for: a request and its answer, as net/http and a door ask.
func TestARequestMovesNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var in, out timer
		reading, writing := deadline{arm: in.arm}, deadline{arm: out.arm}
		wait := func(d *deadline) {
			if err := d.begin(); err == nil {
				d.end()
			}
		}
		const requests = 100 // within a tenth of a second
		for range requests {
			_ = reading.set(time.Now().Add(idleTimeout))
			wait(&reading)
			_ = reading.set(time.Time{})
			_ = reading.set(time.Now().Add(headerTimeout))
			_ = reading.set(time.Now().Add(requestTimeout))
			_ = writing.set(time.Now().Add(30 * time.Second))
			_ = reading.set(time.Unix(1, 0)) // ends the background read
			wait(&reading)
			_ = reading.set(time.Time{})
			wait(&writing)
			_ = writing.set(time.Time{})
			time.Sleep(time.Millisecond)
		}
		if in.moves != 1 || out.moves != 1 {
			t.Errorf("%d requests moved the timers %d and %d times", requests, in.moves, out.moves)
		}
	})
}

// A deadline that passes ends what is waiting, by whichever way it waits, and
// one that is taken back lets it go on.
func TestADeadlineEndsWhatWaits(t *testing.T) {
	past := time.Unix(1, 0)
	for way, wait := range map[string]func(cn *conn) error{
		"Read":     func(cn *conn) error { _, err := cn.Read(make([]byte, 1)); return err },
		"WriteTo":  func(cn *conn) error { _, err := cn.WriteTo(io.Discard); return err },
		"Write":    func(cn *conn) error { _, err := cn.Write(make([]byte, 64<<20)); return err },
		"ReadFrom": func(cn *conn) error { _, err := cn.ReadFrom(io.LimitReader(zeros{}, 64<<20)); return err },
	} {
		for when, set := range map[string]func(cn *conn){
			"before":  func(cn *conn) { _ = cn.SetDeadline(past) },
			"while":   func(cn *conn) { time.AfterFunc(10*time.Millisecond, func() { _ = cn.SetDeadline(past) }) },
			"one way": func(cn *conn) { _, _ = cn.SetReadDeadline(past), cn.SetWriteDeadline(past) },
		} {
			cn := connected(t)
			set(cn)
			err := wait(cn)
			if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s, %s: %v", way, when, err)
			}
			_ = cn.SetDeadline(time.Time{})
			if way == "Write" || way == "ReadFrom" {
				continue // there is no room left
			}
			if _, err := cn.Write([]byte("a")); err != nil {
				t.Errorf("%s, %s: afterwards %v", way, when, err)
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// connected returns an admitted connection to somebody who neither sends nor
// takes anything.
func connected(t *testing.T) *conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := limit(listener, 1)
	silent, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := limited.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _, _ = silent.Close(), accepted.Close(), limited.Close() })
	cn, ok := accepted.(*conn)
	if !ok {
		t.Fatalf("accepted a %T", accepted)
	}
	return cn
}
