package e2e

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/revocation"
)

// docs/operations.md, "Restoring a backup": it brings back what was taken back
// after it was made, and what it says to do about that does it.
func TestARestoredBackupIsMadeSafe(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	all := []string{"api_key", "bearer", "session", "refresh"}
	backup := filepath.Join(h.dir, "backup.db")
	h.backup(backup)
	h.must(h.api.EndSession(t.Context(), k.sessionID))
	h.must(h.api.RevokeAPIKey(t.Context(), k.keyID))
	h.must(h.oauthRevoke(k.refresh))
	_, err := h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: "ada"})
	h.must(err)
	h.expect("taken back", k, all)
	h.restore(backup)
	h.expect("the backup does not know that", k, nil)

	_, err = h.api.Revoke(t.Context(), client.Revocation{Scope: revocation.Issuer, Value: ownIssuer, Reason: "store restored"})
	h.must(err)
	h.expect("after the issuer was revoked", k, all)
	h.wants(401, "the operator's own key, too", "X-API-Key: "+h.key)

	h.stop()
	key := h.offlineKey()
	h.start()
	h.ready()
	h.expect("after a restart", k, all)
	if got := h.get("/orders", "X-API-Key: "+key); got.status != 200 {
		t.Errorf("a key that was made since: status %d", got.status)
	}
}

// offlineKey has the command line make an operator's key while no server runs.
func (h *hybrid) offlineKey() string {
	h.t.Helper()
	path, err := binary()
	h.must(err)
	cmd := exec.Command(path, "apikey", "create", "--offline", "--scope", "admin")
	cmd.Dir = h.dir
	var key, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &key, &says
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("%v: %s", err, says.Bytes())
	}
	return strings.TrimSpace(key.String())
}

// docs/operations.md, "Replacing the secret".
func TestTheSecretIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	h.stop()
	h.private("secret.new", strings.Repeat("0123456789abcden", 3))
	before := h.read("edgeward.yaml")

	h.configure(`secret: "file:secret"`, `secret: "file:secret.new", previous_secrets: ["file:secret"]`)
	h.start()
	h.ready()
	h.expect("made with the secret before", k, nil)
	since := h.issue("eve")
	key, err := h.api.RotateAPIKey(t.Context(), k.keyID, client.Rotation{})
	h.must(err)

	h.stop()
	h.configure(`, previous_secrets: ["file:secret"]`, "")
	h.start()
	h.ready()
	h.expect("made since", since, nil)
	h.expect("made before", k, []string{"api_key", "session", "refresh"})
	h.wants(200, "an API key that was rotated in between", "X-API-Key: "+key.Secret.Reveal())

	h.stop()
	h.write("edgeward.yaml", before)
	h.refusesToStart("tokens.secret", "previous_secrets")
}
