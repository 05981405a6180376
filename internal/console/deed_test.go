package console_test

import (
	"context"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// did checks that an answer leads back to a list that says what was done.
func (d *desk) did(w interface{ Result() *http.Response }, path, says string) {
	d.t.Helper()
	r := w.Result()
	to := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, path+"?") || !strings.Contains(to, "done=") {
		d.t.Fatalf("%d to %q", r.StatusCode, to)
	}
	status(d.t, d.get(to), 200, says)
}

func (d *desk) session(subject string) (value edgeward.Secret, id string) {
	d.t.Helper()
	value, s, err := d.CreateSession(d.t.Context(), issuance.By{Actor: "test"}, session.Grant{Subject: subject})
	if err != nil {
		d.t.Fatal(err)
	}
	return value, s.ID
}

// wrote checks the last record of the audit log.
func (d *desk) wrote(action, object, reason string) {
	d.t.Helper()
	deeds := d.deeds()
	want := issuance.Record{Actor: "api_key:" + d.id, Action: action, Object: object, Reason: reason}
	last := deeds[len(deeds)-1]
	if last.Subject, last.Scopes = "", ""; last != want {
		d.t.Errorf("%+v, want %+v", last, want)
	}
}

func TestEndASession(t *testing.T) {
	d := open(t).signIn()
	_, id := d.session("alice")
	_, other := d.session("bob")
	status(t, d.get("/console/sessions/end?id="+id), 200, "End this session?", "alice", `name="id" value="`+id+`"`)
	d.did(d.post("/console/sessions/end", "id", id, "reason", "laptop stolen"), "/console/sessions", "The session has ended")
	d.wrote("session.end", "session/"+id, "laptop stolen")
	if _, err := d.Session(t.Context(), id); err == nil {
		t.Error("the session lives on")
	}
	if _, err := d.Session(t.Context(), other); err != nil {
		t.Error(err)
	}
	status(t, d.post("/console/sessions/end", "id", "nobody"), 404)
}

// Half of a revocation must not be had by hanging up.
func TestADeedIsCarriedThrough(t *testing.T) {
	d := open(t).signIn()
	_, id := d.session("alice")
	ctx, hangUp := context.WithCancel(t.Context())
	hr := d.request("POST", "/console/sessions/end", "id", id).WithContext(ctx)
	d.Store.Follow(func(storetest.Operation) storetest.Fault {
		hangUp()
		return storetest.Fault{Delay: 20 * time.Millisecond}
	})
	status(t, d.serve(hr), 303)
	d.wrote("session.end", "session/"+id, "")
}

func TestLogOutEverywhere(t *testing.T) {
	d := open(t).signIn()
	_, id := d.session("alice")
	d.Clock.Forward(2 * time.Second)
	status(t, d.get("/console/sessions?q=alice"), 200, id, "/console/sessions/everywhere?subject=alice")
	status(t, d.get("/console/sessions/everywhere?subject=alice"), 200, "everywhere?", "every issuer that is accepted here")
	d.did(d.post("/console/sessions/everywhere", "subject", "alice", "reason", "gone"), "/console/sessions", "Ended: sessions 1, refresh families 0, API keys 0")
	d.wrote("revoke", "subject/https://idp.example alice", "gone") // the last of three
	status(t, d.get("/console/sessions?q=alice"), 200, "No session is alive")
	status(t, d.post("/console/sessions/everywhere"), 422)
}

var shownKey = regexp.MustCompile(`<code data-copy>(ew_test_[^<]*)</code>`)

// secretOf returns the API key that a page shows.
func secretOf(t *testing.T, body string) string {
	t.Helper()
	m := shownKey.FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no key in %s", body)
	}
	return m[1]
}

func (d *desk) works(key string) bool {
	r := &edgeward.Request{ClientIP: netip.MustParseAddr("192.0.2.7"), Header: edgeward.Header{"X-Api-Key": {key}}}
	_, err := d.AuthenticateOperator(d.t.Context(), r)
	return err == nil
}

