package gateway_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

const guess = session.CookieName + "=ews_made-up"

// guessing makes n guesses from the address that ask has and returns the last
// answer.
func guessing(t *testing.T, l *gateway.Live, n int) (status int) {
	t.Helper()
	for range n {
		status, _ = ask(t, l, "Cookie", guess)
	}
	return status
}

func TestWhoGuessesHasToWait(t *testing.T) {
	l := newHybrid(t, "{memory: true}", "failures: {limit: 3, window: 10m}").run(onDisk)
	good := issue(t, l).fields["session"]
	if status := guessing(t, l, 3); status != 401 {
		t.Errorf("the third guess: %d", status)
	}
	r := httptest.NewRequest("GET", "http://edge.example/x", nil)
	r.RemoteAddr = "203.0.113.7:1"
	r.Header.Set(good[0], good[1])
	w := httptest.NewRecorder()
	l.Door(config.ProxyListen).ServeHTTP(w, r)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a credential after that: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if n := l.System().Blocked(); n != 1 {
		t.Errorf("%d blocked", n)
	}
	a := l.System().Authority
	page, _, err := a.ListBans("", 10)
	source := netip.MustParsePrefix("203.0.113.7/32")
	if err != nil || len(page) != 1 || page[0].Source != source {
		t.Fatalf("%v, %v", page, err)
	}
	if err := a.ClearBan(t.Context(), by, source); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, l, good[0], good[1]); status != 200 {
		t.Errorf("after the ban was lifted: %d %s", status, body)
	}
}

func TestABanSurvivesAReload(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "failures: {limit: 3, window: 10m}")
	l := f.run(onDisk)
	guessing(t, l, 3)
	f.edit("sessions: {}", "sessions: {idle: 1h}")
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if status := guessing(t, l, 1); status != 429 {
		t.Errorf("after a reload: %d", status)
	}
}

func TestABanSurvivesARestart(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "failures: {limit: 3, window: 10m}")
	t.Run("before", func(t *testing.T) {
		f.t = t
		l := f.run(onDisk)
		guessing(t, l, 3)
		waitUntil(t, func() bool { return len(shared(t, l)) > 0 })
	})
	t.Run("after", func(t *testing.T) {
		f.t = t
		l := f.run(onDisk)
		waitUntil(t, func() bool { return l.System().Blocked() == 1 })
	})
}

// shared lists the keys of what nodes told each other of guesses.
func shared(t *testing.T, l *gateway.Live) (keys []string) {
	t.Helper()
	page, err := l.System().State().Store().(store.Lister).List(t.Context(), "ban/", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page {
		keys = append(keys, e.Key)
	}
	return keys
}

func TestOtherLimitsBeginAnew(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "failures: {limit: 3, window: 10m}")
	l := f.run(onDisk)
	guessing(t, l, 3)
	f.edit("limit: 3", "limit: 30")
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if status := guessing(t, l, 1); status != 401 {
		t.Errorf("%d", status)
	}
}

func TestLimitsNeedNoStore(t *testing.T) {
	f := newFolder(t, to("http://127.0.0.1:3000"))
	f.edit("authenticate: []", "authenticate: [bearer]")
	f.write("edgeward.yaml", string(f.read("edgeward.yaml"))+"failures: {limit: 1}\nissuers: [{issuer: a, audiences: [b], secret: file:hmac}]\n")
	f.write("hmac", "0123456789abcdef0123456789abcdef")
	l, _ := f.live()
	// {"alg":"HS256"}.{"iss":"a","sub":"x","aud":"b","exp":9999999999} with a made-up signature
	const forged = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIiwic3ViIjoieCIsImF1ZCI6ImIiLCJleHAiOjk5OTk5OTk5OTl9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	if status, body := ask(t, l, "Authorization", forged); status != 401 {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask(t, l, "Authorization", forged); status != 429 {
		t.Errorf("%d %s", status, body)
	}
}

func TestWithoutFailuresAndStoreNobodyWaits(t *testing.T) {
	l, _ := newFolder(t, to("http://127.0.0.1:3000")).live()
	if n := l.System().Blocked(); n != 0 {
		t.Error(n)
	}
}
