package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/revocation"
)

// Whoever restores a backup takes the store back, and not the clients. A token
// that is newer than its family proves it: the family is revoked, with an alarm
// of its own in the audit log; what the backup knows lives on.
func TestARolledBackStoreIsFoundOut(t *testing.T) {
	t.Parallel()
	h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
	h.configure("refresh_grace: 300s", "refresh_grace: 0s")
	h.start()
	h.ready()
	ahead, still := h.issue("ada"), h.issue("eve")
	h.living("before", "/orders", still)
	still.refresh = h.newest(still.refresh)
	backup := filepath.Join(h.dir, "backup.db")
	h.backup(backup)

	known := h.refresh(ahead.refresh).Refresh
	newest := h.newest(h.newest(known))
	younger := h.issue("bob")
	h.expect("after the backup", younger, nil)
	h.restore(backup)

	for _, attempt := range []string{"at first", "again"} {
		a := h.refresh(newest)
		if status, code := a.outcome(); status != 400 || code != "invalid_grant" {
			t.Errorf("a token that is newer than the store, %s: status %d %s", attempt, status, code)
		}
	}
	for what, token := range map[string]string{"the one before": known, "the one that the backup knows": ahead.refresh} {
		if status, code := h.refresh(token).outcome(); status != 400 || code != "invalid_grant" {
			t.Errorf("%s: status %d %s: its family is revoked", what, status, code)
		}
	}
	h.wants(401, "the family's access token", ahead.bearer)
	if status, code := h.refresh(younger.refresh).outcome(); status != 400 || code != "invalid_grant" {
		t.Errorf("a family that the backup does not know: status %d %s", status, code)
	}
	h.wants(401, "a session that the backup does not know", younger.session)
	h.wants(401, "an API key that the backup does not know", younger.apiKey)
	h.expect("what the backup knows", still, nil)

	h.restart()
	h.wants(401, "after a restart: the family's access token", ahead.bearer)
	if status, _ := h.refresh(newest).outcome(); status != 400 {
		t.Errorf("after a restart: status %d", status)
	}
	if alarms := h.audited("rolled_back"); len(alarms) != 1 || alarms[0].Object != "family/"+ahead.family || alarms[0].Reason != "refresh_rolled_back" {
		t.Errorf("audited as roll-back: %+v, want family/%s once", alarms, ahead.family)
	}
	if thefts := h.audited("reused"); len(thefts) != 0 {
		t.Errorf("audited as theft: %+v", thefts)
	}
	h.soundAudit()
	entries, err := h.api.Revocations(t.Context(), revocation.Family, client.Page{})
	h.must(err)
	if len(entries.Revocations) != 1 || entries.Revocations[0].Value != ahead.family {
		t.Errorf("revoked families: %+v", entries.Revocations)
	}
}

// newest rotates token.
func (h *hybrid) newest(token string) string {
	h.t.Helper()
	a := h.refresh(token)
	if a.status != 200 || a.Refresh == token {
		h.t.Fatalf("it does not rotate: status %d %s", a.status, a.Error)
	}
	return a.Refresh
}

// backup copies the store while the gateway runs.
func (h *hybrid) backup(path string) {
	h.t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	h.must(err)
	h.must(errors.Join(h.api.Backup(h.t.Context(), f), f.Close()))
}

// restore puts a backup in the store's place as an operator does, with what
// belongs to the old file gone. The audit log stays.
func (h *hybrid) restore(backup string) {
	h.t.Helper()
	h.stop()
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(h.store() + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			h.t.Fatal(err)
		}
	}
	h.must(os.Rename(backup, h.store()))
	h.start()
	h.ready()
}

// A deed is what a line of the audit log says of what interests us.
type deed struct {
	Object, Reason, Class string
}

// audited returns the deeds of a class.
func (h *hybrid) audited(class string) (deeds []deed) {
	h.t.Helper()
	lines := json.NewDecoder(strings.NewReader(h.read("edgeward.db.audit.jsonl")))
	for lines.More() {
		var d deed
		h.must(lines.Decode(&d))
		if d.Class == class {
			deeds = append(deeds, d)
		}
	}
	return deeds
}

// soundAudit has the command line verify the audit log.
func (h *hybrid) soundAudit() {
	h.t.Helper()
	path, err := binary()
	h.must(err)
	cmd := exec.Command(path, "audit", "verify")
	cmd.Dir = h.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		h.t.Errorf("audit verify: %v\n%s", err, out.Bytes())
	}
}
