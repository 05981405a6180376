package door_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// with returns a browser that has some cookies of b's alone.
func (b *browser) with(names ...string) *browser {
	some := &browser{b.lab, map[string]string{}}
	for _, name := range names {
		some.cookies[name] = b.cookies[name]
	}
	return some
}

// alive reports which of the credentials of one sign-in still let b in.
func (b *browser) alive(t *testing.T) (session, tokens bool) {
	t.Helper()
	session = b.with(cookie.Session).send(t, "GET", "/api/x", "").StatusCode == 200
	tokens = b.with(cookie.Refresh).send(t, "POST", "/auth/refresh", "", "Sec-Fetch-Site: same-origin").StatusCode == 200
	return session, tokens
}

// TestWhatASignInReplaces: rows 22 and 23. What a browser had before it signed in
// is nobody's afterwards, and who leaves everywhere leaves with all that signing
// in gave, here and elsewhere.
func TestWhatASignInReplaces(t *testing.T) {
	l, _, _ := atProvider(t, "both", nil)
	first := &browser{l, map[string]string{}}
	second := first.callback(t, "/api/x") // in another tab
	first.signIn(t)
	before := &browser{l, maps.Clone(first.cookies)}
	if a := first.send(t, "GET", second, "", navigate); a.StatusCode != 303 {
		t.Fatalf("another tab's sign-in: %v %s", a.Response, a.body)
	}
	if session, tokens := before.alive(t); session || tokens {
		t.Errorf("what was replaced lets in: session %v, tokens %v", session, tokens)
	}
	elsewhere := &browser{l, map[string]string{}}
	elsewhere.signIn(t)
	if session, tokens := first.alive(t); !session || !tokens {
		t.Fatalf("another browser signed in: session %v, tokens %v", session, tokens)
	}
	half := elsewhere.with(cookie.Session) // its tokens have expired, say
	a := half.send(t, "POST", "/auth/logout", "scope=everywhere", "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded")
	if a.StatusCode != 204 {
		t.Fatalf("leaving everywhere: %d %s", a.StatusCode, a.body)
	}
	for name, b := range map[string]*browser{"here": elsewhere, "elsewhere": first} {
		if session, tokens := b.alive(t); session || tokens {
			t.Errorf("%s somebody is signed in: session %v, tokens %v", name, session, tokens)
		}
	}
}

// TestAPlantedCookieLocksNobodyOut: row 22. A cookie of ours that comes twice is
// refused and taken away, and signing in and leaving work.
func TestAPlantedCookieLocksNobodyOut(t *testing.T) {
	l, _, _ := atProvider(t, "both", nil)
	b := &browser{l, map[string]string{}}
	b.signIn(t)
	thief := &browser{l, maps.Clone(b.cookies)}
	for _, name := range []string{cookie.Session, cookie.Access, cookie.Refresh, cookie.Login} {
		b.cookies[name] += "; " + name + "=x" // as if it were kept apart
	}
	twice := &browser{l, maps.Clone(b.cookies)}
	a := twice.send(t, "GET", "/api/x", "")
	if set := a.Header.Values("Set-Cookie"); a.StatusCode != 400 || !slices.Equal(set, cookie.Discard(cookie.Session)) {
		t.Errorf("%d %v", a.StatusCode, set)
	}
	a = (&browser{l, maps.Clone(b.cookies)}).send(t, "POST", "/auth/refresh", "", "Sec-Fetch-Site: same-origin")
	if set := a.Header.Values("Set-Cookie"); a.StatusCode != 400 || !slices.Equal(set, cookie.Discard(cookie.Refresh)) {
		t.Errorf("%d %v", a.StatusCode, set)
	}
	a = (&browser{l, maps.Clone(b.cookies)}).send(t, "GET", "/auth/login", "", navigate)
	if set := a.Header.Values("Set-Cookie"); a.StatusCode != 303 || len(set) != 9 || !slices.Equal(set[:2], cookie.Discard(cookie.Login)) {
		t.Errorf("%d %v", a.StatusCode, set)
	}
	begun := &browser{l, map[string]string{}}
	callback, again := begun.callback(t, "/api/x"), &browser{l, maps.Clone(b.cookies)}
	again.cookies[cookie.Login] = begun.cookies[cookie.Login]
	if a := again.send(t, "GET", callback, "", navigate); a.StatusCode != 303 {
		t.Fatalf("signing in: %v %s", a.Response, a.body)
	}
	if session, tokens := thief.alive(t); session || tokens {
		t.Errorf("what was replaced lets in: session %v, tokens %v", session, tokens)
	}
	a = b.send(t, "POST", "/auth/logout", "", "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded")
	if set := a.Header.Values("Set-Cookie"); a.StatusCode != 204 || len(set) != 6 {
		t.Errorf("%d %v", a.StatusCode, set)
	}
}

