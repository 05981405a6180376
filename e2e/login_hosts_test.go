package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// overHosts is a site whose users sign in on one registrable domain, for hosts of two.
func overHosts(t *testing.T, outcome string) *site {
	t.Helper()
	return newSite(t, sitePlan{
		outcome: outcome, host: "auth.example.net", hosts: []string{"grafana.example.com", "notes.example.net", "*.preview.example.com"},
	})
}

// A sign-in at one host is one at all, of any domain; leaving one is leaving all, and
// what is open there is closed.
func TestOneSignInForAllHosts(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"session", "tokens", "both"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := overHosts(t, outcome)
			p := newProfile(t)
			grafana, notes := p.tab(), p.tab()
			const page = "/reports/2026?from=a%20b&x=%2Fy%3D"
			grafana.open(s.at("grafana.example.com") + page)
			grafana.signIn("ada")
			grafana.lands(s.at("grafana.example.com") + page)
			notes.open(s.at("notes.example.net") + page)
			notes.lands(s.at("notes.example.net") + page)
			preview := p.tab()
			preview.open(s.at("pr-7.preview.example.com") + page)
			preview.lands(s.at("pr-7.preview.example.com") + page)
			for _, b := range []*tab{grafana, notes, preview} {
				seen := b.seen()
				if seen.Header.Get("X-Auth-Subject") == "" || seen.Target != page || strings.Contains(fmt.Sprint(seen), "ewt_") {
					t.Errorf("the application saw %s, %v", seen.Target, seen.Header)
				}
				wantNoneOfOurs(t, seen)
				if len(script[string](b, "document.cookie")) > 0 {
					t.Error("a script can read a cookie")
				}
				for name, c := range b.cookies(b.where()) {
					if strings.HasPrefix(c.Value, "ew") {
						wantKept(t, c, network.CookieSameSiteLax)
					}
					if strings.HasPrefix(c.Value, "ews_") || strings.HasPrefix(c.Value, "ewr_") {
						t.Errorf("%s at a host is no handle", name)
					}
				}
			}
			if outcome == "session" {
				grafana.connects("ada")
				notes.connects("ada")
			}
			sessions := p.tab()
			sessions.open(s.at("notes.example.net") + "/auth/sessions")
			sessions.shows("grafana.example.com, notes.example.net, pr-7.preview.example.com")
			leaving := p.tab()
			leaving.open(s.at("notes.example.net") + "/auth/logout")
			leaving.press("Sign out")
			leaving.lands(s.at("notes.example.net") + "/auth/signed-out")
			if outcome == "session" {
				grafana.settles("its WebSocket is closed", grafana.disconnected)
				notes.settles("its WebSocket is closed", notes.disconnected)
			}
			for _, host := range []string{"grafana.example.com", "notes.example.net", "pr-7.preview.example.com", "auth.example.net"} {
				b := p.tab()
				b.open(s.at(host) + "/public")
				if got := b.fetch("/api/orders", "{}"); got.Status != 401 {
					t.Errorf("%s after the logout: %d", host, got.Status)
				}
			}
			if log := s.process.output.String(); strings.Contains(log, "ewt_") || strings.Contains(log, "ewh_") {
				t.Error("a ticket or a handle is in the log")
			}
		})
	}
}

// A ticket that another browser brings gives nothing; the browser that it is for may
// use it once.
func TestATicketIsForOneBrowser(t *testing.T) {
	t.Parallel()
	s := overHosts(t, "session")
	at := s.at("grafana.example.com")
	b := newProfile(t).tab()
	release := b.withholds("*/auth/arrive*")
	b.open(at + "/board")
	b.signIn("ada")
	b.lands(at + "/auth/arrive?ticket=")
	arrival := b.where()

	thief := newProfile(t).tab()
	thief.open(arrival)
	thief.wantStatus(400)
	thief.shows("That sign-in did not arrive")
	if c := thief.cookies(at)[cookieName]; c != nil {
		t.Errorf("the thief was given %s", c.Name)
	}
	victim := s.visit(t, "bob", "/b")
	victim.open(at + "/board")
	victim.lands(at + "/board")
	before := victim.cookies(at)[cookieName].Value
	victim.open(arrival)
	victim.wantStatus(400)
	if victim.cookies(at)[cookieName].Value != before {
		t.Error("a planted ticket changed who the victim is")
	}

	release()
	b.open(arrival)
	b.lands(at + "/board")
	if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "ada" || strings.Contains(seen.Header.Get("Referer"), "ticket") {
		t.Errorf("the application saw %v", seen.Header)
	}
	b.open(arrival)
	b.wantStatus(400)
	if audit := s.auditLog(); strings.Count(audit, `"reason":"ticket_browser"`) != 2 || strings.Count(audit, `"reason":"ticket_used"`) != 1 || strings.Contains(audit, "ewt_") {
		t.Errorf("the audit log:\n%s", audit)
	}
}

