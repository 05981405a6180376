package ordered

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate"
	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
)

// An authority counts failures: each pause is four times the one before, and there
// is a longest one.
func TestOrdersThatFailAreBraked(t *testing.T) {
	m := New(Config{Hosts: []string{"app.example.com"}, Folder: t.TempDir()})
	now := time.Unix(1_800_000_000, 0)
	for _, pause := range []time.Duration{time.Minute, 4 * time.Minute, 16 * time.Minute, 64 * time.Minute, 256 * time.Minute, 6 * time.Hour, 6 * time.Hour} {
		if !m.due("app.example.com", now) {
			t.Fatal("it is not tried again")
		}
		m.note("app.example.com", nil, errors.New("no"), now)
		if m.due("app.example.com", now.Add(pause-time.Second)) || !m.due("app.example.com", now.Add(pause)) {
			t.Fatalf("a pause that is not %v", pause)
		}
		now = now.Add(pause)
	}
	if len(m.Trouble()) != 1 {
		t.Error("no trouble is said")
	}
	m.note("app.example.com", nil, nil, now)
	if len(m.Trouble()) != 0 || !m.due("app.example.com", now) {
		t.Error("a success does not end it")
	}
}

// What is kept is served by the next start, if it is for the host, fits, and nobody
// else can read it; and what another authority issued is not.
func TestWhatIsKept(t *testing.T) {
	a := certificatetest.New(t)
	dir := t.TempDir()
	run := func(directory string) *certificate.Set {
		m := New(Config{Hosts: []string{"app.example.com"}, Folder: dir, Directory: directory, Challenges: &Challenges{}, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		m.Run(ctx)
		return m.Set()
	}
	keep := func(host string, mode os.FileMode) {
		chain, key := a.Issue(90*24*time.Hour, host)
		f := newFolder(dir, "https://a.example/dir")
		if err := f.write("app.example.com.pem", append(chain, key...)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(f.path, "app.example.com.pem"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for rule, row := range map[string]struct {
		host, directory string
		mode            os.FileMode
		want            int
	}{
		"it is served":          {"app.example.com", "https://a.example/dir", 0o600, 1},
		"of another authority":  {"app.example.com", "https://b.example/dir", 0o600, 0},
		"for another host":      {"other.example.com", "https://a.example/dir", 0o600, 0},
		"that others can read":  {"app.example.com", "https://a.example/dir", 0o644, 0},
		"that others can write": {"app.example.com", "https://a.example/dir", 0o602, 0},
	} {
		keep(row.host, row.mode)
		if got := len(run(row.directory).Pairs()); got != row.want {
			t.Errorf("%s: %d certificates", rule, got)
		}
	}
}
