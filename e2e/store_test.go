package e2e

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

func TestARestartKeepsWhatWasIssuedAndWhatWasTakenBack(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	living, ended, out := h.issue("ada"), h.issue("eve"), h.issue("mallory")
	h.must(h.api.EndSession(t.Context(), ended.sessionID))
	h.must(h.api.RevokeAPIKey(t.Context(), ended.keyID))
	h.must(h.oauthRevoke(ended.refresh))
	_, err := h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: out.subject})
	h.must(err)
	all := []string{"api_key", "bearer", "session", "refresh"}
	for _, when := range []string{"before", "after a restart", "after another"} {
		h.expect(when+": the living", living, nil)
		h.expect(when+": the ended", ended, all)
		h.expect(when+": who was logged out", out, all)
		if when != "after another" {
			h.restart()
		}
	}
	// Kept rows can also be ended later.
	_, err = h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: living.subject})
	h.must(err)
	h.expect("logged out at the end", living, all)
}

// A store that cannot be used stops the start with a message for people, and
// is as it was.
func TestAStoreThatCannotBeUsedStopsTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(h *hybrid)
		says  []string
	}{
		"written by a newer version": {
			func(h *hybrid) { h.sql("PRAGMA user_version = 99") },
			[]string{"edgeward.db", "newer version of edgeward"},
		},
		"of another program": {
			func(h *hybrid) { h.sql("PRAGMA application_id = 7") },
			[]string{"edgeward.db", "store.path"},
		},
		"no database": {
			func(h *hybrid) { h.private("edgeward.db", strings.Repeat("no database ", 1000)) },
			[]string{"edgeward.db"},
		},
		"damaged in the middle": {(*hybrid).damage, []string{"edgeward.db", "damaged", "backup"}},
		"cut off": {
			func(h *hybrid) { h.must(os.Truncate(h.store(), 5000)) },
			[]string{"edgeward.db", "damaged", "backup"},
		},
		"readable by everybody": {
			func(h *hybrid) { h.must(os.Chmod(h.store(), 0o644)) },
			[]string{"edgeward.db", "chmod 600"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
			c.spoil(h)
			before := h.read("edgeward.db")
			h.refusesToStart(c.says...)
			if h.read("edgeward.db") != before {
				t.Error("the file was changed")
			}
		})
	}
}

func TestASecondProcessIsRefusedAndDoesNoHarm(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	second := *h
	second.gateway = &gateway{t: t, dir: t.TempDir()}
	second.write("edgeward.yaml", strings.NewReplacer(
		h.proxy, loopback(freePort(t)), h.verify, loopback(freePort(t)), h.admin, loopback(freePort(t)),
		`path: "edgeward.db"`, `path: "`+h.store()+`"`, "file:", "file:"+h.dir+"/",
	).Replace(h.read("edgeward.yaml")))
	second.refusesToStart("edgeward.db", "another process", "admin")
	h.expect("the first one afterwards", k, nil)
	h.expect("and what it issues then", h.issue("eve"), nil)
}

// An expired key ring, or none, is a message and no start: a server that issues
// nothing looks alive until the first login.
func TestAKeyRingThatSignsNothingStopsTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(h *hybrid)
		says  []string
	}{
		"all keys have retired": {
			func(h *hybrid) {
				h.private("keyring.jwks", activation.ReplaceAllString(h.read("keyring.jwks"), `"nbf":1600000000,"exp":1700000000`))
			},
			[]string{"keyring.jwks", "retired", "key rotate"},
		},
		"there is none":         {func(h *hybrid) { h.must(os.Remove(filepath.Join(h.dir, "keyring.jwks"))) }, []string{"keyring.jwks", "key rotate"}},
		"everybody may read it": {func(h *hybrid) { h.must(os.Chmod(filepath.Join(h.dir, "keyring.jwks"), 0o644)) }, []string{"keyring.jwks", "chmod"}},
		"it is no key set":      {func(h *hybrid) { h.private("keyring.jwks", "{}") }, []string{"keyring.jwks"}},
		"a secret too short":    {func(h *hybrid) { h.private("secret", "short") }, []string{"secret", "32"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepareHybrid(t, newUpstream(t), "edgeward.db", "")
			c.spoil(h)
			h.refusesToStart(c.says...)
		})
	}
}

var activation = regexp.MustCompile(`"nbf":[0-9]+`)

// refusesToStart starts the gateway, which has to end with exit status 2 and a
// message that holds each text of says.
func (h *hybrid) refusesToStart(says ...string) {
	h.t.Helper()
	path, err := binary()
	h.must(err)
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "serve", "--config", "edgeward.yaml")
	cmd.Dir = h.dir
	out, err := cmd.CombinedOutput()
	exit, ended := errors.AsType[*exec.ExitError](err)
	if !ended || exit.ExitCode() != 2 {
		h.t.Errorf("it ended with %v, want exit status 2", err)
	}
	for _, text := range says {
		if !strings.Contains(string(out), text) {
			h.t.Errorf("it does not say %q:\n%s", text, out)
		}
	}
	for _, text := range []string{"panic", "goroutine"} {
		if strings.Contains(string(out), text) {
			h.t.Errorf("it says %q:\n%s", text, out)
		}
	}
}

func (h *hybrid) store() string { return filepath.Join(h.dir, "edgeward.db") }

func (h *hybrid) read(name string) string {
	h.t.Helper()
	data, err := os.ReadFile(filepath.Join(h.dir, name))
	h.must(err)
	return string(data)
}

func (h *hybrid) sql(statement string) {
	h.t.Helper()
	db, err := sql.Open("sqlite", h.store())
	h.must(err)
	_, err = db.Exec(statement)
	h.must(errors.Join(err, db.Close()))
}

// damage overwrites the page in which rows begin.
func (h *hybrid) damage() {
	h.t.Helper()
	f, err := os.OpenFile(h.store(), os.O_WRONLY, 0)
	h.must(err)
	_, err = f.WriteAt([]byte(strings.Repeat("\xff", 4096)), 4096)
	h.must(errors.Join(err, f.Close()))
}
