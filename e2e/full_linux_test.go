package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/revocation"
)

// A full disk is a 503 for what has to be written down, and for nothing else:
// who has a credential gets through, nothing ends, nobody is told that
// something was revoked which was not. With room again everything goes on, and
// the token whose refresh got no answer is nobody's theft.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	h := prepareHybrid(t, newUpstream(t), filepath.Join(disk, "edgeward.db"), "")
	h.start()
	h.ready()
	cached, unseen, dead := h.issue("ada"), h.issue("eve"), h.issue("mallory")
	h.expect("before", cached, nil)
	h.must(h.revoking(revocation.Family, func(k kit) string { return k.family })(dead))
	h.must(h.api.EndSession(t.Context(), dead.sessionID))
	h.must(h.api.RevokeAPIKey(t.Context(), dead.keyID))
	gone := []string{"api_key", "bearer", "session", "refresh"}

	ballast := fill(t, disk)
	eventually(t, "a session cannot be created", patience, func() bool { return h.postStatus("/v1/sessions", `{"subject":"x"}`) == 503 })
	eventually(t, "it says so to who watches it", patience, func() bool { return answers("http://"+h.admin+"/readyz", 503) })
	for path, body := range map[string]string{
		"/v1/sessions":        `{"subject":"x"}`,
		"/v1/tokens":          `{"subject":"x"}`,
		"/v1/api-keys":        `{"subject":"x"}`,
		"/v1/revocations":     `{"scope":"family","value":"` + cached.family + `"}`,
		"/v1/subjects/logout": `{"subject":"ada"}`,
	} {
		if status := h.postStatus(path, body); status != 503 {
			t.Errorf("full: %s: status %d, want 503", path, status)
		}
	}
	if a := h.refresh(unseen.refresh); a.status != 503 || a.after == "" {
		t.Errorf("full: refresh: status %d, Retry-After %q", a.status, a.after)
	}
	if err := h.oauthRevoke(unseen.refresh); err == nil {
		t.Error("full: a revocation is said to hold that is not written down")
	}
	for who, k := range map[string]kit{"remembered": cached, "not seen before": unseen} {
		for method, field := range k.fields() {
			h.wants(200, "full: "+method+" "+who, field)
		}
	}
	h.expectDead("full", dead)

	h.must(os.Remove(ballast))
	eventually(t, "it is ready again", patience, func() bool { return answers("http://"+h.admin+"/readyz", 200) })
	h.expect("room again: remembered", cached, nil)
	h.expect("room again: not seen before", unseen, nil)
	h.expect("room again: revoked before", dead, gone)
	h.expect("room again: new", h.issue("bob"), nil)
	_, err := h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: "ada"})
	h.must(err)
	h.restart()
	h.expect("restarted: logged out", cached, gone)
	h.expect("restarted: living", unseen, nil)
	h.expect("restarted: revoked before", dead, gone)
}

// expectDead is expect for a kit of which nothing lives, while the store may
// not answer.
func (h *hybrid) expectDead(what string, k kit) {
	h.t.Helper()
	for method, field := range k.fields() {
		if a := h.get("/orders", field); a.status != 401 {
			h.t.Errorf("%s: revoked %s: status %d, want 401", what, method, a.status)
		}
	}
	if a := h.refresh(k.refresh); a.status != 400 && a.status != 503 {
		h.t.Errorf("%s: revoked refresh: status %d", what, a.status)
	}
}

// postStatus sends one request to the control API, once.
func (h *hybrid) postStatus(path, body string) int {
	h.t.Helper()
	return say(h.t, h.admin, "POST "+path, "X-API-Key: "+h.key, "Content-Type: application/json",
		"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body).status
}

// smallDisk mounts 1 MiB of memory as a disk until the test ends. It has to be
// root, or to have it for the asking.
func smallDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	mount := []string{"mount", "-t", "tmpfs", "-o", "size=1m,mode=0700,uid=" + strconv.Itoa(os.Getuid()), "tmpfs", dir}
	umount := []string{"umount", dir}
	if os.Getuid() != 0 {
		mount, umount = append([]string{"sudo", "-n"}, mount...), append([]string{"sudo", "-n"}, umount...)
	}
	if out, err := exec.Command(mount[0], mount[1:]...).CombinedOutput(); err != nil {
		missing(t, "the right to mount a small disk ("+string(out)+err.Error()+")")
	}
	t.Cleanup(func() {
		if out, err := exec.Command(umount[0], umount[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir
}

// fill writes a file that leaves no room on the disk.
func fill(t *testing.T, disk string) (path string) {
	t.Helper()
	path = filepath.Join(disk, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	return path
}
