package door_test

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
)

// A browser keeps the cookies of one Worker.
type browser struct {
	lab     *lab
	cookies map[string]string
}

func (b *browser) send(t *testing.T, method, path, body string, fields ...string) answer {
	t.Helper()
	var all []string
	for name, value := range b.cookies {
		all = append(all, name+"="+value)
	}
	if len(all) > 0 {
		fields = append(fields, "Cookie: "+strings.Join(all, "; "))
	}
	a, err := b.lab.ask(method, path, body, fields...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return a
}

// vacant is a port of this machine that nobody has.
func vacant(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestSignIn: a person signs in at a provider, for a session and for tokens, is
// let in, and leaves.
func TestSignIn(t *testing.T) {
	for _, outcome := range []string{"session", "tokens"} {
		t.Run(outcome, func(t *testing.T) { signIn(t, outcome) })
	}
}

// atProvider deploys a Worker at which people sign in, and says where it is and
// where the provider is.
func atProvider(t *testing.T, outcome string, more map[string]any) (l *lab, here, idp string) {
	t.Helper()
	return atProviderWith(t, outcome, more, func(*devidp.Config) {})
}

// atProviderWith is atProvider with a provider that is configured otherwise.
func atProviderWith(t *testing.T, outcome string, more map[string]any, change func(*devidp.Config)) (l *lab, here, idp string) {
	t.Helper()
	port := vacant(t)
	here = (&url.URL{Scheme: "https", Host: (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}).String()}).String()
	var provider http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) { provider.ServeHTTP(w, hr) }))
	t.Cleanup(server.Close)
	c := devidp.Config{
		Issuer: server.URL, Audience: "dev",
		Client: devidp.Client{ID: "dev", Secret: edgeward.NewSecret("s3cret"), Scopes: []string{"read"}, RedirectURIs: []string{here + "/auth/callback"}},
		People: []devidp.Person{{Subject: "alice", Name: "Alice"}},
	}
	change(&c)
	p, err := devidp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	provider = p.Handler()
	l = &lab{issuer: newIssuer(t), origin: newOrigin(t)}
	config := map[string]any{
		"routes": map[string]any{"api/_middleware": map[string]any{"authenticate": strategies[outcome]}},
		"login": map[string]any{"origin": here, "outcome": outcome, "providers": []any{
			map[string]any{"name": "dev", "issuer": server.URL, "client_id": "dev", "client_secret": "env:PROVIDER"},
		}},
	}
	maps.Copy(config, more)
	deployment := l.deployment(t, config, map[string]any{"port": port, "https": true})
	deployment["bindings"].(map[string]string)["PROVIDER"] = "s3cret"
	l.workerd = start(t, deployment)
	return l, here, server.URL
}

// strategies are what looks at the cookies of an outcome.
var strategies = map[string][]string{"session": {"session"}, "tokens": {"cookie"}, "both": {"session", "cookie"}}

const navigate = "Sec-Fetch-Mode: navigate"

// signIn takes the browser to the provider and back. It returns the cookie by which
// the provider knows the visit.
func (b *browser) signIn(t *testing.T) (visit string) {
	t.Helper()
	callback, visit := b.visit(t, "/api/x")
	if a := b.send(t, "GET", callback, "", navigate); a.StatusCode != 303 {
		t.Fatalf("back again: %v %s", a.Response, a.body)
	}
	return visit
}

// callback is where the provider sends the browser back to.
func (b *browser) callback(t *testing.T, returnTo string) string {
	t.Helper()
	callback, _ := b.visit(t, returnTo)
	return callback
}

func (b *browser) visit(t *testing.T, returnTo string) (callback, visit string) {
	t.Helper()
	a := b.send(t, "GET", "/auth/login?return_to="+returnTo, "", navigate)
	back, err := ask(fresh, "POST", a.Header.Get("Location"), "person=alice", "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin")
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(back.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range back.Cookies() {
		visit = c.Name + "=" + c.Value
	}
	return to.RequestURI(), visit
}

func signIn(t *testing.T, outcome string) {
	settings, here, idp := atProvider(t, outcome, nil)
	b := &browser{settings, map[string]string{}}
	a := b.send(t, "GET", "/api/x?a=1", "", navigate)
	page, _ := url.Parse(a.Header.Get("Location"))
	if a.StatusCode != 302 || page == nil || page.Path != "/auth/login" {
		t.Fatalf("a person is sent to sign in: %v", a.Response)
	}
	a = b.send(t, "GET", page.RequestURI(), "", navigate)
	question := a.Header.Get("Location")
	if a.StatusCode != 303 || !strings.HasPrefix(question, idp) {
		t.Fatalf("to the provider: %v %s", a.Response, a.body)
	}
	back, err := ask(fresh, "POST", question, "person=alice", "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin")
	if err != nil || back.StatusCode != 303 {
		t.Fatalf("at the provider: %v %s", err, back.body)
	}
	callback, _ := url.Parse(back.Header.Get("Location"))
	stranger := &browser{settings, map[string]string{}}
	if a := stranger.send(t, "GET", callback.RequestURI(), "", navigate); a.StatusCode != 400 || len(stranger.cookies) > 0 {
		t.Errorf("another browser with the same callback: %d %s", a.StatusCode, a.body)
	}
	a = b.send(t, "GET", callback.RequestURI(), "", navigate)
	if a.StatusCode != 303 || a.Header.Get("Location") != "/api/x?a=1" {
		t.Fatalf("back again: %v %s", a.Response, a.body)
	}
	account := map[string]string{"session": "alice", "tokens": "dev|alice"}[outcome]
	if a := b.send(t, "GET", "/api/x?a=1", ""); a.StatusCode != 200 || settings.origin.seen.Load().Header.Get("X-Auth-Subject") != account {
		t.Fatalf("let in: %v %s, as %q", a.Response, a.body, settings.origin.seen.Load().Header.Get("X-Auth-Subject"))
	}
	if a := b.send(t, "GET", callback.RequestURI(), "", navigate); a.StatusCode != 303 || a.Header.Get("Location") != "/api/x?a=1" {
		t.Errorf("the callback a second time: %v", a.Response)
	}
	if a := b.send(t, "GET", "/auth/session", ""); a.StatusCode != 200 || !strings.Contains(string(a.body), `"subject":"`+account+`"`) {
		t.Errorf("who is signed in: %d %s", a.StatusCode, a.body)
	}
	if a := b.send(t, "POST", "/auth/logout", "", "Sec-Fetch-Site: cross-site"); a.StatusCode != 403 {
		t.Errorf("another page signs out: %d", a.StatusCode)
	}
	kept := &browser{settings, map[string]string{}}
	for name, value := range b.cookies {
		kept.cookies[name] = value
	}
	if a := b.send(t, "POST", "/auth/logout", "", "Sec-Fetch-Site: same-origin", "Origin: "+here); a.StatusCode != 204 {
		t.Fatalf("leaving: %d %s", a.StatusCode, a.body)
	}
	if a := kept.send(t, "GET", "/api/x", ""); a.StatusCode != 401 {
		t.Errorf("what was kept of it: %d", a.StatusCode)
	}
}
