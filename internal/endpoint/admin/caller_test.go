package admin_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/session"
)

// Row 32 of the attacks, as far as this door goes.
func TestOnlyAnAPIKeyGetsIn(t *testing.T) {
	s := start(t)
	pair, err := s.MintPair(t.Context(), issuance.By{}, issuance.Grant{Subject: "alice", Permissions: []string{"admin"}}, edgeward.Client{})
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := s.CreateSession(t.Context(), issuance.By{}, session.Grant{Subject: "alice", Permissions: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	revoked, id := s.key("admin")
	if err := s.RevokeAPIKey(t.Context(), issuance.By{}, id, ""); err != nil {
		t.Fatal(err)
	}
	stranger, _ := start(t).key("admin")
	for rule, row := range map[string]struct {
		query, field, value string
		status              int
		code                string
	}{
		"nothing":                   {"", "", "", 401, "credential_required"},
		"an access token":           {"", "Authorization", "Bearer " + pair.AccessToken.Reveal(), 401, "credential_required"},
		"a session":                 {"", "Cookie", session.CookieName + "=" + cookie.Reveal(), 401, "credential_required"},
		"a key in the URL":          {"?api_key=" + s.admin, "", "", 401, "credential_required"},
		"a key in both places":      {"?api_key=" + s.admin, "X-Api-Key", s.admin, 400, "ambiguous_credential"},
		"a key of another system":   {"", "X-Api-Key", stranger, 401, "invalid_token"},
		"a revoked key":             {"", "X-Api-Key", revoked, 401, "invalid_token"},
		"a key that was mistyped":   {"", "X-Api-Key", s.admin + "0", 401, "invalid_token"},
		"a key by another's scheme": {"", "Authorization", "Basic " + s.admin, 401, "credential_required"},
	} {
		t.Run(rule, func(t *testing.T) {
			hr := s.request("GET", "/v1/sessions"+row.query, "", "Authorization", "")
			if row.field != "" {
				hr.Header.Set(row.field, row.value)
			}
			a := s.serve(hr)
			refused(t, a, row.status, row.code)
			if strings.Contains(a.Body.String(), "ew_") {
				t.Errorf("the answer shows a key: %s", a.Body)
			}
		})
	}
}

func TestABodyThatNamesAUserIsNoCredential(t *testing.T) {
	s := start(t)
	refused(t, s.send("POST", "/v1/sessions", `{"subject":"admin"}`, "Authorization", ""), 401, "credential_required")
	if a := s.send("GET", "/v1/sessions", ""); len(ids(t, a, "sessions")) != 0 {
		t.Errorf("a session was made: %s", a.Body)
	}
}

func TestGuessesCountAndWhoGuessedWaits(t *testing.T) {
	s := start(t)
	stranger, _ := start(t).key("admin")
	s.send("GET", "/v1/sessions", "", "Authorization", "Bearer "+stranger)
	if told := s.Limits.Told(home); !slices.Equal(told, []edgeward.Reason{edgeward.APIKeyUnknown}) {
		t.Errorf("the limiter was told %v", told)
	}
	s.Limits.Block(home)
	a := s.send("GET", "/v1/sessions", "", "Authorization", "Bearer "+stranger)
	if refused(t, a, 429, "too_many_requests"); a.Header().Get("Retry-After") != "360" {
		t.Errorf("Retry-After %s", a.Header().Get("Retry-After"))
	}
	if a := s.send("DELETE", "/v1/bans/"+home.String(), ""); a.Code != 204 {
		t.Errorf("whose network has to wait cannot lift the ban: %d %s", a.Code, a.Body)
	}
}

// Row 24 of the attacks.
func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	s := start(t)
	for rule, row := range map[string]struct {
		header []string
		ok     bool
	}{
		"a program":           {nil, true},
		"our own page":        {[]string{"Origin", base, "Sec-Fetch-Site", "same-origin"}, true},
		"an older browser":    {[]string{"Origin", base}, true},
		"the address bar":     {[]string{"Sec-Fetch-Site", "none"}, true},
		"another site":        {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, false},
		"another scheme":      {[]string{"Origin", "https://127.0.0.1:8081"}, false},
		"another port":        {[]string{"Origin", "http://127.0.0.1:8080"}, false},
		"a sandbox":           {[]string{"Origin", "null"}, false},
		"a neighbour":         {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"a liar by origin":    {[]string{"Origin", base, "Sec-Fetch-Site", "cross-site"}, false},
		"a liar by its field": {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, false},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(rule+" "+method, func(t *testing.T) {
				body := ""
				if method == "POST" {
					body = `{"subject":"alice"}`
				}
				a := s.send(method, "/v1/sessions", body, row.header...)
				if !row.ok {
					refused(t, a, 403, "forbidden")
				} else if a.Code >= 300 {
					t.Errorf("%d %s", a.Code, a.Body)
				}
			})
		}
	}
	hr := s.request("GET", "/v1/sessions", "")
	hr.Header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
	refused(t, s.serve(hr), 400, "bad_request")
}

func TestNobodyHandsOutMorePowerThanTheyHave(t *testing.T) {
	s := start(t)
	writer, _ := s.key(adminscope.APIKeysWrite, adminscope.Backup)
	for _, scope := range []string{"admin", "introspect", adminscope.SessionsWrite, adminscope.BansRead} {
		refused(t, s.send("POST", "/v1/api-keys", `{"subject":"me","permissions":["read","`+scope+`"]}`, "Authorization", "Bearer "+writer), 403, "insufficient_scope")
		_, id := s.key(scope)
		refused(t, s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":60}`, "Authorization", "Bearer "+writer), 403, "insufficient_scope")
	}
	if a := s.send("POST", "/v1/api-keys", `{"subject":"me","permissions":["bans:read","introspect"]}`); a.Code != 201 {
		t.Errorf("by admin: %d %s", a.Code, a.Body)
	}
	for _, own := range []string{adminscope.APIKeysWrite, adminscope.Backup, "orders:write"} {
		if a := s.send("POST", "/v1/api-keys", `{"subject":"me","permissions":["`+own+`"]}`, "Authorization", "Bearer "+writer); a.Code != 201 {
			t.Errorf("%s: %d %s", own, a.Code, a.Body)
		}
	}
}

// A stolen key that is bound must not make itself one that is not.
func TestNobodyHandsOutPowerBeyondTheirOwnBounds(t *testing.T) {
	for _, scope := range []string{adminscope.APIKeysWrite, "admin"} {
		s := start(t)
		at := func(d time.Duration) time.Time { return s.Clock.Now().Add(d) }
		bear := func(permission string, expires time.Time, networks ...string) (secret, id string) {
			g := apikey.Grant{Subject: "me", Permissions: []string{permission}, Expires: expires}
			for _, n := range networks {
				g.Networks = append(g.Networks, netip.MustParsePrefix(n))
			}
			text, k, err := s.CreateAPIKey(t.Context(), issuance.By{}, g)
			if err != nil {
				t.Fatal(err)
			}
			return text.Reveal(), k.ID
		}
		bound, own := bear(scope, at(time.Hour), "192.0.2.0/24", "2001:db8::/32")
		for rule, row := range map[string]struct {
			permission string
			expires    time.Time
			networks   []string
			ok         bool
		}{
			"the same bounds":         {scope, at(time.Hour), []string{"192.0.2.0/24", "2001:db8::/32"}, true},
			"narrower ones":           {scope, at(time.Minute), []string{"192.0.2.128/25"}, true},
			"for ever":                {scope, time.Time{}, []string{"192.0.2.1/32"}, false},
			"a moment longer":         {scope, at(time.Hour + time.Millisecond), []string{"192.0.2.1/32"}, false},
			"from anywhere":           {scope, at(time.Hour), nil, false},
			"a wider network":         {scope, at(time.Hour), []string{"192.0.0.0/16"}, false},
			"another network":         {scope, at(time.Hour), []string{"192.0.2.0/24", "198.51.100.0/24"}, false},
			"the application's power": {"orders:write", time.Time{}, nil, true},
		} {
			t.Run(scope+" "+rule, func(t *testing.T) {
				body, _ := json.Marshal(map[string]any{"subject": "me", "permissions": []string{row.permission}, "networks": append([]string{}, row.networks...), "expires": row.expires})
				if row.expires.IsZero() {
					body = bytes.Replace(body, []byte(`"expires":"0001-01-01T00:00:00Z",`), nil, 1)
				}
				_, id := bear(row.permission, row.expires, row.networks...)
				for _, a := range []answer{
					s.send("POST", "/v1/api-keys", string(body), "Authorization", "Bearer "+bound),
					s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":0}`, "Authorization", "Bearer "+bound),
				} {
					if !row.ok {
						refused(t, a, 403, "insufficient_scope")
					} else if a.Code >= 300 {
						t.Errorf("%d %s", a.Code, a.Body)
					}
				}
			})
		}
		if a := s.send("POST", "/v1/api-keys/"+own+"/rotate", `{"keep_old_seconds":60}`, "Authorization", "Bearer "+bound); a.Code != 200 {
			t.Errorf("its own: %d %s", a.Code, a.Body)
		}
	}
}

// Nothing lifts a revocation: one of these would lock out everybody for good.
func TestARevokerEndsNobodysPowerOverTheAPI(t *testing.T) {
	s := start(t)
	revoker, _ := s.key(adminscope.RevocationsWrite)
	by := func(caller, body string) answer {
		return s.send("POST", "/v1/revocations", body, "Authorization", "Bearer "+caller)
	}
	_, superior := s.key("admin")
	_, introspect := s.key("introspect", "read")
	_, application := s.key("orders:write")
	_, peer := s.key(adminscope.RevocationsWrite)
	ours, keys := s.Issuer(), apikey.DefaultIssuer
	for rule, body := range map[string]string{
		"our issuer":                  `{"scope":"issuer","value":"` + ours + `"}`,
		"the issuer of API keys":      `{"scope":"issuer","value":"` + keys + `"}`,
		"our key by its issuer":       `{"scope":"key","issuer":"` + ours + `","value":"k1"}`,
		"our key":                     `{"scope":"key","value":"k1"}`,
		"a foreign issuer":            `{"scope":"issuer","value":"https://idp.example"}`,
		"a foreign signing key":       `{"scope":"key","issuer":"https://idp.example","value":"k1"}`,
		"a subject of a foreign one":  `{"scope":"subject","issuer":"https://idp.example","value":"alice"}`,
		"a sign-in at the console":    `{"scope":"session","value":"console/x"}`,
		"a sign-in, as a family":      `{"scope":"family","value":"console/x","force":true}`,
		"a key of an administrator":   `{"scope":"api_key","value":"` + superior + `"}`,
		"a key with a scope it lacks": `{"scope":"api_key","value":"` + introspect + `"}`,
	} {
		t.Run(rule, func(t *testing.T) { refused(t, by(revoker, body), 403, "insufficient_scope") })
	}
	if a := s.send("GET", "/v1/bans", ""); a.Code != 200 {
		t.Fatalf("the administrator is locked out: %d %s", a.Code, a.Body)
	}
	for _, body := range []string{
		`{"scope":"logout","issuer":"https://idp.example","value":"alice"}`, `{"scope":"token","issuer":"https://idp.example","value":"jti"}`,
		`{"scope":"api_key","value":"` + application + `"}`, `{"scope":"api_key","value":"` + peer + `"}`, `{"scope":"api_key","value":"none","force":true}`,
	} {
		if a := by(revoker, body); a.Code != 201 {
			t.Errorf("%s: %d %s", body, a.Code, a.Body)
		}
	}
	for _, body := range []string{
		`{"scope":"key","value":"k1","force":true}`, `{"scope":"key","issuer":"https://idp.example","value":"k1"}`, `{"scope":"api_key","value":"` + superior + `"}`,
	} {
		if a := by(s.admin, body); a.Code != 201 {
			t.Errorf("an administrator, %s: %d %s", body, a.Code, a.Body)
		}
	}
}

func TestNobodyRevokesWhatIsStillToBeIssued(t *testing.T) {
	s := start(t)
	for _, body := range []string{
		`{"scope":"issuer","value":"` + apikey.DefaultIssuer + `","not_before":"9998-12-31T00:00:00Z"}`,
		`{"scope":"subject","issuer":"https://idp.example","value":"alice","not_before":"2026-01-01T00:00:06Z"}`,
	} {
		refused(t, s.send("POST", "/v1/revocations", body), 422, "unprocessable")
	}
	if a := s.send("POST", "/v1/revocations", `{"scope":"subject","issuer":"https://idp.example","value":"alice","not_before":"2026-01-01T00:00:05Z"}`); a.Code != 201 {
		t.Errorf("a clock that is ahead: %d %s", a.Code, a.Body)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	s := start(t)
	for rule, cfg := range map[string]admin.Config{
		"no authority": {Store: s.Store},
		"no API keys":  {Store: s.Store, Authority: &issuance.Authority{}},
		"no store":     {Authority: s.Authority},
	} {
		if _, err := admin.New(cfg); err == nil {
			t.Errorf("%s: no error", rule)
		}
	}
}

// What was refused is in the audit log: by whom if that was proved, from where,
// and for what; without the id, which the caller chose.
func TestRefusedCallsAreAudited(t *testing.T) {
	s := start(t)
	key, id := s.key("sessions:read")
	last := func() issuance.Record {
		all := s.Audit.Records()
		r := all[len(all)-1]
		if r.RequestID == "" {
			t.Errorf("%+v has no request", r)
		}
		r.RequestID = ""
		return r
	}
	refused(t, s.send("DELETE", "/v1/api-keys/"+id, "", "Authorization", "Bearer "+key), 403, "insufficient_scope")
	want := issuance.Record{Actor: "api_key:" + id, Action: "control.denied", Object: "DELETE /v1/api-keys/{id}", Reason: "insufficient_scope", Client: home.String()}
	if got := last(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	refused(t, s.send("GET", "/v1/sessions", "", "Authorization", ""), 401, "credential_required")
	want = issuance.Record{Actor: "client", Action: "control.denied", Object: "GET /v1/sessions", Reason: "credential_missing", Client: home.String()}
	if got := last(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	before := len(s.Audit.Records())
	s.send("GET", "/v1/sessions", "")
	if len(s.Audit.Records()) != before {
		t.Error("a call that was allowed and changed nothing is audited")
	}
}

// The secret of the administrator is there before any API key is.
func TestTheAdminSecret(t *testing.T) {
	const secret = "0123456789abcdefghijklmnopqrstuvwxyz"
	s := start(t)
	cfg := s.Authority.Config
	cfg.AdminSecret = edgeward.NewSecret(secret)
	var err error
	if s.Authority, err = issuance.New(cfg); err != nil {
		t.Fatal(err)
	}
	s.serves(admin.Config{Authority: s.Authority, Store: s.Store, Now: s.Clock.Now})
	a := s.send("POST", "/v1/api-keys", `{"subject":"ops","permissions":["admin"]}`, append(as(secret), "Idempotency-Key", "k")...)
	b := s.send("POST", "/v1/api-keys", `{"subject":"ops","permissions":["admin"]}`, append(as(secret), "Idempotency-Key", "k")...)
	if a.Code != 201 || b.Body.String() != a.Body.String() || !s.works(a.text("secret")) {
		t.Errorf("%d %s, again %d %s", a.Code, a.Body, b.Code, b.Body)
	}
	records := s.Audit.Records()
	if last := records[len(records)-1]; last.Actor != "admin_secret" || last.Action != "api_key.create" {
		t.Errorf("%+v", last)
	}
	for rule, header := range map[string][]string{
		"in X-API-Key":      {"Authorization", "", "X-Api-Key", secret},
		"half of it":        as(secret[:20]),
		"longer":            as(secret + "0"),
		"none":              {"Authorization", ""},
		"beside an API key": append(as(secret), "X-Api-Key", secret),
	} {
		if a := s.send("GET", "/v1/sessions", "", header...); a.Code != 401 {
			t.Errorf("%s: %d %s", rule, a.Code, a.Body)
		}
	}
	s.Limits.Block(home)
	refused(t, s.send("GET", "/v1/sessions", "", as(secret)...), 429, "too_many_requests")
	if !s.works(a.text("secret")) {
		t.Error("a right API key waits")
	}
}

func TestWithoutAnAdminSecretNoBearerTokenIsOne(t *testing.T) {
	s := start(t)
	refused(t, s.send("GET", "/v1/sessions", "", as(strings.Repeat("x", 40))...), 401, "credential_required")
}