func TestMakeRotateAndRevokeAnAPIKey(t *testing.T) {
	d := open(t).signIn()
	w := d.post("/console/api-keys/new", "subject", "billing", "name", "Billing", "permissions", " orders:read  orders:write ", "networks", "192.0.2.0/24 2001:db8::1", "days", "30")
	status(t, w, 200, "shown this once")
	first := secretOf(t, w.Body.String())
	id := strings.Split(first, "_")[2]
	d.wrote("api_key.create", "api_key/"+id, "")
	k, err := d.APIKey(t.Context(), id)
	if err != nil || k.Subject != "billing" || k.Name != "Billing" || !slices.Equal(k.Permissions, []string{"orders:read", "orders:write"}) ||
		len(k.Networks) != 2 || !k.Expires.Equal(d.Clock.Now().Add(30*24*time.Hour)) || !d.works(first) {
		t.Errorf("%+v %v", k, err)
	}
	if body := d.get("/console/api-keys").Body.String(); strings.Contains(body, first) || !strings.Contains(body, id) {
		t.Error("the list shows the secret, or not the key")
	}
	for _, q := range []string{id, "BILL", "billing"} {
		status(t, d.get("/console/api-keys?q="+q), 200, id)
	}

	status(t, d.get("/console/api-keys/rotate?id="+id), 200, `name="keep"`)
	status(t, d.get("/console/api-keys/rotate?id="+d.id), 200, "signed in with")
	w = d.post("/console/api-keys/rotate", "id", id, "keep", "1")
	second := secretOf(t, w.Body.String())
	d.wrote("api_key.rotate", "api_key/"+id, "")
	if first == second || !d.works(first) || !d.works(second) {
		t.Error("after the rotation not both secrets work")
	}
	status(t, d.post("/console/api-keys/rotate", "id", id, "keep", "1"), 409)
	w = d.post("/console/api-keys/rotate", "id", id, "keep", "0")
	third := secretOf(t, w.Body.String())
	if d.works(first) || d.works(second) || !d.works(third) {
		t.Error("after a leak an old secret works")
	}

	status(t, d.get("/console/api-keys/revoke?id="+id), 200, "Revoke this API key?", "Billing")
	d.did(d.post("/console/api-keys/revoke", "id", id, "reason", "leaked"), "/console/api-keys", "revoked for good")
	d.wrote("api_key.revoke", "api_key/"+id, "leaked")
	if d.works(third) {
		t.Error("the key lives on")
	}
	status(t, d.get("/console/api-keys"), 200, "revoked")
}

func TestAFormOfAKeySaysWhatIsWrong(t *testing.T) {
	d := open(t).signIn()
	for rule, fields := range map[string][]string{
		"Please fill in: Owner":              {"name", "n"},
		"“10.0.0.0/33” is no address":        {"subject", "a", "networks", "10.0.0.0/33"},
		"after 1 to 3650 days":               {"subject", "a", "days", "soon"},
		"Nothing can say that":               {"subject", "a\x00"},
		"An old secret is kept for 0 to 216": nil,
	} {
		w := d.post("/console/api-keys/new", fields...)
		if fields == nil {
			w = d.post("/console/api-keys/rotate", "id", d.id, "keep", "9999")
		}
		status(t, w, 422, rule)
	}
	hr := d.request("POST", "/console/api-keys/new", "subject", "a")
	hr.Header.Set("Content-Type", "text/plain")
	status(t, d.serve(hr), 422)
	status(t, d.post("/console/api-keys/new", "subject", strings.Repeat("a", 40<<10)), 422)
	if len(d.deeds()) != 1 {
		t.Errorf("%+v", d.deeds())
	}
}

