package console_test

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/telemetry"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

const hostile = "<script>alert(1)</script>"

// fill gives every page something to show, as hostile as its maker can.
func (d *desk) fill() (sessionID string) {
	d.t.Helper()
	ctx, by := d.t.Context(), issuance.By{Actor: "test"}
	_, s, err := d.CreateSession(ctx, by, session.Grant{Subject: hostile, Client: edgeward.Client{UserAgent: `"><img src=x onerror=alert(1)>` + hostile, IP: here}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.makeKey(apikey.Grant{Subject: hostile, Name: `"onfocus="` + hostile, Permissions: []string{"<b>"}, Expires: d.Clock.Now().Add(time.Hour)})
	if _, err := d.Revoke(ctx, by, revocation.Entry{Scope: revocation.Token, Issuer: hostile, Value: "</td>" + hostile, Reason: hostile}); err != nil {
		d.t.Fatal(err)
	}
	d.Limits.Block(here)
	d.refuse(edgeward.TokenExpired, "GET", "/api/"+hostile)
	d.traffic.Sample(d.Clock.Now())
	d.traffic.Sample(d.Clock.Now().Add(time.Second))
	d.traffic.PropagationDelay(time.Second)
	d.chain(issuance.Record{Actor: hostile, Action: hostile, Object: hostile, Subject: hostile, Scopes: hostile, Reason: hostile, Class: hostile})
	return s.ID
}

// paths are pages that show something, with what they need to be asked.
func (d *desk) paths(sessionID string) []string {
	return []string{
		"/console", "/console/", "/console/live", "/console/sessions", "/console/sessions?q=" + sessionID, "/console/sessions?q=%3Cscript%3E&issuer=%3Cb%3E",
		"/console/sessions/end?id=" + sessionID, "/console/sessions/everywhere?subject=%3Cscript%3Ealert(1)",
		"/console/api-keys", "/console/api-keys?q=" + d.id, "/console/api-keys?q=%3Cscript%3E", "/console/api-keys/new",
		"/console/api-keys/rotate?id=" + d.id, "/console/api-keys/revoke?id=" + d.id,
		"/console/revocations", "/console/revocations?scope=token", "/console/revocations/new",
		"/console/revocations/new?scope=token&value=%3Cscript%3E&issuer=%3Cscript%3E&reason=%3Cscript%3E&force=yes",
		"/console/bans", "/console/bans/clear?source=127.0.0.1/32", "/console/routes", "/console/routes?filter=%3Cscript%3E",
		"/console/routes?method=GET&url=/api/%253Cscript%253E", "/console/routes?method=GET&url=//%3Cscript%3E",
		"/console/refusals", "/console/refusals?reason=token_expired", "/console/refusals?reason=%3Cscript%3E", "/console/refusals/live",
		"/console/audit", "/console/audit?verify=1", "/console/sign-in",
	}
}

func TestEveryPageWithSomethingToShow(t *testing.T) {
	d := open(t, func(c *console.Config) {
		c.Ready = func() error { return errors.New("store: " + hostile) }
		c.State = func() telemetry.State {
			return telemetry.State{
				KeySets:   []telemetry.KeySet{{Issuer: hostile, Fetched: true, Failed: 1, Err: errors.New(hostile)}, {Issuer: "https://i.example", Usable: true, Keys: 2}},
				Memory:    &telemetry.Memory{StoreErrors: map[string]uint64{"get": 1_234, "list": 0}},
				Listeners: []telemetry.Listener{{Name: "proxy.listen", Open: 3, Evicted: 1}},

				Certificates: []telemetry.Certificate{{Listener: "proxy.listen", Name: hostile, Expires: time.Unix(1_900_000_000, 0), Trouble: errors.New(hostile)}},
				Upstreams:    []telemetry.Upstream{{Name: "app", Server: hostile, Failures: 7}},
			}
		}
	}).signIn()
	for _, path := range d.paths(d.fill()) {
		w := d.get(path)
		status(t, w, 200)
		if body := w.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "<img src=x") || strings.Contains(body, "<b>") {
			t.Errorf("%s shows what was hidden in it:\n%s", path, body)
		}
	}
	for path, part := range map[string]string{
		"/console": "1,234", "/console/sessions": "&lt;script&gt;alert(1)&lt;/script&gt;", "/console/api-keys": "&lt;b&gt;",
		"/console/bans": "127.0.0.1/32", "/console/refusals": "token_expired", "/console/audit": "&lt;script&gt;",
		"/console/routes?method=GET&url=/api/7": "api/_middleware", "/console/routes?filter=preview": "*.preview.example/demo",
		"/console/routes?method=GET&url=https://a.preview.example:8443/demo": "*.preview.example/demo</code>: public", "/console/routes?method=GET&url=https://other.example/api/7": "covered by <code>/api/*",
		"/console/routes?method=GET&url=/%252e": "Refused before any route is asked",
	} {
		status(t, d.get(path), 200, part)
	}
	status(t, d.get("/console/live"), 200, "2030-03-17")
	if len(d.deeds()) != 1 { // the sign-in
		t.Errorf("a GET did something: %+v", d.deeds())
	}
}

func TestEveryPageWithNothingToShow(t *testing.T) {
	d := open(t, func(c *console.Config) { c.State = func() telemetry.State { return telemetry.State{} } }).signIn()
	for path, part := range map[string]string{
		"/console": "No decision has fallen", "/console/live": "No issuer is configured", "/console/sessions": "There are no sessions",
		"/console/sessions?q=nobody": "No session is alive", "/console/api-keys?q=nobody": "No key fits", "/console/api-keys/new": "New API key",
		"/console/revocations": "Nothing is revoked", "/console/bans": "No network has to wait", "/console/routes?filter=zzz": "No pattern contains",
		"/console/refusals": "Nothing was refused", "/console/audit": "Nothing is recorded", "/console/audit?verify=1": "The chain is sound",
	} {
		status(t, d.get(path), 200, part)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	d := open(t).signIn()
	for path, want := range map[string]int{
		"/console/nothing": 404, "/console/assets/": 404, "/console/assets/../console.go": 400, "/consoles": 404, "/console/sessions/end": 404,
		"/console/sessions/end?id=nobody": 404, "/console/api-keys/rotate?id=x": 404, "/console/bans/clear?source=x": 404,
		"/console/sessions?q=a&q=b": 422, "/console/sessions?q=%zz": 422, "/console/sessions/everywhere": 422, "/console/revocations/new?scope=all&value=x": 422,
		"/console/revocations?scope=nonsense": 422, "/console/assets/console.css": 200, "/console/assets/console.js": 200, "/console/assets/icon.svg": 200,
	} {
		if w := d.get(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if w := d.serve(d.request("DELETE", "/console/sessions")); w.Code != 405 || w.Header().Get("Allow") != "GET" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := d.serve(d.request("HEAD", "/console")); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

// A store that cannot tell is no empty list, and nobody is signed out by it.
func TestTheStoreDoesNotAnswer(t *testing.T) {
	d := open(t).signIn()
	id := d.fill()
	if _, err := d.Limits.Clear(t.Context(), netip.PrefixFrom(here, 32)); err != nil {
		t.Fatal(err)
	}
	d.Store.Follow(storetest.Down)
	for _, path := range []string{"/console/sessions", "/console/sessions?q=" + id, "/console/api-keys", "/console/revocations", "/console/sessions/end?id=" + id} {
		w := d.get(path)
		status(t, w, 503, "does not answer")
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	status(t, d.post("/console/sessions/end", "id", id), 503, "It is not known whether that was done")
	status(t, d.post("/console/api-keys/new", "subject", "a"), 503, "It is not known whether that was done")
	status(t, d.post("/console/api-keys/revoke", "id", d.id), 503, "It is not known whether that was done")
	d.Clock.Forward(time.Minute) // nobody remembers the key any more
	status(t, d.get("/console"), 503, "does not answer")
	status(t, d.get("/console/live"), 503)
	d.Store.Follow(nil)
	status(t, d.get("/console"), 200)
	if len(d.deeds()) != 1 {
		t.Errorf("what is not known to be done is written down: %+v", d.deeds())
	}
}

func TestTheAuditLogIsUnreadable(t *testing.T) {
	d := open(t, func(c *console.Config) { c.AuditFile += ".gone" }).signIn()
	status(t, d.get("/console/audit"), 503)
}

func TestABrokenChainIsSaid(t *testing.T) {
	d := open(t).signIn()
	d.chain(issuance.Record{Action: "a"}, issuance.Record{Action: "b"})
	d.edit(`"action":"a"`, `"action":"c"`)
	status(t, d.get("/console/audit?verify=1"), 200, "The chain is broken", "line 1", "<code>b</code>")
}

// What is not configured is not in the navigation.
func TestOnlyWhatIsConfiguredIsOffered(t *testing.T) {
	d := open(t, func(c *console.Config) {
		cfg := c.Authority.Config
		cfg.Sessions, cfg.Limits = nil, nil
		a, err := issuance.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Authority, c.AuditFile = a, ""
	}).signIn()
	body := d.get("/console").Body.String()
	for _, path := range []string{"sessions", "bans", "audit"} {
		if strings.Contains(body, `href="/console/`+path) {
			t.Errorf("%s is offered", path)
		}
		status(t, d.get("/console/"+path), 501, "Not configured here")
	}
}

func TestNewRefusesWhatIsIncomplete(t *testing.T) {
	if _, err := console.New(console.Config{}); err == nil {
		t.Error("the zero value is a console")
	}
	d := open(t)
	if _, err := console.New(console.Config{Authority: d.Authority}); err == nil {
		t.Error("a console with nothing to show")
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := console.Number(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", 30 * time.Millisecond: "30 ms", time.Second: "1 s", 90 * time.Second: "90 s", 3 * time.Minute: "3 min", 36 * time.Hour: "36 h", 49 * time.Hour: "2 d",
	} {
		if got := console.Short(d); got != want {
			t.Errorf("%v is %s", d, got)
		}
	}
	for pattern, want := range map[string]int{"/": 0, "/*": 0, "/health": 0, "/api/*": 0, "/api/orders/*": 1, "/a/b/c/d/e/f/g/h/i": 6} {
		if got := console.Depth(pattern); got != want {
			t.Errorf("%s is at %d", pattern, got)
		}
	}
}

func TestAssetsAreNoSecret(t *testing.T) {
	d := open(t) // nobody is signed in
	for path, kind := range map[string]string{"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"} {
		if w := d.get("/console/assets/" + path); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	status(t, d.post("/console/assets/console.css"), 405)
}
