package login_test

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store/storetest"
)

func TestAPersonSignsIn(t *testing.T) {
	b := &browser{world: newWorld(t)}
	location := b.begin(t, "one", "/orders?page=2")
	u, _ := url.Parse(location)
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": client, "redirect_uri": callback, "scope": "openid profile", "code_challenge_method": "S256",
	} {
		if got := q[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 || len(q.Get("code_challenge")) != 43 {
		t.Errorf("too little chance in %v", q)
	}
	s, err := b.finish(t, b.one.authorize(t, location))
	if err != nil {
		t.Fatal(err)
	}
	if s.Provider != "one" || s.Issuer != b.one.issuer || s.Subject != "alice" || s.SID != "sid-1" || s.Name != "Alice" || s.ReturnTo != "/orders?page=2" ||
		!slices.Equal(s.Permissions, []string{"app", "orders:read", "orders:write"}) || !strings.HasPrefix(s.IDToken.Reveal(), "eyJ") {
		t.Errorf("signed in as %+v", s)
	}
	id, password, _ := basicAuth(b.one.lastToken.Header.First("Authorization"))
	if id != client || password != secret || strings.Contains(string(b.one.lastToken.Body), "client_") {
		t.Errorf("the client said it was %q, and %s", id, b.one.lastToken.Body)
	}
}

func TestAClientSaysWhoItIsOneWay(t *testing.T) {
	for _, row := range []struct{ auth, secret, want string }{
		{"", "", "client_id=edge"},
		{"none", "", "client_id=edge"},
		{"client_secret_post", secret, "client_id=edge&client_secret=" + strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")},
	} {
		b := &browser{world: newWorld(t, func(c *login.Config) {
			c.Providers[0].ClientAuth, c.Providers[0].ClientSecret = row.auth, edgeward.NewSecret(row.secret)
		})}
		if _, err := b.signIn(t, b.one, "one"); err != nil {
			t.Errorf("%q: %v", row.auth, err)
		}
		if body := string(b.one.lastToken.Body); !strings.HasSuffix(body, "&"+row.want) || b.one.lastToken.Header.First("Authorization") != "" {
			t.Errorf("%q: sent %s", row.auth, body)
		}
	}
}

// Two tabs, two providers, finished in the other order; then each state is
// spent.
func TestTabsShareACookie(t *testing.T) {
	b := &browser{world: newWorld(t)}
	first := b.one.authorize(t, b.begin(t, "one", "/first"))
	second := b.two.authorize(t, b.begin(t, "two", "/second"))
	before := b.cookie
	for _, c := range []login.Callback{second, first} {
		s, err := b.finish(t, c)
		if err != nil || (c.State == first.State) != (s.ReturnTo == "/first") {
			t.Errorf("%+v, %v", s, err)
		}
	}
	for _, cookie := range []string{b.cookie, before} {
		old := &browser{b.world, cookie}
		_, err := old.finish(t, first)
		want(t, "a replayed callback", err, login.ErrState)
	}
}

func TestTheOldestTabGoes(t *testing.T) {
	b := &browser{world: newWorld(t)}
	var callbacks []login.Callback
	for range 7 {
		callbacks = append(callbacks, b.one.authorize(t, b.begin(t, "one", "/")))
	}
	_, err := b.finish(t, callbacks[0])
	want(t, "the seventh tab pushes out the first", err, login.ErrState)
	for _, c := range callbacks[5:] {
		if _, err := b.finish(t, c); err != nil {
			t.Error(err)
		}
	}
}

func TestTheCookieStaysSmall(t *testing.T) {
	b := &browser{world: newWorld(t)}
	for range 10 {
		b.begin(t, "one", "/"+strings.Repeat("a", 2000)) // begin demands 3.5 KB
	}
	long := b.begin(t, "one", "/"+strings.Repeat("a", 2100))
	if s, err := b.finish(t, b.one.authorize(t, long)); err != nil || s.ReturnTo != "/" {
		t.Errorf("returns to %d bytes, %v", len(s.ReturnTo), err)
	}
}

func TestASignInTakesTenMinutesAtMost(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	b.clock.Forward(login.TransactionLife)
	_, err := b.finish(t, c)
	want(t, "ten minutes", err, login.ErrState)
	c = b.one.authorize(t, b.begin(t, "one", "/"))
	b.clock.Forward(login.TransactionLife - time.Second)
	if _, err := b.finish(t, c); err != nil {
		t.Error(err)
	}
}

func TestALoopIsBroken(t *testing.T) {
	b := &browser{world: newWorld(t)}
	for range 3 {
		if _, err := b.signIn(t, b.one, "one"); err != nil {
			t.Fatal(err)
		}
		b.clock.Forward(5 * time.Second)
	}
	_, err := b.Begin(t.Context(), "one", edgeward.NewSecret(b.cookie), "/orders?page=2")
	want(t, "the fourth round", err, login.ErrLoop)
	if _, err := b.Begin(t.Context(), "one", edgeward.NewSecret(b.cookie), "/"); err != nil {
		t.Errorf("another page: %v", err)
	}
	if _, err := (&browser{world: b.world}).signIn(t, b.one, "one"); err != nil {
		t.Errorf("another browser: %v", err)
	}
	b.clock.Forward(20 * time.Second)
	if _, err := b.signIn(t, b.one, "one"); err != nil {
		t.Errorf("half a minute later: %v", err)
	}
}

func TestBeginRefuses(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		rule, provider, returnTo string
		want                     error
	}{
		{"no such provider", "three", "/", login.ErrProvider},
		{"no provider", "", "/", login.ErrProvider},
		{"the name in another case", "One", "/", login.ErrProvider},
		{"elsewhere", "one", "https://evil.example/", login.ErrReturnTo},
	} {
		begun, err := w.Begin(t.Context(), row.provider, edgeward.Secret{}, row.returnTo)
		want(t, row.rule, err, row.want)
		if begun != (login.Begun{}) {
			t.Errorf("%s: %+v", row.rule, begun)
		}
	}
	if w.one.asked+w.two.asked != 0 {
		t.Error("a refusal asked a provider")
	}
}

// What the store cannot say is never a sign-in, and never a refusal.
func TestTheStoreIsDown(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	b.store.Follow(storetest.Down)
	s, err := b.finish(t, c)
	wantUnavailable(t, "down", err)
	if s.Cookie != "" || b.one.redeemed != 0 {
		t.Error("the callback was spent")
	}
	b.store.Follow(nil)
	if _, err := b.finish(t, c); err != nil {
		t.Errorf("the same callback once the store is back: %v", err)
	}
}

// Whether the state was spent is not known: nobody is signed in, and a second try
// finds it spent.
func TestTheStoresAnswerIsLost(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	b.store.Follow(storetest.Lost)
	_, err := b.finish(t, c)
	wantUnavailable(t, "lost", err)
	b.store.Follow(nil)
	_, err = b.finish(t, c)
	if want(t, "once more", err, login.ErrState); b.one.redeemed != 0 {
		t.Error("the code was redeemed")
	}
}

// Of many who bring one callback at once, one signs in, on whichever node.
func TestAStateSignsInOnce(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	other, err := login.New(b.config)
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error)
	for i := range 16 {
		go func() {
			l := b.Login
			if i%2 == 0 {
				l = other
			}
			_, err := l.Finish(t.Context(), edgeward.NewSecret(b.cookie), c)
			results <- err
		}()
	}
	signedIn := 0
	for range 16 {
		if err := <-results; err == nil {
			signedIn++
		} else {
			want(t, "another one", err, login.ErrState)
		}
	}
	if signedIn != 1 {
		t.Errorf("%d signed in", signedIn)
	}
}