// A key for one network and an hour must not make one for anywhere and ever.
func TestNobodyHandsOutMoreThanTheyHave(t *testing.T) {
	d := open(t)
	strong := d.id
	d.key, d.id = d.makeKey(apikey.Grant{
		Subject: "operator", Permissions: []string{"admin"}, Expires: d.Clock.Now().Add(48 * time.Hour), Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	d.signIn()
	status(t, d.post("/console/api-keys/new", "subject", "a", "permissions", "admin"), 403)
	status(t, d.post("/console/api-keys/new", "subject", "a", "permissions", "sessions:write", "days", "9", "networks", "127.0.0.1"), 403)
	status(t, d.post("/console/api-keys/rotate", "id", strong, "keep", "0"), 403)
	if len(d.deeds()) != 1 {
		t.Errorf("%+v", d.deeds())
	}
	status(t, d.post("/console/api-keys/new", "subject", "a", "permissions", "admin", "days", "1", "networks", "127.0.0.1"), 200)
	status(t, d.post("/console/api-keys/new", "subject", "a", "permissions", "orders:read"), 200)
}

func TestRevoke(t *testing.T) {
	d := open(t).signIn()
	status(t, d.get("/console/revocations/new"), 200, "What is revoked")
	status(t, d.get("/console/revocations/new?scope=token&value=jti-1&reason=stolen"), 200, "Revoke this?", "The one token.", "https://edge.example", `value="jti-1"`)
	status(t, d.get("/console/revocations/new?scope=token"), 422, "Please fill in: Value")
	status(t, d.get("/console/revocations/new?scope=issuer&value=edgeward"), 200, "ends your own sign-in")
	if n := len(d.deeds()); n != 1 {
		t.Fatalf("asking did something: %+v", d.deeds())
	}
	d.did(d.post("/console/revocations/new", "scope", "token", "value", "jti-1", "reason", "stolen", "issuer", ""), "/console/revocations", "The revocation holds")
	d.wrote("revoke", "token/https://edge.example jti-1", "stolen")
	status(t, d.get("/console/revocations?scope=token"), 200, "jti-1", "stolen")
	page, _, err := d.ListRevocations(t.Context(), revocation.Token, "", 10)
	if err != nil || len(page) != 1 || page[0].Issuer != "https://edge.example" {
		t.Errorf("%+v %v", page, err)
	}
}

func TestLiftABan(t *testing.T) {
	d := open(t).signIn()
	guesser := netip.MustParseAddr("192.0.2.9")
	d.Limits.Block(guesser)
	status(t, d.get("/console/bans"), 200, "192.0.2.9/32")
	status(t, d.get("/console/bans/clear?source=192.0.2.9/32"), 200, "Lift this ban?")
	d.did(d.post("/console/bans/clear", "source", "192.0.2.9/32"), "/console/bans", "may try again")
	d.wrote("ban.clear", "ban/192.0.2.9/32", "")
	status(t, d.post("/console/bans/clear", "source", "192.0.2.9/32"), 404)
	status(t, d.post("/console/bans/clear", "source", "everybody"), 404)
}

// No address puts words of its own on a page.
func TestANoticeIsOneOfOurs(t *testing.T) {
	d := open(t).signIn()
	if body := d.get("/console?done=Your+key+was+stolen%2C+call+us").Body.String(); strings.Contains(body, "stolen") || strings.Contains(body, `class="notice"`) {
		t.Error(body)
	}
}

func TestALongListGoesOn(t *testing.T) {
	d := open(t).signIn()
	for range 60 {
		d.session("alice")
	}
	next := regexp.MustCompile(`href="(/console/sessions\?after=[^"]*)" rel="next"`).FindStringSubmatch(d.get("/console/sessions").Body.String())
	if next == nil {
		t.Fatal("there is no next page")
	}
	body := d.get(strings.ReplaceAll(next[1], "&amp;", "&")).Body.String()
	if n := strings.Count(body, `<th scope="row">`); n != 10 {
		t.Errorf("%d sessions on the second page", n)
	}
}

func TestARequestIsExplained(t *testing.T) {
	d := open(t, func(c *console.Config) { c.Decider = refusing{} }).signIn()
	status(t, d.get("/console/routes?method=POST&url=https://app.example/api/7"), 200,
		"<code>POST /api/7</code>", "/api/*", "api/_middleware", "[session]", "<strong>401</strong>", "credential_missing")
	status(t, d.get("/console/routes?method=GET&url=/elsewhere"), 200, "covered by no route")
	status(t, d.get("/console/routes?method=TRACE&url=/api"), 200, "method_not_allowed")
	status(t, d.get("/console/routes?method=GET&url=/api//x"), 200, "malformed_request")
}
