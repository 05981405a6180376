package source

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func put(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// routesOf makes a folder of n routes.
func routesOf(tb testing.TB, n int) string {
	folder := tb.TempDir()
	for i := range n {
		put(tb, filepath.Join(folder, fmt.Sprint("api", i/100), fmt.Sprint("r", i, ".yaml")), "authenticate: [bearer]\n")
	}
	return folder
}

// TestAGlanceSeesWhatChanged: in the files that are named and in the folder.
func TestAGlanceSeesWhatChanged(t *testing.T) {
	for rule, row := range map[string]struct {
		change func(named, folder string) error
		same   bool
		linux  bool // another system does not tell
	}{
		"nothing":      {change: func(string, string) error { return nil }, same: true},
		"another size": {change: func(named, _ string) error { return os.WriteFile(named, []byte("longer"), 0o600) }},
		"another time": {change: func(named, _ string) error { return os.Chtimes(named, time.Time{}, time.Unix(1, 0)) }},
		"another mode": {change: func(named, _ string) error { return os.Chmod(named, 0o644) }},
		"it is gone":   {change: func(named, _ string) error { return os.Remove(named) }},
		"another file of the same size and time": {linux: true, change: func(named, _ string) error {
			info, err := os.Stat(named)
			if err != nil {
				return err
			}
			if err := os.WriteFile(named+".new", []byte("B"), 0o600); err != nil {
				return err
			}
			if err := os.Chtimes(named+".new", time.Time{}, info.ModTime()); err != nil {
				return err
			}
			return os.Rename(named+".new", named)
		}},
		"a route of another size": {change: func(_, folder string) error {
			return os.WriteFile(filepath.Join(folder, "a.yaml"), []byte("longer"), 0o600)
		}},
		"a new route":        {change: func(_, folder string) error { return os.WriteFile(filepath.Join(folder, "b.yaml"), nil, 0o600) }},
		"what is no route":   {change: func(_, folder string) error { return os.WriteFile(filepath.Join(folder, "b.txt"), nil, 0o600) }},
		"no folder any more": {change: func(_, folder string) error { return os.RemoveAll(folder) }},
		"what is ignored":    {change: func(_, folder string) error { return os.WriteFile(filepath.Join(folder, ".b.swp"), nil, 0o600) }, same: true},
	} {
		if row.linux && runtime.GOOS != "linux" {
			continue
		}
		dir := t.TempDir()
		named, folder := filepath.Join(dir, "edgeward.yaml"), filepath.Join(dir, "routes")
		put(t, named, "A")
		put(t, filepath.Join(folder, "a.yaml"), "A")
		s := &Snapshot{named: map[string]fingerprint{named: {}}, folders: []string{folder}}
		before := s.glance()
		if err := row.change(named, folder); err != nil {
			t.Fatal(err)
		}
		after := s.glance()
		if before.equal(after) != row.same || (before.differing(after) == "") != row.same {
			t.Errorf("%s: the same: %v, differing: %q", rule, before.equal(after), before.differing(after))
		}
	}
}
