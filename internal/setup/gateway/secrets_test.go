package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/revocation"
)

// The secret before, and how it is replaced: "secret" is what newHybrid wrote.
const (
	oldSecret = "secret: file:secret"
	newSecret = "secret: file:secret.new\n  previous_secrets: [file:secret]"
	dropped   = "secret: file:secret.new"
)

// alive tells of each of credentials whether it is, by what a client hears.
func alive(t *testing.T, l *gateway.Live, c credentials) map[string]bool {
	t.Helper()
	living := map[string]bool{}
	for method, field := range c.fields {
		status, _ := ask(t, l, field[0], field[1])
		living[method] = status == http.StatusOK
	}
	_, err := l.System().Authority.Refresh(t.Context(), by, c.refresh, issuance.ScopeRequest{}, edgeward.Client{})
	living["refresh"] = err == nil
	return living
}

// wantAlive wants all of them to be alive; access tokens do not depend on the
// secret.
func wantAlive(t *testing.T, rule string, l *gateway.Live, c credentials, want bool) {
	t.Helper()
	for what, living := range alive(t, l, c) {
		if living != (want || what == "bearer") {
			t.Errorf("%s: %s lives: %v", rule, what, living)
		}
	}
}

// Nobody is signed out by another secret that names the one before. When that
// is dropped, what was made with it is void and the rest is not; and the store
// has no way back to it, or whoever knows a leaked secret could use it again.
func TestTheSecretIsReplaced(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "failures: {limit: 1000}")
	f.write("secret.new", strings.Repeat("0123456789abcden", 2)+"\n")
	before := f.serve(func(l *gateway.Live) credentials { return issue(t, l) })

	f.edit(oldSecret, newSecret)
	after := f.serve(func(l *gateway.Live) credentials {
		wantAlive(t, "made with the secret before", l, before, true)
		return issue(t, l)
	})

	f.edit(newSecret, dropped)
	f.serve(func(l *gateway.Live) credentials {
		wantAlive(t, "made with a secret that was dropped", l, before, false)
		wantAlive(t, "made with the new one", l, after, true)
		return after
	})

	f.edit(dropped, oldSecret)
	if _, err := gateway.Open(f.load().Config, onDisk); !isPin(err) {
		t.Errorf("a way back: %v", err)
	}
}

// serve runs the folder's configuration for as long as what does lasts.
func (f folder) serve(what func(l *gateway.Live) credentials) (issued credentials) {
	f.t.Helper()
	l, err := gateway.NewLive(f.load(), onDisk, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- l.Run(ctx) }()
	waitUntil(f.t, func() bool { return l.System().Ready() == nil })
	issued = what(l)
	stop()
	if err := errors.Join(<-stopped, l.Close()); err != nil {
		f.t.Fatal(err)
	}
	return issued
}

func isPin(err error) bool {
	_, ok := errors.AsType[*gateway.PinError](err)
	return ok
}

// A reload does it too, without a restart.
func TestTheSecretIsReplacedByAReload(t *testing.T) {
	for _, store := range []string{"{path: edgeward.db}", "{memory: true}"} {
		t.Run(store, func(t *testing.T) {
			f := newHybrid(t, store, "failures: {limit: 1000}")
			f.write("secret.new", strings.Repeat("0123456789abcden", 2)+"\n")
			l := f.run(onDisk)
			before := issue(t, l)
			f.edit(oldSecret, newSecret)
			if err := l.Reload(); err != nil {
				t.Fatal(err)
			}
			wantAlive(t, "before", l, before, true)
			after := issue(t, l)
			f.edit(newSecret, dropped)
			if err := l.Reload(); err != nil {
				t.Fatal(err)
			}
			wantAlive(t, "before, its secret dropped", l, before, false)
			wantAlive(t, "after", l, after, true)
			f.edit(dropped, oldSecret)
			if err := l.Reload(); !isPin(err) {
				t.Errorf("a way back: %v", err)
			}
			wantAlive(t, "after a reload that was refused", l, after, true)
		})
	}
}

// A reload that fails for another reason leaves the store with the secret that
// is in force: with the next start it would refuse it.
func TestAFailedReloadReplacesNoSecret(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	f.write("secret.new", strings.Repeat("0123456789abcden", 2)+"\n")
	f.serve(func(l *gateway.Live) credentials {
		f.edit(oldSecret, newSecret)
		f.edit("sessions: {}", "sessions: {lifetime: 8000h}")
		if err := l.Reload(); err == nil || isPin(err) {
			t.Errorf("err = %v, want what takes a restart", err)
		}
		return credentials{}
	})
	f.edit(newSecret, oldSecret)
	f.edit("sessions: {lifetime: 8000h}", "sessions: {}")
	f.run(onDisk)
}

// What was revoked stays so under another secret.
func TestAnotherSecretRevivesNothing(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "failures: {limit: 1000}")
	f.write("secret.new", strings.Repeat("0123456789abcden", 2)+"\n")
	ended := f.serve(func(l *gateway.Live) credentials {
		c := issue(t, l)
		if _, err := l.System().Authority.RevokeSubject(t.Context(), by, issuance.Target{Subject: "alice", Scope: revocation.Subject, Force: true}); err != nil {
			t.Fatal(err)
		}
		return c
	})
	f.edit(oldSecret, newSecret)
	f.serve(func(l *gateway.Live) credentials {
		for what, living := range alive(t, l, ended) {
			if living {
				t.Errorf("%s lives again", what)
			}
		}
		return ended
	})
}

// TestWhatASecretsFileHolds: a line end is none of the secret, unless the secret
// is no text: a random byte may be one.
func TestWhatASecretsFileHolds(t *testing.T) {
	for rule, row := range map[string]struct{ file, want string }{
		"a line":                            {"secret\n", "secret"},
		"a line of Windows":                 {"secret\r\n", "secret"},
		"no line end":                       {"secret", "secret"},
		"two lines":                         {"a\nb\n", "a\nb"},
		"only the last line end":            {"secret\n\n", "secret\n"},
		"a tab is text":                     {"a\tb\n", "a\tb"},
		"letters of other scripts are text": {"gehëim\n", "gehëim"},
		"octets that are no UTF-8":          {"\xff\xfe\x80\n", "\xff\xfe\x80\n"},
		"a control character":               {"a\x00b\n", "a\x00b\n"},
		"octets that end like Windows":      {"\x01\r\n", "\x01\r\n"},
		"nothing but a line end":            {"\n", ""},
	} {
		if got := string(source.TrimSecret([]byte(row.file))); got != row.want {
			t.Errorf("%s: %q, want %q", rule, got, row.want)
		}
	}
}