func TestAKeyIsReplacedWhileSomebodySignsIn(t *testing.T) {
	b := &browser{world: newWorld(t)}
	c := b.one.authorize(t, b.begin(t, "one", "/"))
	b.config.Key, b.config.Previous = key("n"), []edgeward.Secret{key("k")}
	renewed, err := login.New(b.config)
	if err != nil {
		t.Fatal(err)
	}
	b.Login = renewed
	if _, err := b.finish(t, c); err != nil {
		t.Error(err)
	}
}

func TestChoicesKeepTheirOrder(t *testing.T) {
	if got, want := newWorld(t).Providers(), []login.Choice{{"one", "One & only", "https://one.example"}, {"two", "two", "https://two.example/realm"}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func basicAuth(header string) (id, password string, ok bool) {
	encoded, _ := strings.CutPrefix(header, "Basic ")
	pair, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	id, password, _ = strings.Cut(string(pair), ":")
	id, _ = url.QueryUnescape(id)
	password, err = url.QueryUnescape(password)
	return id, password, err == nil
}

// A provider that hangs holds up so many of those who come back to us; the
// others are told at once, and their callback is good when it is better.
func TestCodesAreRedeemedByFew(t *testing.T) {
	const few = 64
	b := &browser{world: newWorld(t)}
	callbacks, cookies := make([]login.Callback, few+1), make([]edgeward.Secret, few+1)
	for i := range callbacks {
		b.cookie = ""
		callbacks[i] = b.one.authorize(t, b.begin(t, "one", "/"))
		cookies[i] = edgeward.NewSecret(b.cookie)
	}
	arrived, release := make(chan struct{}, few+2), make(chan struct{})
	b.config.Fetcher = slowly{b.config.Fetcher, arrived, release}
	l, err := login.New(b.config)
	if err != nil {
		t.Fatal(err)
	}
	go func() { release <- struct{}{} }() // its metadata
	if _, err := l.Begin(t.Context(), "one", edgeward.Secret{}, "/"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	results := make(chan error, few)
	for i := range few {
		go func() {
			_, err := l.Finish(t.Context(), cookies[i], callbacks[i])
			results <- err
		}()
		<-arrived
	}
	s, err := l.Finish(t.Context(), cookies[few], callbacks[few])
	if wantUnavailable(t, "one too many", err); s.Cookie != "" || s.Provider != "one" {
		t.Errorf("%+v beside %v", s, err)
	}
	close(release)
	for range few {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, err := l.Finish(t.Context(), cookies[few], callbacks[few]); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