// A hostile host of the same registrable domain reads, sets and overwrites no cookie
// of another one. Chromium keeps about 180 cookies of a registrable domain: one that
// sets more of them pushes out those of its neighbours, and their users pass through
// the sign-in again, unseen, as long as its origin is on another domain.
func TestAHostileNeighbour(t *testing.T) {
	t.Parallel()
	s := overHosts(t, "session")
	at := s.at("grafana.example.com")
	p := newProfile(t)
	b := p.tab()
	b.open(at + "/board")
	b.signIn("ada")
	b.lands(at + "/board")
	handle := b.cookies(at)[cookieName].Value

	flood := false
	evil := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{cookieName, "__Host-ew_binding", "__host-edgeward-session"} {
			for _, more := range []string{"; Domain=example.com", "; Domain=grafana.example.com", "; Domain=.example.com; Partitioned", ""} {
				w.Header().Add("Set-Cookie", name+"=planted; Secure; Path=/"+more)
			}
		}
		w.Header().Add("Set-Cookie", "="+cookieName+"=planted; Domain=example.com; Secure; Path=/") // nameless
		w.Header().Add("Set-Cookie", "edgeward-session=planted; Domain=example.com; Secure; Path=/")
		for i := 0; flood && i < 250; i++ {
			w.Header().Add("Set-Cookie", fmt.Sprintf("flood%d=x; Domain=example.com; Secure; Path=/", i))
		}
	}))
	t.Cleanup(evil.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(evil.URL, "https://"), ":")
	neighbour := p.tab()
	neighbour.open("https://evil.example.com:" + port + "/")
	if got := script[string](neighbour, "document.cookie"); strings.Contains(got, "ewh_") {
		t.Error("the neighbour reads a cookie of another host")
	}
	script[bool](neighbour, `(document.cookie = "`+cookieName+`=planted; Domain=example.com; Secure; Path=/", true)`)
	if got := b.cookies(at)[cookieName]; got == nil || got.Value != handle {
		t.Errorf("the neighbour changed the cookie of another host: %+v", got)
	}
	b.open(at + "/board")
	b.lands(at + "/board")
	if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "ada" {
		t.Errorf("after what the neighbour planted: %v", seen.Header)
	}

	flood = true
	neighbour.open("https://evil.example.com:" + port + "/?flood")
	kept := b.cookies(at)[cookieName]
	t.Logf("after 250 cookies of a neighbour the browser keeps %d of the domain; the host's own is there: %v", len(b.cookies(at)), kept != nil)
	b.open(at + "/board")
	b.lands(at + "/board")
	if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "ada" {
		t.Errorf("after the flood: %v", seen.Header)
	}
}

// A hostile application has all that its own host has: a service worker sees the
// address by which a sign-in arrives, before Edgeward does, and the application may
// have begun that sign-in itself, with a binding that it knows. What it gets is good
// at its own host, and nowhere else.
func TestAHostileApplication(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"session", "tokens", "both"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := overHosts(t, outcome)
			at, others := s.at("grafana.example.com"), []string{s.at("notes.example.net"), s.origin}
			b := newProfile(t).tab()
			b.open(at + "/board")
			b.signIn("ada")
			b.lands(at + "/board")
			b.open(others[0] + "/board") // where a thief would like to be
			b.lands(others[0] + "/board")

			b.open(at + "/public")
			const worker = `self.onfetch = e => { if (new URL(e.request.url).pathname == "/auth/arrive") e.respondWith(new Response("taken")) }`
			b.settles("the service worker is there", func() bool {
				return script[bool](b, `navigator.serviceWorker.register("/public?script=`+url.QueryEscape(worker)+`").then(r => navigator.serviceWorker.ready).then(r => r.active.state == "activated")`)
			})
			const binding = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			sum := sha256.Sum256([]byte(binding))
			b.open(s.origin + "/auth/login?return_to=" + url.QueryEscape(at+"/board") + "&challenge=" + base64.RawURLEncoding.EncodeToString(sum[:]))
			b.lands(at + "/auth/arrive?ticket=")
			b.shows("taken")

			thief := newThief(t)
			stolen := thief.get(b.where(), "__Host-ew_binding="+binding, "Sec-Fetch-Mode", "navigate")
			if stolen.StatusCode != 303 {
				t.Fatalf("the ticket: %s", stolen.Status)
			}
			cookies := ""
			for _, c := range stolen.Cookies() {
				if c.MaxAge > 0 {
					cookies += c.Name + "=" + c.Value + "; "
				}
			}
			mine := thief.get(at+"/api/orders", cookies)
			if mine.StatusCode != 200 {
				t.Fatalf("the handle at its own host: %s", mine.Status)
			}
			for _, c := range mine.Cookies() { // an access token
				cookies += c.Name + "=" + c.Value + "; "
			}
			for _, origin := range others {
				for one := range strings.SplitSeq(strings.TrimSuffix(cookies, "; "), "; ") {
					if got := thief.get(origin+"/api/orders", one); got.StatusCode != 401 {
						name, _, _ := strings.Cut(one, "=")
						t.Errorf("%s with %s of another host: %s", origin, name, got.Status)
					}
				}
			}
			// Its pages ask for an access token, with the visitor's cookies.
			if got := b.fetch("/auth/refresh", "{method: 'POST'}"); outcome != "session" {
				var answer struct {
					AccessToken string `json:"access_token"`
				}
				if err := json.Unmarshal([]byte(got.Body), &answer); err != nil || answer.AccessToken == "" {
					t.Fatalf("/auth/refresh: %d %s", got.Status, got.Body)
				}
				for _, origin := range others {
					if got := thief.get(origin+"/api/orders", "__Host-ew_access="+answer.AccessToken); got.StatusCode != 401 {
						t.Errorf("%s with what /auth/refresh gave another host: %s", origin, got.Status)
					}
				}
			}
		})
	}
}

