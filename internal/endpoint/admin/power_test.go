package admin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/revocation"
)

// owned makes an API key of that subject.
func (s *system) owned(subject string, permissions ...string) (secret, id string) {
	s.t.Helper()
	text, k, err := s.CreateAPIKey(s.t.Context(), issuance.By{}, apikey.Grant{Subject: subject, Permissions: permissions})
	if err != nil {
		s.t.Fatal(err)
	}
	return text.Reveal(), k.ID
}

// as is the caller whose API key it is.
func as(secret string) []string { return []string{"Authorization", "Bearer " + secret} }

// works reports whether an API key is let in, whatever it may do there.
func (s *system) works(secret string) bool {
	return s.send("GET", "/v1/bans", "", as(secret)...).Code != 401
}

func TestEveryScopeIsPower(t *testing.T) {
	for name, scope := range admin.Operations() {
		if scope != "" && !adminscope.Is(scope) {
			t.Errorf("%s is no power, and %s takes it", scope, name)
		}
	}
	for p, power := range map[string]bool{"admin": true, "introspect": true, "": false, "orders:write": false, "Admin": false} {
		if adminscope.Is(p) != power {
			t.Errorf("%q", p)
		}
	}
}

func TestAWriterOfAPIKeysEndsNobodysPower(t *testing.T) {
	s := start(t)
	writer, own := s.key(adminscope.APIKeysWrite)
	for _, scope := range []string{"admin", "introspect", adminscope.SessionsWrite} {
		secret, id := s.key(scope)
		refused(t, s.send("DELETE", "/v1/api-keys/"+id, "", as(writer)...), 403, "insufficient_scope")
		if !s.works(secret) {
			t.Errorf("a key with %s is dead", scope)
		}
	}
	refused(t, s.send("DELETE", "/v1/api-keys/nothing", "", as(writer)...), 404, "not_found")
	_, peer := s.key(adminscope.APIKeysWrite)
	_, application := s.key("orders:write")
	for _, id := range []string{peer, application, own} {
		if a := s.send("DELETE", "/v1/api-keys/"+id, "", as(writer)...); a.Code != 204 {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
}

// The subject of API keys is a name that anybody can say.
func TestWhoMayLogPeopleOutLocksNobodyOut(t *testing.T) {
	s := start(t, func(*admin.Config) {})
	revoker, _ := s.owned("back end", adminscope.RevocationsWrite)
	operator, _ := s.owned("alice", "admin")
	scripts, _ := s.owned("alice", "orders:write")
	for rule, body := range map[string]string{
		"a subject of API keys": `{"scope":"subject","issuer":"` + apikey.DefaultIssuer + `","value":"alice"}`,
		"a subject of ours":     `{"scope":"subject","value":"alice"}`,
	} {
		t.Run(rule, func(t *testing.T) {
			refused(t, s.send("POST", "/v1/revocations", body, as(revoker)...), 403, "insufficient_scope")
		})
	}
	logout := `{"issuer":"` + apikey.DefaultIssuer + `","subject":"alice"}`
	if a := s.send("POST", "/v1/subjects/logout", logout, as(revoker)...); a.Code != 200 || a.text("scope") != string(revocation.Logout) {
		t.Errorf("logged out: %d %s", a.Code, a.Body)
	}
	if !s.works(operator) || s.works(scripts) {
		t.Error("the operator's key has to live, and the other one to die")
	}
	if a := s.send("POST", "/v1/subjects/logout", logout); a.Code != 200 || a.text("scope") != string(revocation.Subject) || s.works(operator) {
		t.Errorf("by an administrator: %d %s", a.Code, a.Body)
	}
}

func TestALogoutEndsSessionsOfOperatorsToo(t *testing.T) {
	s := start(t)
	revoker, _ := s.key(adminscope.RevocationsWrite)
	cookie := s.send("POST", "/v1/sessions", `{"subject":"alice","permissions":["admin"]}`).text("cookie")
	if a := s.send("POST", "/v1/subjects/logout", alice, as(revoker)...); a.Code != 200 {
		t.Fatalf("%d %s", a.Code, a.Body)
	}
	if _, err := s.alive(cookie); err == nil {
		t.Error("the session lives")
	}
}

// A secret was replaced because somebody else may have it.
func TestAReplacedSecretMakesNoKeyThatOutlivesIt(t *testing.T) {
	s := start(t)
	old, id := s.key("admin")
	_, other := s.key("admin")
	now := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":3600}`, as(old)...).text("secret")
	at := func(d time.Duration) string { return s.Clock.Now().Add(d).Format(time.RFC3339Nano) }
	create := func(expires string) answer {
		return s.send("POST", "/v1/api-keys", `{"subject":"thief","permissions":["admin"],`+expires+`"name":"x"}`, as(old)...)
	}
	for _, keep := range []string{"0", "60"} {
		refused(t, s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":`+keep+`}`, as(old)...), 403, "insufficient_scope")
		refused(t, s.send("POST", "/v1/api-keys/"+other+"/rotate", `{"keep_old_seconds":`+keep+`}`, as(old)...), 403, "insufficient_scope")
	}
	refused(t, create(""), 403, "insufficient_scope")
	refused(t, create(`"expires":"`+at(time.Hour+time.Millisecond)+`",`), 403, "insufficient_scope")
	if a := create(`"expires":"` + at(time.Hour) + `",`); a.Code != 201 {
		t.Errorf("a key for as long as it lives itself: %d %s", a.Code, a.Body)
	}
	if !s.works(now) || !s.works(old) {
		t.Error("both secrets live for an hour")
	}
	if a := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":0}`, as(now)...); a.Code != 200 || s.works(old) || s.works(now) {
		t.Errorf("its owner ends it: %d %s", a.Code, a.Body)
	}
}

// Here the old secret lives no shorter than the new one.
func TestAReplacedSecretRotatesNotBack(t *testing.T) {
	s := start(t)
	a := s.send("POST", "/v1/api-keys", `{"subject":"ops","permissions":["admin"],"expires":"`+s.Clock.Now().Add(time.Minute).Format(time.RFC3339)+`"}`)
	id, old := a.members["api_key"].(map[string]any)["id"].(string), a.text("secret")
	b := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":3600}`, as(old)...)
	refused(t, s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":0}`, as(old)...), 403, "insufficient_scope")
	if !s.works(b.text("secret")) {
		t.Error("the thief has the key")
	}
}

// After a leak nothing may stand in the way of a rotation.
func TestRotationsWithoutDelayFollowEachOther(t *testing.T) {
	s := start(t)
	first, id := s.key("orders:write")
	last := first
	for range 10 {
		a := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":0}`)
		if a.Code != 200 || s.works(last) || !s.works(a.text("secret")) {
			t.Fatalf("%d %s", a.Code, strings.ReplaceAll(a.Body.String(), a.text("secret"), "…"))
		}
		last = a.text("secret")
	}
}
