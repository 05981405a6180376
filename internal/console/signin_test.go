package console_test

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

func TestSignInAndOut(t *testing.T) {
	d := open(t)
	status(t, d.get("/console/sign-in"), 200, `name="key"`)
	d.signIn()
	status(t, d.get("/console"), 200, "API key "+d.id)
	stolen := d.cookie
	w := d.post("/console/sign-out")
	out(t, w)
	if c := w.Header().Get("Set-Cookie"); !strings.Contains(c, "Max-Age=0") {
		t.Errorf("cookie %q", c)
	}
	d.cookie = stolen
	out(t, d.get("/console"))
	want := []issuance.Record{
		{Actor: "api_key:" + d.id, Action: "console.sign_in", Object: "console"}, {Actor: "api_key:" + d.id, Action: "console.sign_out", Object: "console"},
	}
	if !slices.Equal(d.deeds(), want) {
		t.Errorf("%+v", d.deeds())
	}
}

// TestNobodyIsInWithoutSigningIn: every page but those that let people in.
func TestNobodyIsInWithoutSigningIn(t *testing.T) {
	for rule, value := range map[string]string{"no cookie": "", "somebody's guess": "ew_console=" + strings.Repeat("A", 52), "an empty one": "ew_console="} {
		d := open(t)
		d.cookie = value
		for _, p := range console.Pages() {
			if p.Open {
				continue
			}
			w := d.serve(d.request(p.Method, p.Path))
			if console.Polled(p.Path) {
				status(t, w, 401)
				if w.Header().Get("WWW-Authenticate") == "" {
					t.Errorf("%s: %v", p.Path, w.Header())
				}
				continue
			}
			out(t, w)
		}
		if len(d.deeds()) > 0 || len(d.Limits.Told(here)) > 0 {
			t.Errorf("%s: %+v, %v", rule, d.deeds(), d.Limits.Told(here))
		}
	}
}

