package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newPool(t *testing.T, n int, cfg Config) *Pool {
	t.Helper()
	for i := range n {
		cfg.URLs = append(cfg.URLs, "http://127.0.0.1:"+string(rune('1'+i)))
	}
	cfg.Name = "app"
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A server that fails is left out for longer each time, up to a bound, and as one
// that never failed once it has answered.
func TestAbsencesGrowAndAreBounded(t *testing.T) {
	b := &backend{}
	now := time.Unix(1_700_000_000, 0)
	fail := func() time.Duration { return b.failed(now) }
	for range failuresInARow - 1 {
		if fail() != 0 || !b.there(now) {
			t.Error("two failures leave it out")
		}
	}
	for i, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute, time.Minute} {
		if got := fail(); got != want || b.there(now) || b.there(now.Add(want-1)) || !b.there(now.Add(want)) {
			t.Errorf("absence %d: %s, want %s", i, got, want)
		}
		if fail() != 0 {
			t.Error("what was under way prolongs an absence")
		}
		now = now.Add(want)
	}
	if !b.answered() || b.answered() {
		t.Error("it is not back, or again and again")
	}
	for range failuresInARow - 1 {
		if fail() != 0 {
			t.Error("an answer does not forgive")
		}
	}
	if fail() != firstAbsence {
		t.Error("an answer does not forgive that it was left out")
	}
}

func TestTheOneWithFewerRequestsIsChosen(t *testing.T) {
	p := newPool(t, 2, Config{})
	p.backends[0].pending.Store(3)
	for range 100 {
		if b := p.choose(nil); b != p.backends[1] {
			t.Fatal("the busier one was chosen")
		}
	}
}

// Two are drawn with the same chance: of servers with as many requests each is chosen
// about as often.
func TestDrawsAreFair(t *testing.T) {
	p := newPool(t, 5, Config{})
	p.backends[4].absent.Store(time.Now().Add(time.Hour).UnixNano())
	counts := map[*backend]int{}
	for range 40_000 {
		counts[p.choose(nil)]++
	}
	for i, b := range p.backends[:4] {
		if n := counts[b]; n < 9_000 || n > 11_000 {
			t.Errorf("server %d was chosen %d times of 40,000", i, n)
		}
	}
	if counts[p.backends[4]] != 0 {
		t.Error("one that is left out was chosen")
	}
}

func TestWhenNobodyIsThereAllAreAsked(t *testing.T) {
	p := newPool(t, 2, Config{})
	for _, b := range p.backends {
		b.sick.Store(true)
	}
	if p.choose(nil) == nil || p.choose(p.backends[0]) != p.backends[1] {
		t.Error("nobody was asked")
	}
	if one := newPool(t, 1, Config{}); one.choose(nil) == nil || one.choose(one.backends[0]) != nil {
		t.Error("of one server there is no other")
	}
}

func TestAPoolHasServers(t *testing.T) {
	for rule, urls := range map[string][]string{"none": nil, "too many": make([]string, maxBackends+1), "none that is a URL": {"app"}} {
		if _, err := New(Config{URLs: urls}); err == nil {
			t.Errorf("%s: no error", rule)
		}
	}
}

// A checked server answers checks as it is told to.
type checked struct {
	mu      sync.Mutex
	status  int
	hangs   bool
	asked   int
	seen    *http.Request
	changes []Change
}

func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = r
	c.asked++
	if c.hangs {
		c.mu.Unlock()
		<-r.Context().Done()
		c.mu.Lock()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: c.status, Body: http.NoBody}, nil
}

func (c *checked) changed(change Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, change)
}

// answer sets how checks are answered from now on.
func (c *checked) answer(status int, hangs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status, c.hangs = status, hangs
}

// after waits for further checks, and returns what was changed so far.
func (c *checked) after(checks int) (seen *http.Request, changes []Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for until := c.asked + checks; c.asked < until; {
		c.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		c.mu.Lock()
	}
	c.mu.Unlock()
	time.Sleep(2 * time.Second) // it may hang for one
	synctest.Wait()
	c.mu.Lock()
	return c.seen, c.changes
}

// Two checks in a row leave a server out, and two bring it back.
func TestChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &checked{status: 200}
		p := newPool(t, 1, Config{Host: "app.internal", Health: &Health{Path: "/up é", Interval: 10 * time.Second, Timeout: time.Second}, Changed: c.changed})
		p.checks = c
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { p.Run(ctx); close(done) }()
		if seen, _ := c.after(1); seen.Host != "app.internal" || seen.URL.EscapedPath() != "/up%20%C3%A9" {
			t.Errorf("the first check: %+v", seen)
		}
		for _, row := range []struct {
			status  int
			hangs   bool
			up      bool
			changes int
		}{
			{503, false, true, 0}, {503, false, false, 1}, {399, false, false, 1}, {503, false, false, 1}, {399, false, false, 1}, {200, false, true, 2},
			{400, false, true, 2}, {199, false, false, 3}, {200, false, false, 3}, {200, false, true, 4}, {200, true, true, 4}, {200, true, false, 5},
		} {
			c.answer(row.status, row.hangs)
			if _, changes := c.after(1); p.Status()[0].Up != row.up || len(changes) != row.changes {
				t.Errorf("%+v: %+v, changes %+v", row, p.Status(), changes)
			}
		}
		if _, changes := c.after(0); len(changes) == 5 && (changes[0].Up || changes[0].Why == nil || !changes[1].Up || changes[1].Why != nil || !errors.Is(changes[4].Why, context.DeadlineExceeded)) {
			t.Errorf("changes %+v", changes)
		}
		stop()
		<-done
		if p.Status()[0].Up {
			t.Error("what was known is forgotten when the checks stop")
		}
	})
}
