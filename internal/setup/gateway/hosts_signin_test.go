package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/session"
)

// A visitor is a browser with the cookies of each host.
type visitor struct {
	*gateway.Live
	jars map[string]map[string]string
}

// signedIn returns a browser that has a session at https://auth.example.
func signedIn(t *testing.T, l *gateway.Live) *visitor {
	t.Helper()
	cookie, _, err := l.System().Authority.CreateSession(t.Context(), by, session.Grant{Issuer: "https://id.example", Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{l, map[string]map[string]string{"auth.example": {l.System().Cookies.Session: cookie.Reveal()}}}
}

// get navigates to address.
func (v *visitor) get(t *testing.T, address string) *httptest.ResponseRecorder {
	t.Helper()
	r, w := httptest.NewRequest("GET", address, nil), httptest.NewRecorder()
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Accept", "text/html")
	for name, value := range v.jars[r.Host] {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	v.Door(config.ProxyListen).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if v.jars[r.Host] == nil {
			v.jars[r.Host] = map[string]string{}
		}
		if v.jars[r.Host][c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.jars[r.Host], c.Name)
		}
	}
	return w
}

// open navigates to address and follows redirects, up to one to a ticket's address if
// arrives is false. It returns where it ended, and the answer there.
func (v *visitor) open(t *testing.T, address string, arrives bool) (at string, w *httptest.ResponseRecorder) {
	t.Helper()
	for range 8 {
		w = v.get(t, address)
		location := w.Header().Get("Location")
		if location == "" {
			return address, w
		}
		here, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		to, err := here.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		if address = to.String(); to.Host == "id.example" || !arrives && to.Path == "/auth/arrive" {
			return address, w
		}
	}
	t.Fatalf("round and round to %s", address)
	return "", nil
}

// A host that the file lists from now on has the sign-in that users have; one that it
// lists no more takes neither handles nor tickets of it, whether other routes cover
// the host or none do. Listed again, its handles hold.
func TestHostsComeAndGoWhileUsersAreSignedIn(t *testing.T) {
	const (
		hosts  = "hosts:\n  a.example: {authenticate: [session]}\n"
		second = "  b.example: {authenticate: [session]}\n"
		rest   = "routes:\n  _middleware: {authenticate: [api_key, bearer, session]}\n"
		page   = "https://b.example/x?y"
	)
	for rule, row := range map[string]struct {
		routes                   string
		unlisted, handle, ticket int
	}{
		"no routes for other hosts": {"", 421, 421, 421},
		"routes for every host":     {rest, 401, 401, 403},
	} {
		t.Run(rule, func(t *testing.T) {
			f := newHybrid(t, "{memory: true}", hosts+"login:\n  origin: https://auth.example\n  providers: [{name: id, issuer: \"https://id.example\", client_id: edge}]\n")
			f.edit(rest, row.routes)
			l := f.run(onDisk)
			v := signedIn(t, l)
			change := func(from, to string) {
				t.Helper()
				f.edit(from, to)
				if err := l.Reload(); err != nil {
					t.Fatal(err)
				}
			}
			works := func(rule, address string, arrives bool) {
				t.Helper()
				if at, w := v.open(t, address, arrives); w.Code != 200 || !strings.HasSuffix(w.Body.String(), "session alice") || at != address {
					t.Errorf("%s: %d %.60q at %s", rule, w.Code, w.Body.String(), at)
				}
			}
			works("a host of the beginning", "https://a.example/", true)
			if w := v.get(t, page); w.Code != row.unlisted {
				t.Errorf("before it is listed: %d", w.Code)
			}

			change(hosts, hosts+second)
			works("a host that was added", page, true)
			works("with its handle", page, false)
			other := signedIn(t, l)
			ticket, _ := other.open(t, page, false)
			if !strings.HasPrefix(ticket, "https://b.example/auth/arrive?ticket=ewt_") {
				t.Fatalf("no ticket, but %s", ticket)
			}

			change(second, "")
			if w := v.get(t, page); w.Code != row.handle {
				t.Errorf("a handle of a host that was removed: %d", w.Code)
			}
			if w := other.get(t, ticket); w.Code != row.ticket || other.jars["b.example"][l.System().Cookies.Session] != "" {
				t.Errorf("a ticket of a host that was removed: %d", w.Code)
			}
			works("the host beside it", "https://a.example/", false)

			change(hosts, hosts+second)
			works("listed again", page, false)
		})
	}
}