func TestWhoDoesNotGetIn(t *testing.T) {
	d := open(t)
	back, _ := d.makeKey(apikey.Grant{Subject: "back end", Permissions: []string{"sessions:write", "administrator"}})
	far, _ := d.makeKey(apikey.Grant{Subject: "far", Permissions: []string{"admin"}, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	wrong := d.key[:len(d.key)-9] + "x" + d.key[len(d.key)-8:]
	for rule, row := range map[string]struct {
		key, says string
		status    int
		guess     bool
	}{
		"nothing":             {"", "Please enter", 401, false},
		"no key":              {"hunter2", "not valid", 401, true},
		"a wrong key":         {wrong, "not valid", 401, true},
		"not admin":           {back, "lacks the permission", 403, false},
		"from elsewhere":      {far, "not valid", 401, false},
		"what no field holds": {"a b\n", "not valid", 401, false},
	} {
		before := len(d.Limits.Told(here))
		w := d.post("/console/sign-in", "key", row.key)
		status(t, w, row.status, row.says)
		if w.Header().Get("Set-Cookie") != "" || row.key != "" && strings.Contains(w.Body.String(), row.key) {
			t.Errorf("%s: %v %s", rule, w.Header(), w.Body)
		}
		if told := d.Limits.Told(here)[before:]; len(told) > 1 || slices.ContainsFunc(told, ratelimit.IsGuess) != row.guess {
			t.Errorf("%s: the limits were told %v", rule, told)
		}
	}
	if len(d.deeds()) > 0 {
		t.Errorf("%+v", d.deeds())
	}
}

func TestWhoGuessedWaits(t *testing.T) {
	d := open(t)
	d.Limits.Block(here)
	w := d.post("/console/sign-in", "key", "hunter2")
	status(t, w, 429, "6 minutes")
	if w.Header().Get("Retry-After") != "360" {
		t.Errorf("%v", w.Header())
	}
	d.signIn() // a right key never waits, or nobody could lift that ban
	status(t, d.post("/console/bans/clear", "source", "127.0.0.1/32"), 303)
}

func TestTheStoreDoesNotKnowTheKey(t *testing.T) {
	d := open(t)
	d.Store.Follow(storetest.Down)
	status(t, d.post("/console/sign-in", "key", d.key), 503, "says nothing about the key")
}

// A key must not travel in the clear, and what another page causes is nobody's
// guess.
func TestWhereSigningInIsPossible(t *testing.T) {
	d := open(t)
	hr := d.request("POST", "/console/sign-in", "key", d.key)
	hr.RemoteAddr = "192.0.2.9:1"
	status(t, d.serve(hr), 403, "needs HTTPS")
	hr = d.request("GET", "/console/sign-in")
	hr.RemoteAddr = "192.0.2.9:1"
	if w := d.serve(hr); w.Code != 403 || strings.Contains(w.Body.String(), `name="key"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	d.signIn()
	hr = d.request("GET", "/console")
	hr.RemoteAddr = "192.0.2.9:1"
	out(t, d.serve(hr)) // nor is a cookie believed that came in the clear
}

func TestTheCookie(t *testing.T) {
	d := open(t)
	w := d.post("/console/sign-in", "key", d.key)
	if c := w.Header().Get("Set-Cookie"); !strings.HasPrefix(c, "ew_console=") || !strings.HasSuffix(c, "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax") {
		t.Errorf("here: %q", c)
	}
	hr := d.request("POST", "/console/sign-in", "key", d.key)
	hr.RemoteAddr = "192.0.2.9:1"
	if c := d.serve(tls(hr)).Header().Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-ew_console=") || !strings.HasSuffix(c, "; Secure") {
		t.Errorf("by HTTPS: %q", c)
	}
}

// A proxy in front that ends TLS on this machine is believed only when it is
// declared; else what it sends came in the clear, for all that is known.
func TestBehindAProxy(t *testing.T) {
	proxied := func(d *desk) *http.Request {
		hr := d.request("POST", "/console/sign-in", "key", d.key)
		hr.RequestURI, hr.Host = hr.URL.RequestURI(), "console.example"
		hr.Header.Set("X-Forwarded-For", "203.0.113.9")
		hr.Header.Set("X-Forwarded-Proto", "https")
		return hr
	}
	d := open(t)
	status(t, d.serve(proxied(d)), 403, "needs HTTPS")
	trusted, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	if err != nil {
		t.Fatal(err)
	}
	d = open(t, func(c *console.Config) { c.Trusted = trusted })
	if c := d.serve(proxied(d)).Header().Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-ew_console=") {
		t.Errorf("cookie %q", c)
	}
}

// TestNoOtherPageActs: attacks.md, cross-site requests.
func TestNoOtherPageActs(t *testing.T) {
	d := open(t).signIn()
	id := d.fill()
	for _, p := range console.Pages() {
		if p.Method != http.MethodPost {
			continue
		}
		for rule, change := range map[string]func(http.Header){
			"another site":     func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
			"a neighbour":      func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
			"the address bar":  func(h http.Header) { h.Set("Sec-Fetch-Site", "none") },
			"nobody says":      func(h http.Header) { h.Del("Sec-Fetch-Site") },
			"another port":     func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "http://127.0.0.1:8080") },
			"a sandbox":        func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") },
			"they contradict":  func(h http.Header) { h.Set("Origin", "https://evil.example") },
			"a spelling of it": func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "HTTP://127.0.0.1:8081") },
		} {
			hr := d.request(p.Method, p.Path, "id", id, "key", "hunter2", "subject", "a", "scope", "subject", "value", "a", "keep", "0", "source", "127.0.0.1/32")
			change(hr.Header)
			if w := d.serve(hr); w.Code != http.StatusForbidden {
				t.Errorf("%s of %s: %d", rule, p.Path, w.Code)
			}
		}
	}
	if len(d.deeds()) != 1 || len(d.Limits.Told(here)) > 0 {
		t.Errorf("%+v, %v", d.deeds(), d.Limits.Told(here))
	}
	hr := d.request("POST", "/console/sessions/end", "id", id) // a browser without Fetch Metadata
	hr.Header.Del("Sec-Fetch-Site")
	hr.Header.Set("Origin", origin)
	status(t, d.serve(hr), 303)
}

func TestASignInEnds(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		d := open(t).signIn()
		for range 20 { // what a page asks by itself keeps nobody signed in
			d.Clock.Forward(time.Minute)
			status(t, d.get("/console/live"), 200)
		}
		status(t, d.get("/console"), 200)
		d.Clock.Forward(29 * time.Minute)
		status(t, d.get("/console"), 200)
		for range 15 {
			d.Clock.Forward(2 * time.Minute)
			d.get("/console/live")
			d.get("/console/refusals/live")
		}
		w := d.get("/console")
		out(t, w)
		if !strings.Contains(w.Header().Get("Location"), "why=ended") || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%v", w.Header())
		}
		status(t, d.get(w.Header().Get("Location")), 200, "Your sign-in has ended")
	})
	t.Run("after half a day", func(t *testing.T) {
		d := open(t).signIn()
		for range 12*4 - 1 {
			d.Clock.Forward(15 * time.Minute)
			status(t, d.get("/console"), 200)
		}
		d.Clock.Forward(15 * time.Minute)
		out(t, d.get("/console"))
	})
	t.Run("when another one begins in its place", func(t *testing.T) {
		d := open(t).signIn()
		old := d.cookie
		d.signIn()
		status(t, d.get("/console"), 200)
		d.cookie = old
		out(t, d.get("/console"))
	})
	t.Run("when a hundred others have begun", func(t *testing.T) {
		d := open(t).signIn()
		first := d.cookie
		for range 100 {
			d.Clock.Forward(time.Second)
			d.cookie = ""
			d.signIn()
		}
		status(t, d.get("/console"), 200)
		d.cookie = first
		out(t, d.get("/console"))
	})
}

// Whoever loses the key loses the console with the next request.
func TestASignInEndsWithItsKey(t *testing.T) {
	by := issuance.By{Actor: "test"}
	for rule, end := range map[string]func(*testing.T, *desk) error{
		"revoked": func(t *testing.T, d *desk) error { return d.RevokeAPIKey(t.Context(), by, d.id, "") },
		"rotated, after a leak": func(t *testing.T, d *desk) error {
			_, _, err := d.RotateAPIKey(t.Context(), by, d.id, edgeward.Secret{}, time.Time{})
			return err
		},
		"its subject logged out": func(t *testing.T, d *desk) error {
			d.Clock.Forward(2 * time.Second)
			_, err := d.RevokeSubject(t.Context(), by, issuance.Target{Issuer: "edgeward", Subject: "operator", Scope: revocation.Subject, Force: true})
			return err
		},
		"its entry": func(t *testing.T, d *desk) error {
			_, err := d.Authority.Revoke(t.Context(), by, revocation.Entry{Scope: revocation.APIKey, Value: d.id})
			return err
		},
	} {
		t.Run(rule, func(t *testing.T) {
			d := open(t).signIn()
			status(t, d.get("/console"), 200)
			if err := end(t, d); err != nil {
				t.Fatal(err)
			}
			w := d.post("/console/api-keys/new", "subject", "thief", "permissions", "admin")
			out(t, w)
			out(t, d.get("/console"))
			if len(d.deeds()) != 1 {
				t.Errorf("%+v", d.deeds())
			}
		})
	}
	t.Run("expired", func(t *testing.T) {
		d := open(t)
		d.key, d.id = d.makeKey(apikey.Grant{Subject: "operator", Permissions: []string{"admin"}, Expires: d.Clock.Now().Add(10 * time.Minute)})
		d.signIn()
		d.Clock.Forward(9 * time.Minute)
		status(t, d.get("/console"), 200)
		d.Clock.Forward(2 * time.Minute)
		out(t, d.get("/console"))
	})
	t.Run("elsewhere", func(t *testing.T) {
		d := open(t)
		d.key, d.id = d.makeKey(apikey.Grant{Subject: "operator", Permissions: []string{"admin"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
		d.signIn()
		hr := d.request("GET", "/console")
		hr.RemoteAddr = "[::1]:1"
		out(t, d.serve(hr))
	})
}

// Signing in leads to pages of the console, and nowhere else.
func TestWhereSigningInLeadsTo(t *testing.T) {
	d := open(t)
	for next, want := range map[string]string{
		"":                                        "/console",
		"/console/sessions?q=alice&issuer=i":      "/console/sessions?issuer=i&q=alice",
		"/console/audit":                          "/console/audit",
		"https://evil.example/console":            "/console",
		"//evil.example/console":                  "/console",
		"/console/../..//evil.example":            "/console",
		"/\\evil.example":                         "/console",
		"javascript:alert(1)":                     "/console",
		"/console/live":                           "/console",
		"/console/sign-in":                        "/console",
		"/console/callback?code=x":                "/console",
		"/console/sessions?%zz":                   "/console",
		"/console/sessions#@evil":                 "/console",
		"/console?q=\r\nSet-Cookie: a=b":          "/console?q=%0D%0ASet-Cookie%3A+a%3Db",
		"/console?" + strings.Repeat("a=b&", 999): "/console",
	} {
		w := d.post("/console/sign-in", "key", d.key, "next", next)
		if got := w.Header().Get("Location"); w.Code != 303 || got != want {
			t.Errorf("%q leads to %q (%d), want %q", next, got, w.Code, want)
		}
	}
	w := d.get("/console/sessions?q=alice")
	if got := w.Header().Get("Location"); got != "/console/sign-in?next=%2Fconsole%2Fsessions%3Fq%3Dalice" {
		t.Errorf("%q", got)
	}
}

// TestSignInsOutliveAReload: a new configuration is a new Console.
func TestSignInsOutliveAReload(t *testing.T) {
	var signIns console.SignIns
	var cfg console.Config
	d := open(t, func(c *console.Config) { c.SignIns = &signIns; cfg = *c }).signIn()
	var err error
	if d.Console, err = console.New(cfg); err != nil {
		t.Fatal(err)
	}
	status(t, d.get("/console"), 200)
}

// A sign-in at the console that failed is in the audit log.
func TestFailedSignInsAreAudited(t *testing.T) {
	d := open(t)
	d.serve(d.request("POST", "/console/sign-in", "key", "ew_live_wrong"))
	all := d.Audit.Records()
	if got := all[len(all)-1]; got.Action != "console.sign_in.failed" || got.Reason != "api_key_invalid" || got.Client != here.String() || got.Actor != "client" {
		t.Errorf("%+v", got)
	}
}
