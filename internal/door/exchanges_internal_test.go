package door

import (
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// hold begins an exchange of somebody.
func hold(t *testing.T, x *Exchanges, id edgeward.Identity) (ended func() bool, over func()) {
	t.Helper()
	id.Issuer = "i"
	sealed, err := edgeward.NewIdentity(id)
	if err != nil {
		t.Fatal(err)
	}
	ctx, _, over := x.Hold(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), sealed)
	return func() bool { return ctx.Err() != nil }, over
}

func TestWhatIsEnded(t *testing.T) {
	revoked := func(*edgeward.Identity) error { return fmt.Errorf("test: %w", edgeward.CredentialRevoked) }
	unknown := func(*edgeward.Identity) error { return errors.New("nobody can tell") }
	good := func(*edgeward.Identity) error { return nil }
	for rule, row := range map[string]struct {
		alive   func(*edgeward.Identity) error
		expires time.Time
		sweeps  []time.Duration // after noon
		want    Stats
	}{
		"who was revoked":                        {revoked, time.Time{}, []time.Duration{0}, Stats{Revoked: 1}},
		"not while nobody can tell":              {unknown, time.Time{}, []time.Duration{0, time.Hour}, Stats{Open: 1}},
		"not who is good":                        {good, noon.Add(time.Hour), []time.Duration{0, time.Hour}, Stats{Open: 1}},
		"who has expired":                        {good, noon.Add(time.Hour), []time.Duration{0, time.Hour + time.Second}, Stats{Expired: 1}},
		"who has expired, where none is revoked": {nil, noon.Add(time.Hour), []time.Duration{0, time.Hour + time.Second}, Stats{Expired: 1}},
		"not who never expires":                  {nil, time.Time{}, []time.Duration{0, 1e6 * time.Hour}, Stats{Open: 1}},
		"not at once who came in the leeway":     {good, noon.Add(-time.Second), []time.Duration{0, leeway}, Stats{Open: 1}},
		"who came in the leeway":                 {good, noon.Add(-time.Second), []time.Duration{0, leeway + time.Second}, Stats{Expired: 1}},
		"who was revoked, in the leeway":         {revoked, noon.Add(-time.Second), []time.Duration{0}, Stats{Revoked: 1}},
	} {
		t.Run(rule, func(t *testing.T) {
			x := &Exchanges{Alive: row.alive}
			id, _ := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Expires: row.expires})
			var over *atomic.Uint64
			e := x.begin(id, func() {})
			for _, after := range row.sweeps {
				over = x.outlived(e, noon.Add(after))
			}
			if over != nil {
				e.finish(over)
				e.finish(over) // by the sweep after
			}
			if s := x.Stats(); s != row.want {
				t.Errorf("%+v, want %+v", s, row.want)
			}
		})
	}
}

// The connection may be another person's by then.
func TestWhatIsOverIsLeftAlone(t *testing.T) {
	x := &Exchanges{}
	id, _ := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s"})
	e := x.begin(id, func() { t.Error("ended when it was over") })
	e.done()
	e.finish(&x.revoked) // by a sweep that had found it before
	if s := x.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
}

func TestNobodyIsHeld(t *testing.T) {
	hr := httptest.NewRequest("GET", "/", nil)
	id, _ := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s"})
	var none *Exchanges
	for _, row := range []struct {
		x  *Exchanges
		id *edgeward.Identity
	}{{none, id}, {&Exchanges{}, nil}} {
		ctx, e, over := row.x.Hold(httptest.NewRecorder(), hr, row.id)
		if over(); ctx != hr.Context() || e != nil {
			t.Error("held")
		}
	}
}

// Everything is forgotten, whatever order it comes and goes in.
func TestNothingIsKept(t *testing.T) {
	x := &Exchanges{Alive: func(id *edgeward.Identity) error {
		if id.Subject == "revoked" {
			return edgeward.CredentialRevoked
		}
		return nil
	}}
	var all sync.WaitGroup
	for i := range 400 {
		subject := []string{"good", "revoked"}[i%2]
		all.Go(func() {
			_, over := hold(t, x, edgeward.Identity{Subject: subject})
			if i%8 < 4 {
				x.sweep(noon)
			}
			over()
		})
	}
	all.Wait()
	if n := x.Stats().Open; n != 0 {
		t.Errorf("%d are left", n)
	}
}

// A handler that took the connection over may return long before it is done
// with it.
func TestATakenConnectionIsFollowed(t *testing.T) {
	for _, closed := range []bool{false, true} {
		x := &Exchanges{Alive: func(*edgeward.Identity) error { return edgeward.CredentialRevoked }}
		id, _ := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s"})
		_, e, over := x.Hold(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), id)
		client := make(chan struct{})
		conn := e.Follow(&taken{closed: client})
		over()
		if x.Stats().Open != 1 {
			t.Error("it was forgotten when its handler returned")
		}
		if closed {
			_ = conn.Close()
		} else {
			x.sweep(noon)
		}
		<-client
		if !closed {
			if n := x.Stats().Revoked; n != 1 {
				t.Errorf("%d were counted", n)
			}
		}
		if n := x.Stats().Open; n != 0 {
			t.Errorf("%d are left", n)
		}
	}
}

// taken is a connection that tells when it is closed.
type taken struct {
	net.Conn
	closed chan struct{}
}

func (c *taken) Close() error {
	close(c.closed)
	return nil
}

// What was read of an account that has lost something since ends, and goes on counting
// as a use until then; a session of no account does neither.
func TestWhatHasChanged(t *testing.T) {
	var changed int64
	var open int
	x := &Exchanges{
		Superseded: func(id *edgeward.Identity) bool { return id.AsOf != 0 && id.AsOf < changed },
		Open:       func(*edgeward.Identity) { open++ },
	}
	ended, over := hold(t, x, edgeward.Identity{Subject: "s", AsOf: 1000})
	defer over()
	other, overToo := hold(t, x, edgeward.Identity{Subject: "s"})
	defer overToo()
	for after := range 31 {
		x.sweep(noon.Add(time.Duration(after) * time.Second))
	}
	if open != 3 || ended() {
		t.Errorf("%d uses in half a minute; ended %v", open, ended())
	}
	changed = 1001
	x.sweep(noon.Add(time.Minute))
	for !ended() {
		time.Sleep(time.Millisecond)
	}
	if got := x.Stats(); got.Changed != 1 || got.Open != 1 || other() || open != 3 {
		t.Errorf("%+v; %d uses, the other ended %v", got, open, other())
	}
}
