package e2e

import (
	"errors"
	"net/http"
	"testing"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/revocation"
)

// A back end that may log people out calls an operator by name, who has the
// same name as a person.
func TestABackEndLogsOutAnOperatorAndLocksOutNone(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	person := h.issue("ada")
	operator, err := h.api.CreateAPIKey(t.Context(), client.NewAPIKey{Subject: "ada", Permissions: []string{"admin"}})
	h.must(err)
	key, err := h.api.CreateAPIKey(t.Context(), client.NewAPIKey{Subject: "back end", Permissions: []string{
		adminscope.RevocationsWrite, adminscope.APIKeysWrite,
	}})
	h.must(err)
	backEnd, err := client.New(client.Config{Server: "http://" + h.admin, Key: key.Secret.Secret})
	h.must(err)

	attacks := map[string]func() error{
		"her keys by their owner": func() error {
			_, err := backEnd.Revoke(t.Context(), client.Revocation{Scope: revocation.Subject, Value: "ada"})
			return err
		},
		"her key by its id": func() error {
			_, err := backEnd.Revoke(t.Context(), client.Revocation{Scope: revocation.APIKey, Value: operator.APIKey.ID})
			return err
		},
		"her key": func() error { return backEnd.RevokeAPIKey(t.Context(), operator.APIKey.ID) },
		"her key, taken over": func() error {
			_, err := backEnd.RotateAPIKey(t.Context(), operator.APIKey.ID, client.Rotation{})
			return err
		},
	}
	for name, attack := range attacks {
		if problem, ok := errors.AsType[*client.Problem](attack()); !ok || problem.Status != http.StatusForbidden {
			t.Errorf("%s: %v", name, problem)
		}
	}
	logout, err := backEnd.LogoutEverywhere(t.Context(), client.Logout{Subject: "ada"})
	h.must(err)
	if logout.Scope != revocation.Logout {
		t.Errorf("it wrote %+v", logout)
	}
	ownKey := "X-API-Key: " + operator.Secret.Reveal()
	for _, when := range []string{"at once", "after a restart"} {
		h.expect(when, person, []string{"api_key", "bearer", "session", "refresh"})
		h.wants(200, when+": the operator's key", ownKey)
		if when == "at once" {
			h.restart()
		}
	}
	_, err = h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: "ada"})
	h.must(err)
	h.wants(401, "the operator's key, by another operator", ownKey)
}
