package admin_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/session"
)

// alive verifies a Cookie field.
func (s *system) alive(cookie string) (*edgeward.Identity, error) {
	r := &edgeward.Request{Header: edgeward.Header{"Cookie": {cookie}}}
	c, err := credential.Cookie(session.CookieName)(r)
	if err != nil {
		return nil, err
	}
	id, err := s.Sessions.Verify(s.t.Context(), r, c)
	if err != nil {
		return nil, err
	}
	return id, s.Revocations.Check(id)
}

func TestASessionIsCreatedRenewedAndEnded(t *testing.T) {
	s := start(t)
	a := s.send("POST", "/v1/sessions", `{"subject":"alice","permissions":["read"],"client_ip":"::ffff:203.0.113.7"}`)
	id, err := s.alive(a.text("cookie"))
	if err != nil || id.Subject != "alice" || id.Issuer != s.Issuer() || !id.Has("read") {
		t.Fatalf("%+v %v", id, err)
	}
	shown := a.members["session"].(map[string]any)
	if shown["client_ip"] != "203.0.113.7" || shown["id"] != id.Session {
		t.Errorf("%v", shown)
	}
	if !strings.HasPrefix(a.text("set_cookie"), a.text("cookie")+"; Path=/;") || !strings.Contains(a.text("set_cookie"), "; Secure") {
		t.Errorf("Set-Cookie %s", a.text("set_cookie"))
	}

	_, value, _ := strings.Cut(a.text("cookie"), "=")
	refused(t, s.send("POST", "/v1/sessions", `{"subject":"bob","replaces":"`+value+`"}`), 422, "unprocessable")
	refused(t, s.send("POST", "/v1/sessions", `{"subject":"alice","replaces":"ews_x"}`), 422, "unprocessable")
	b := s.send("POST", "/v1/sessions", `{"subject":"alice","permissions":["pay"],"replaces":"`+value+`"}`)
	if _, err := s.alive(a.text("cookie")); err == nil {
		t.Error("the old cookie lives")
	}
	renewed, err := s.alive(b.text("cookie"))
	if err != nil || !renewed.Has("pay") {
		t.Fatalf("%+v %v", renewed, err)
	}

	if a := s.send("DELETE", "/v1/sessions/"+renewed.Session, ""); a.Code != 204 || a.Body.Len() != 0 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if _, err := s.alive(b.text("cookie")); err == nil {
		t.Error("the session lives")
	}
	if a := s.send("DELETE", "/v1/sessions/"+renewed.Session, ""); a.Code != 204 {
		t.Errorf("again: %d %s", a.Code, a.Body)
	}
	refused(t, s.send("DELETE", "/v1/sessions/nothing", ""), 404, "not_found")
	for _, id := range []string{"AAAAAAAAAAAAAAAAAAAAAA", strings.Repeat("A", 300)} {
		refused(t, s.send("DELETE", "/v1/sessions/"+id, ""), 404, "not_found")
	}
}

// The public ids of both look alike, and tokens bear either as sid.
func TestToEndASessionIsNotToEndAFamily(t *testing.T) {
	s := start(t)
	pair := s.send("POST", "/v1/tokens", alice)
	refused(t, s.send("DELETE", "/v1/sessions/"+pair.text("family"), ""), 404, "not_found")
	if got, err := s.Introspect(t.Context(), edgeward.NewSecret(pair.text("access_token"))); err != nil || !got.Active {
		t.Errorf("the access token: %+v %v", got, err)
	}
}

func TestASessionThatIsRevokedIsNeitherListedNorRenewed(t *testing.T) {
	s := start(t)
	a := s.send("POST", "/v1/sessions", alice)
	id := a.members["session"].(map[string]any)["id"].(string)
	_, value, _ := strings.Cut(a.text("cookie"), "=")
	s.send("POST", "/v1/subjects/logout", `{"subject":"alice"}`)
	for _, query := range []string{"", "?subject=alice"} {
		if a := s.send("GET", "/v1/sessions"+query, ""); a.Code != 200 || len(ids(t, a, "sessions")) != 0 {
			t.Errorf("listed: %d %s", a.Code, a.Body)
		}
	}
	if _, err := s.Session(t.Context(), id); !errors.Is(err, issuance.ErrUnknown) {
		t.Errorf("found: %v", err)
	}
	refused(t, s.send("POST", "/v1/sessions", `{"subject":"alice","replaces":"`+value+`"}`), 422, "unprocessable")
	s.Clock.Forward(time.Second)
	later := s.send("POST", "/v1/sessions", alice)
	if a := s.send("GET", "/v1/sessions?subject=alice", ""); len(ids(t, a, "sessions")) != 1 || later.Code != 201 {
		t.Errorf("what was made since: %d %s", a.Code, a.Body)
	}
	if a := s.send("DELETE", "/v1/sessions/"+id, ""); a.Code != 204 {
		t.Errorf("its row stays: %d %s", a.Code, a.Body)
	}
}

func TestTheCookieHasItsConfiguredName(t *testing.T) {
	s := start(t, func(c *admin.Config) { c.Cookie = "sid" })
	a := s.send("POST", "/v1/sessions", `{"subject":"alice"}`)
	if !strings.HasPrefix(a.text("cookie"), "sid=ews_") || strings.Contains(a.text("set_cookie"), "Secure") {
		t.Errorf("%s %s", a.text("cookie"), a.text("set_cookie"))
	}
}

