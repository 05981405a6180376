package admin_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
)

// personal makes a personal token of alice's at a provider, limited to permissions.
func (s *system) personal(t testing.TB, permissions ...string) (token, id string) {
	t.Helper()
	secret, k, err := s.CreatePersonalToken(t.Context(), issuance.By{Actor: "client"}, apikey.Grant{
		Issuer: issuancetest.Foreign, Subject: "alice", Name: "tv", Permissions: permissions, Expires: s.Clock.Now().Add(time.Hour),
	}, 20)
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal(), k.ID
}

// holds reports whether a personal token proves anyone.
func (s *system) holds(t testing.TB, token string) bool {
	t.Helper()
	id, err := s.APIKeys.VerifyPersonal(t.Context(), &edgeward.Request{ClientIP: netip.MustParseAddr("192.0.2.1")}, edgeward.Credential{Value: edgeward.NewSecret(token)})
	return err == nil && s.Revocations.Check(id) == nil
}

// TestAPersonalTokenIsNoOperator, whatever its user's permissions are called.
func TestAPersonalTokenIsNoOperator(t *testing.T) {
	for _, name := range names() {
		s := start(t)
		token, _ := s.personal(t, "admin", adminscope.APIKeysWrite, "introspect")
		method, path, body := s.example(name)
		refused(t, s.send(method, path, body, "Authorization", "Bearer "+token), 401, "credential_required")
		refused(t, s.send(method, path, body, "Authorization", "", "X-Api-Key", token), 401, "credential_required")
	}
}

// TestOperatorsSeeAndEndPersonalTokens: with whose they are, one by one and by user;
// none can get the secret of one, and a logout leaves them.
func TestOperatorsSeeAndEndPersonalTokens(t *testing.T) {
	s := start(t)
	writer, _ := s.key(adminscope.APIKeysWrite)
	reader, _ := s.key(adminscope.APIKeysRead)
	revoker, _ := s.key(adminscope.RevocationsWrite)
	first, id := s.personal(t, "admin")
	second, other := s.personal(t)
	listed := s.send("GET", "/v1/api-keys", "", as(reader)...).Body.String()
	if !strings.Contains(listed, `{"id":"`+id+`","issuer":"`+issuancetest.Foreign+`","subject":"alice","name":"tv"`) || strings.Contains(listed, first) {
		t.Errorf("listed %s", listed)
	}
	refused(t, s.send("POST", "/v1/api-keys/"+other+"/rotate", `{"keep_old_seconds":0}`), 404, "not_found")
	if a := s.send("POST", "/v1/subjects/logout", alice, as(revoker)...); a.Code != 200 || !s.holds(t, first) {
		t.Errorf("a logout ends it: %s", a.Body)
	}
	if a := s.send("DELETE", "/v1/api-keys/"+id, "", as(writer)...); a.Code != 204 || s.holds(t, first) || !s.holds(t, second) {
		t.Errorf("one by one: %d %s", a.Code, a.Body)
	}
	third, _ := s.personal(t)
	if a := s.send("POST", "/v1/personal-tokens/end", `{"issuer":"https://other.example","subject":"alice"}`, as(writer)...); a.Code != 200 || !s.holds(t, third) {
		t.Errorf("those of another provider's alice: %s", a.Body)
	}
	if a := s.send("POST", "/v1/personal-tokens/end", `{"issuer":"`+issuancetest.Foreign+`","subject":"alice","reason":"left"}`, as(writer)...); a.Code != 200 || !strings.Contains(a.Body.String(), `"ended":2`) || s.holds(t, second) || s.holds(t, third) {
		t.Errorf("by user: %s", a.Body)
	}
	fourth, _ := s.personal(t)
	if a := s.send("POST", "/v1/subjects/logout", alice); a.Code != 200 || s.holds(t, fourth) {
		t.Errorf("an administrator's revocation of the user leaves one: %s", a.Body)
	}
	audited := ""
	for _, r := range s.Audit.Records() {
		audited += r.Action + " " + r.Object + "\n"
	}
	if strings.Count(audited, "personal_token.create personal_token/0") != 4 || strings.Count(audited, "personal_token.end personal_token/0") != 3 {
		t.Errorf("audit log:\n%s", audited)
	}
}
