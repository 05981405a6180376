package e2e

import (
	"testing"
)

// opens begins a WebSocket in the page and returns what it heard first. ended
// tells how it ended, by window.ended.
const opens = `new Promise((resolve, reject) => {
	window.ended = null;
	const ws = new WebSocket(location.origin.replace('http', 'ws') + '/live');
	ws.onmessage = e => resolve(e.data);
	ws.onclose = e => { window.ended = e.code; reject(new Error('closed ' + e.code)); };
})`

// connects opens a WebSocket in the tab and checks whose it is.
func (b *tab) connects(subject string) {
	b.t.Helper()
	if got := script[string](b, opens); got != subject {
		b.t.Fatalf("the WebSocket is %q's, want %q", got, subject)
	}
	if b.disconnected() {
		b.t.Fatal("the WebSocket ended at once")
	}
}

// follows opens an event stream in the page and checks whose it is. A browser
// opens one again that breaks off; refused, it gives up.
func (b *tab) follows(subject string) {
	b.t.Helper()
	got := script[string](b, `new Promise(resolve => { window.events = new EventSource('/events'); window.events.onmessage = e => resolve(e.data); })`)
	if got != subject {
		b.t.Fatalf("the event stream is %q's, want %q", got, subject)
	}
}

func (b *tab) gaveUp() bool {
	return script[bool](b, "window.events.readyState === EventSource.CLOSED")
}

func (b *tab) disconnected() bool { return script[bool](b, "window.ended !== null") }

func TestLeavingThisBrowserLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	here, elsewhere := s.visit(t, "ada", "/a"), s.visit(t, "ada", "/b")
	here.connects("ada")
	elsewhere.connects("ada")
	second := here.cookies(s.origin)[cookieName].Value

	leaving := (&profile{t, here.ctx}).tab()
	leaving.open(s.origin + "/auth/logout")
	if here.fetch("/api/orders", "{}").Status != 200 {
		t.Error("a GET of /auth/logout has changed something")
	}
	leaving.press("Sign out")
	leaving.lands(s.origin + "/auth/signed-out")
	leaving.wantStatus(200)
	if leaving.cookies(s.origin)[cookieName] != nil {
		t.Error("the cookie is still there")
	}
	s.wants(401, "the cookie that somebody kept", "Cookie: "+cookieName+"="+second)
	here.settles("its WebSocket is closed", here.disconnected)
	if got := elsewhere.fetch("/api/orders", "{}"); got.Status != 200 || elsewhere.disconnected() {
		t.Errorf("the other browser: %d", got.Status)
	}
}

func TestLeavingEverywhereLeavesNoBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	here, elsewhere, another := s.visit(t, "ada", "/a"), s.visit(t, "ada", "/b"), s.visit(t, "bob", "/c")
	elsewhere.connects("ada")
	elsewhere.follows("ada")
	another.connects("bob")
	another.follows("bob")
	here.open(s.origin + "/auth/logout")
	script[bool](here, "document.querySelector('[name=scope]').checked = true")
	here.press("Sign out")
	here.lands(s.origin + "/auth/signed-out")
	if got := elsewhere.fetch("/api/orders", "{}"); got.Status != 401 {
		t.Errorf("the other browser's next request: %d", got.Status)
	}
	elsewhere.settles("its WebSocket is closed", elsewhere.disconnected)
	elsewhere.settles("its event stream is closed", elsewhere.gaveUp)
	if got := another.fetch("/api/orders", "{}"); got.Status != 200 || another.disconnected() || another.gaveUp() {
		t.Errorf("somebody else: %d", got.Status)
	}
}

// Row 30: the provider says that somebody has left, and it holds at once.
func TestLeavingAtTheProviderArrivesByBackChannel(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b, another := s.visit(t, "ada", "/a"), s.visit(t, "bob", "/b")
	b.connects("ada")
	provider := (&profile{t, b.ctx}).tab()
	provider.open(s.providers[0].issuer + "/session/end")
	provider.press("Yes, sign me out")
	provider.lands(s.providers[0].issuer + "/session/end/success")
	if got := b.fetch("/api/orders", "{}"); got.Status != 401 {
		t.Errorf("after the provider's logout: %d; the gateway said:\n%s", got.Status, s.process.output.tail())
	}
	b.settles("its WebSocket is closed", b.disconnected)
	if got := another.fetch("/api/orders", "{}"); got.Status != 200 {
		t.Errorf("somebody else: %d", got.Status)
	}
	b.open(s.origin + "/a")
	b.signIn("ada") // the provider asks again
	b.lands(s.origin + "/a")
}

func TestLeavingTheProviderToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := s.visit(t, "ada", "/a")
	b.open(s.origin + "/auth/logout")
	script[bool](b, "document.querySelector('[name=provider]').checked = true")
	b.press("Sign out")
	b.press("Yes, sign me out")
	b.lands(s.origin + "/auth/signed-out")
	b.open(s.origin + "/a")
	b.signIn("bob")
	b.lands(s.origin + "/a")
	if got := b.seen().Header.Get("X-Auth-Subject"); got != "bob" {
		t.Errorf("after another sign-in the application sees %q", got)
	}
}

// Row 24: no other site ends or renews anything, and no GET does.
func TestNoOtherSiteSignsAnybodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{routes: "  notes: {same_origin: true}\n"})
	b := s.visit(t, "ada", "/a")
	evil := withTLS(t, newUpstream(t).address) // another origin of the same site: SameSite stops nothing
	tab := (&profile{t, b.ctx}).tab()
	for _, path := range []string{"/auth/logout", "/auth/sessions", "/notes"} {
		tab.open(evil)
		script[bool](tab, `document.body.innerHTML = '<form method="post" action="'+`+quote(s.origin+path)+`+'"><input name="scope" value="everywhere"></form>', document.forms[0].submit(), true`)
		tab.lands(s.origin + path)
		tab.wantStatus(403)
	}
	tab.open(evil)
	theirs := `new Promise(r => { const ws = new WebSocket(` + quote("wss"+s.origin[len("https"):]+"/live") + `); ws.onopen = () => r(true); ws.onerror = () => r(false); })`
	if script[bool](tab, theirs) {
		t.Error("row 39: another site opened a WebSocket with the cookie")
	}
	if got := b.fetch("/api/orders", "{}"); got.Status != 200 {
		t.Errorf("the session has ended: %d", got.Status)
	}
	if got := b.fetch("/notes", "{method: 'POST'}"); got.Status != 200 {
		t.Errorf("our own page may not post: %d %s", got.Status, got.Body)
	}
}

func TestSessionsThatOneSeesOneCanEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	here, elsewhere, another := s.visit(t, "ada", "/a"), s.visit(t, "ada", "/b"), s.visit(t, "bob", "/c")
	list := (&profile{t, here.ctx}).tab()
	list.open(s.origin + "/auth/sessions")
	list.wantStatus(200)
	list.press("all other")
	here.settles("the other one is out", func() bool { return elsewhere.fetch("/api/orders", "{}").Status == 401 })
	for who, b := range map[string]*tab{"this browser": here, "somebody else": another} {
		if got := b.fetch("/api/orders", "{}"); got.Status != 200 {
			t.Errorf("%s: %d", who, got.Status)
		}
	}
}