func TestAPairIsMinted(t *testing.T) {
	s := start(t)
	a := s.send("POST", "/v1/tokens", `{"subject":"alice","permissions":["read"],"client_id":"app","client_ip":"203.0.113.7","user_agent":"curl"}`)
	got, err := s.Introspect(t.Context(), edgeward.NewSecret(a.text("access_token")))
	if err != nil || !got.Active || got.Subject != "alice" || got.ClientID != "app" || got.Session != a.text("family") {
		t.Errorf("%+v %v", got, err)
	}
	f, err := s.Family(t.Context(), a.text("family"))
	if err != nil || f.Client.UserAgent != "curl" || f.Client.IP != netip.MustParseAddr("203.0.113.7") {
		t.Errorf("%+v %v", f, err)
	}
	if _, err := s.Refresh(t.Context(), issuance.By{}, edgeward.NewSecret(a.text("refresh_token")), issuance.ScopeRequest{}, edgeward.Client{}); err != nil {
		t.Error(err)
	}
	if life := a.members["expires_in"].(float64); life < 800 || life > 900 {
		t.Errorf("expires in %v", life)
	}
}

func TestAnAPIKeyIsRotatedAndRevoked(t *testing.T) {
	s := start(t)
	a := s.send("POST", "/v1/api-keys", `{"subject":"ci","permissions":["admin"]}`)
	id, old := a.members["api_key"].(map[string]any)["id"].(string), a.text("secret")
	works := func(key string) bool {
		return s.send("GET", "/v1/bans", "", "Authorization", "Bearer "+key).Code == 200
	}

	b := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":60}`)
	if !works(old) || !works(b.text("secret")) {
		t.Error("both secrets live for a minute")
	}
	refused(t, s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":60}`), 409, "conflict")
	s.Clock.Forward(time.Minute)
	if works(old) {
		t.Error("the old secret lives on")
	}
	c := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":0}`)
	if works(b.text("secret")) || !works(c.text("secret")) {
		t.Error("a rotation without delay")
	}
	if a := s.send("DELETE", "/v1/api-keys/"+id, ""); a.Code != 204 || works(c.text("secret")) {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	refused(t, s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":0}`), 409, "conflict")
	refused(t, s.send("POST", "/v1/api-keys/nothing/rotate", `{"keep_old_seconds":0}`), 404, "not_found")
	refused(t, s.send("DELETE", "/v1/api-keys/nothing", ""), 404, "not_found")
}

func TestLogoutEverywhereIsOneEntryAnIssuer(t *testing.T) {
	s := start(t)
	var cookies []string
	for range 3 {
		cookies = append(cookies, s.send("POST", "/v1/sessions", `{"subject":"alice"}`).text("cookie"))
	}
	bob := s.send("POST", "/v1/sessions", `{"subject":"bob"}`).text("cookie")
	if a := s.send("POST", "/v1/subjects/logout", `{"subject":"alice","reason":"stolen"}`); a.text("subject") != "alice" ||
		!strings.Contains(a.Body.String(), `"ended":{"sessions":3,"families":0,"api_keys":0,"consoles":0}`) {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	for _, c := range cookies {
		if _, err := s.alive(c); !errors.Is(err, edgeward.CredentialRevoked) {
			t.Errorf("alice: %v", err)
		}
	}
	if _, err := s.alive(bob); err != nil {
		t.Errorf("bob: %v", err)
	}
	if a := s.send("GET", "/v1/revocations?scope=subject", ""); len(a.members["revocations"].([]any)) != 3 {
		t.Errorf("%s", a.Body)
	}
}

func TestRevocationsOfOursNeedNoIssuer(t *testing.T) {
	s := start(t)
	for _, scope := range []string{"token", "key"} {
		if a := s.send("POST", "/v1/revocations", `{"scope":"`+scope+`","value":"x","force":true}`); a.text("issuer") != s.Issuer() {
			t.Errorf("%s: %d %s", scope, a.Code, a.Body)
		}
	}
	if a := s.send("POST", "/v1/revocations", `{"scope":"token","issuer":"https://idp.example","value":"x"}`); a.text("issuer") != "https://idp.example" {
		t.Errorf("another's: %d %s", a.Code, a.Body)
	}
	for _, scope := range []string{"session", "family", "api_key", "issuer"} {
		if a := s.send("POST", "/v1/revocations", `{"scope":"`+scope+`","value":"x","force":true}`); a.Code != 201 || a.text("issuer") != "" {
			t.Errorf("%s: %d %s", scope, a.Code, a.Body)
		}
	}
}

func TestABanIsClearedByAnyAddressOfItsSource(t *testing.T) {
	for rule, row := range map[string]struct {
		source, id string
		ok         bool
	}{
		"an IPv4 address":           {"203.0.113.7", "203.0.113.7", true},
		"another one":               {"203.0.113.7", "203.0.113.8", false},
		"in IPv6":                   {"203.0.113.7", "::ffff:203.0.113.7", true},
		"an IPv6 network":           {"2001:db8:1:2::", "2001:db8:1:2::", true},
		"an address of the network": {"2001:db8:1:2::", "2001:db8:1:2:3:4:5:6", true},
		"of the next network":       {"2001:db8:1:2::", "2001:db8:1:3::", false},
		"with a zone":               {"2001:db8:1:2::", "2001:db8:1:2::1%25eth0", false},
		"a name":                    {"203.0.113.7", "localhost", false},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t)
			s.Limits.Block(netip.MustParseAddr(row.source))
			if a := s.send("GET", "/v1/bans", ""); ids(t, a, "bans")[0] != row.source {
				t.Errorf("%s", a.Body)
			}
			a := s.send("DELETE", "/v1/bans/"+row.id, "")
			if !row.ok {
				refused(t, a, 404, "not_found")
			} else if a.Code != 204 {
				t.Errorf("%d %s", a.Code, a.Body)
			}
		})
	}
}
