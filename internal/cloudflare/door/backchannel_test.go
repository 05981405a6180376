package door_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// A talkative provider tells the Worker of logouts, through a relay that keeps
// what it sends.
type talkative struct {
	*lab
	here, idp string
	told      atomic.Pointer[string] // the last logout token
	status    atomic.Int64           // what the Worker answered
}

func atTalkativeProvider(t *testing.T, outcome string) *talkative {
	t.Helper()
	w := &talkative{}
	relay := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, hr *http.Request) {
		body, _ := io.ReadAll(hr.Body)
		form, _ := url.ParseQuery(string(body))
		token := form.Get("logout_token")
		w.told.Store(&token)
		a := w.tell(t, token)
		w.status.Store(int64(a.StatusCode))
		rw.WriteHeader(a.StatusCode)
	}))
	t.Cleanup(relay.Close)
	w.lab, w.here, w.idp = atProviderWith(t, outcome, nil, func(c *devidp.Config) { c.Client.BackchannelLogout = relay.URL })
	return w
}

// tell posts a logout token as a provider does.
func (w *talkative) tell(t *testing.T, token string) answer {
	t.Helper()
	a, err := w.lab.ask("POST", "/auth/backchannel-logout", url.Values{"logout_token": {token}}.Encode(), "Content-Type: application/x-www-form-urlencoded")
	if err != nil {
		t.Error(err)
	}
	return a
}

// TestLeavingAtTheProviderEndsWhatTheWorkerGave: row 30. Who leaves at the provider
// is out at the Worker by the sign-in of that visit, and nobody else is.
func TestLeavingAtTheProviderEndsWhatTheWorkerGave(t *testing.T) {
	w := atTalkativeProvider(t, "both")
	b, other := &browser{w.lab, map[string]string{}}, &browser{w.lab, map[string]string{}}
	visit := b.signIn(t)
	other.signIn(t)
	if session, tokens := b.alive(t); !session || !tokens {
		t.Fatalf("signed in: session %v, tokens %v", session, tokens)
	}
	if _, err := ask(fresh, "POST", w.idp+"/logout", "", "Cookie: "+visit, "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin"); err != nil {
		t.Fatal(err)
	}
	if w.told.Load() == nil || w.status.Load() != 200 {
		t.Fatalf("the provider told, and heard %d", w.status.Load())
	}
	if session, tokens := b.alive(t); session || tokens {
		t.Errorf("after leaving at the provider: session %v, tokens %v", session, tokens)
	}
	if session, tokens := other.alive(t); !session || !tokens {
		t.Errorf("another visit of the same person: session %v, tokens %v", session, tokens)
	}
	token := *w.told.Load()
	for rule, sent := range map[string]string{
		"a replay": token, "nothing": "", "no token": "x", "another signature": tampered(token), "unsigned": strings.Join(append(strings.Split(token, ".")[:2], ""), "."),
	} {
		if a := w.tell(t, sent); a.StatusCode != 400 || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", rule, a.StatusCode, a.body)
		}
	}
	if session, _ := other.alive(t); !session {
		t.Error("what was refused has ended something")
	}
	if a, err := w.lab.ask("GET", "/auth/backchannel-logout", ""); err != nil || a.StatusCode != 405 || a.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %v %d", err, a.StatusCode)
	}
}

// TestAProvidersTroubleIsNoCredential: row 29. It is 502 with a page that says what
// it is and where to begin again, as at the gateway.
func TestAProvidersTroubleIsNoCredential(t *testing.T) {
	l, here, _ := atProviderWith(t, "session", nil, func(c *devidp.Config) { c.Client.Secret = edgeward.NewSecret("another") })
	b := &browser{l, map[string]string{}}
	a := b.send(t, "GET", b.callback(t, "/api/x"), "", navigate)
	page := string(a.body)
	if a.StatusCode != 502 || !strings.Contains(a.Header.Get("Content-Type"), "text/html") || a.Header.Get("Www-Authenticate") != "" ||
		!strings.Contains(page, here+"/auth/login?provider=dev&amp;return_to=%2Fapi%2Fx") {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, page)
	}
	a = b.send(t, "GET", "/auth/login?provider=nobody", "", navigate)
	if a.StatusCode != 400 && a.StatusCode != 404 || !strings.Contains(string(a.body), here+"/auth/login") {
		t.Errorf("no such provider: %d %s", a.StatusCode, a.body)
	}
	a = b.send(t, "GET", "/auth/login?return_to=https://evil.example/", "")
	if a.StatusCode != 400 || !strings.Contains(string(a.body), `"code":"return_refused"`) {
		t.Errorf("return_to: %d %s", a.StatusCode, a.body)
	}
}

// TestGoingRoundIsStopped: three finished rounds for one page are a loop, and say so.
func TestGoingRoundIsStopped(t *testing.T) {
	l, _, _ := atProvider(t, "session", nil)
	b := &browser{l, map[string]string{}}
	for range 3 {
		b.signIn(t)
		delete(b.cookies, cookie.Session) // or /auth/login would lead back at once
	}
	if a := b.send(t, "GET", "/auth/login?return_to=/api/x", ""); !strings.Contains(string(a.body), `"code":"login_loop"`) {
		t.Errorf("a fourth round: %d %s", a.StatusCode, a.body)
	}
}