// A thief is a client without a browser.
type thief struct {
	t *testing.T
	http.Client
}

func newThief(t *testing.T) *thief {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(address)
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return &thief{t, http.Client{
		Transport:     &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get asks with cookies; header is of pairs.
func (c *thief) get(target, cookies string, header ...string) *http.Response {
	c.t.Helper()
	r, err := http.NewRequest("GET", target, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if cookies != "" {
		r.Header.Set("Cookie", strings.TrimSuffix(cookies, "; "))
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// Behind a front that asks about every path of a host, those of the sign-in among
// them, it arrives all the same.
func TestASignInArrivesThroughForwardAuthAlone(t *testing.T) {
	t.Parallel()
	alone := map[string]*strings.Replacer{ // the way to the endpoints is there for the origin's host only
		"caddy":   strings.NewReplacer("@sign_in path_regexp ^/auth/", "@sign_in {\n\t\t\tpath_regexp ^/auth/\n\t\t\thost 127.0.0.1\n\t\t}"),
		"haproxy": strings.NewReplacer("if { path_beg /auth/ }", "if { path_beg /auth/ } { req.hdr(host) -m beg 127.0.0.1 }"),
		"traefik": strings.NewReplacer("rule: PathPrefix(`/auth/`)", "rule: PathPrefix(`/auth/`) && Host(`127.0.0.1`)"),
	}
	for _, way := range fronts {
		if alone[way.name] == nil {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			isAtHand(t, way.name)
			s := newSite(t, sitePlan{hosts: []string{"notes.localhost"}, front: func(t *testing.T, g *gateway, u *upstream) string {
				g.edits = alone[way.name]
				return way.start(t, g, u)
			}})
			at := s.at("notes.localhost")
			p := newProfile(t)
			b := p.tab()
			b.open(at + "/board?x=1")
			b.signIn("ada")
			b.lands(at + "/board?x=1")
			if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "ada" || strings.Contains(fmt.Sprint(seen), "ewt_") {
				t.Errorf("the application saw %v", seen.Header)
			}
			if got := b.fetch("/auth/session", "{}"); got.Status != 404 {
				t.Errorf("/auth/session: %d %s", got.Status, got.Body)
			}
			page := p.tab()
			page.open(at + "/auth/sessions") // shown at the origin
			page.lands(s.origin + "/auth/sessions")
			page.shows("notes.localhost")
			if got := b.fetch("/auth/logout", "{method: 'POST'}"); got.Status != 401 {
				t.Errorf("a logout by a script: %d %s", got.Status, got.Body)
			}
			for _, origin := range []string{at, s.origin} {
				b.open(origin + "/public")
				if got := b.fetch("/api/orders", "{}"); got.Status != 401 {
					t.Errorf("%s after the logout: %d", origin, got.Status)
				}
			}
		})
	}
}

// auditLog is what the gateway has written of what was done.
func (s *site) auditLog() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "edgeward.db.audit.jsonl"))
	s.must(err)
	return string(text)
}