// TestALogoutThatIsNotReadEndsNothing: who asks to be signed out everywhere is not
// told that it is done where that was not read.
func TestALogoutThatIsNotReadEndsNothing(t *testing.T) {
	l, _, _ := atProvider(t, "session", nil)
	b, other := &browser{l, map[string]string{}}, &browser{l, map[string]string{}}
	b.signIn(t)
	other.signIn(t)
	const everywhere, form = "scope=everywhere", "application/x-www-form-urlencoded"
	for _, row := range []struct {
		rule, path, body, mediaType string
		status                      int
	}{
		{"text", "/auth/logout", everywhere, "text/plain;charset=UTF-8", 400},
		{"JSON", "/auth/logout", `{"scope":"everywhere"}`, "application/json", 400},
		{"two types", "/auth/logout", everywhere, form + ", text/plain", 400},
		{"more than is read", "/auth/logout", everywhere + "&a=" + strings.Repeat("x", 17<<10), form, 413},
		{"a form", "/%61uth/logout", everywhere, form + "; charset=utf-8", 204},
	} {
		t.Run(row.rule, func(t *testing.T) {
			a := b.send(t, "POST", row.path, row.body, "Sec-Fetch-Site: same-origin", "Content-Type: "+row.mediaType)
			session, _ := other.alive(t)
			if a.StatusCode != row.status || session != (row.status != 204) {
				t.Errorf("%d %s, the other browser is signed in: %v", a.StatusCode, a.body, session)
			}
		})
	}
}

// TestOnlyANavigationBeginsASignIn: row 42; and what else no user waits for.
func TestOnlyANavigationBeginsASignIn(t *testing.T) {
	l, _, _ := atProvider(t, "session", nil)
	b := &browser{l, map[string]string{}}
	for _, field := range []string{"Sec-Purpose: prefetch", "Purpose: prefetch", "X-Moz: prefetch", "Sec-Fetch-Mode: no-cors"} {
		fields := []string{field}
		if !strings.HasPrefix(field, "Sec-Fetch-Mode") {
			fields = append(fields, navigate)
		}
		for _, path := range []string{"/api/x", "/auth/login", "/auth/callback?state=x&code=y"} {
			if a := b.send(t, "GET", path, "", fields...); a.StatusCode != 401 || a.Header.Get("Location") != "" || len(b.cookies) > 0 {
				t.Errorf("%s of %s: %v", field, path, a.Response)
			}
		}
	}
	a := b.send(t, "POST", "/auth/callback", "code=x&state=y", "Content-Type: application/x-www-form-urlencoded", navigate)
	if a.StatusCode != 405 || a.Header.Get("Allow") != "GET, HEAD" || !strings.Contains(string(a.body), "response mode") {
		t.Errorf("an answer by POST: %v %s", a.Response, a.body)
	}
	for target, allow := range map[string]string{"POST /auth/login": "GET, HEAD", "DELETE /auth/logout": "GET, HEAD, POST", "GET /auth/refresh": "POST", "DELETE /oauth/token": "POST"} {
		method, path, _ := strings.Cut(target, " ")
		if a := b.send(t, method, path, ""); a.StatusCode != 405 && a.StatusCode != 403 || a.StatusCode == 405 && a.Header.Get("Allow") != allow {
			t.Errorf("%s: %d, Allow %q", target, a.StatusCode, a.Header.Get("Allow"))
		}
	}
}

// TestMadeUpCodes: row 33. Each costs a request to the provider, so who tries
// them out waits.
func TestMadeUpCodes(t *testing.T) {
	l, _, idp := atProvider(t, "session", map[string]any{"failures": map[string]any{"limit": 3, "window": "1h"}})
	b := &browser{l, map[string]string{}}
	var got []int
	for range 5 {
		question, err := url.Parse(b.send(t, "GET", "/auth/login", "", navigate).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		q := url.Values{"state": {question.Query().Get("state")}, "code": {"made-up"}, "iss": {idp}}
		a := b.send(t, "GET", "/auth/callback?"+q.Encode(), "", navigate, "CF-Connecting-IP: 192.0.2.7")
		got = append(got, a.StatusCode)
	}
	if got[2] == 429 || got[3] != 429 || got[4] != 429 {
		t.Errorf("%v, want 429 from the fourth on", got)
	}
}
