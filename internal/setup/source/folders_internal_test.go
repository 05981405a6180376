package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const twoFolders = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:9}\nhosts:\n  a.example: {routes: routes/a}\n  b.example: {routes: b}\nroutes: routes\n"

// sources returns whose files a configuration has made routes of.
func sources(t *testing.T, c *Loaded, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for r := range c.Hosts.All() {
		all = append(all, r.Label())
	}
	return strings.Join(all, " ")
}

// TestAFolderInAFolderIsTheInnerOnes: a host's folder in that of another tree is the
// host's alone, by whatever way it is named.
func TestAFolderInAFolderIsTheInnerOnes(t *testing.T) {
	const want = "a.example/x b.example/x /x"
	for rule, row := range map[string]struct{ folder, a string }{
		"as it is":            {"routes", "routes/a"},
		"with a detour":       {"./routes", "b/../routes/a"},
		"through a link":      {"routes", "link"},
		"the other is a link": {"alias", "routes/a"},
		"both are":            {"alias", "alias/a"},
	} {
		dir := t.TempDir()
		for _, name := range []string{"routes/x", "routes/a/x", "b/x"} {
			put(t, filepath.Join(dir, name+".yaml"), "authenticate: []\n")
		}
		for link, to := range map[string]string{"link": "routes/a", "alias": "routes"} {
			if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
				t.Skip("no links: ", err)
			}
		}
		c, err := Parse(filepath.Join(dir, "edgeward.yaml"), []byte(strings.NewReplacer("routes: routes/a", "routes: "+row.a, "\nroutes: routes", "\nroutes: "+row.folder).Replace(twoFolders)))
		if got := sources(t, c, err); got != want {
			t.Errorf("%s: %s", rule, got)
		}
	}
	fsys := fstest.MapFS{"c/edgeward.yaml": {Data: []byte(twoFolders)}}
	for _, name := range []string{"routes/x", "routes/a/x", "b/x"} {
		fsys["c/"+name+".yaml"] = &fstest.MapFile{Data: []byte("authenticate: []\n")}
	}
	c, err := LoadFS(fsys, "c/edgeward.yaml")
	if got := sources(t, c, err); got != want {
		t.Errorf("in a file system: %s", got)
	}
}

// TestEveryFolderIsWatched: a change in that of any host is one of the configuration.
func TestEveryFolderIsWatched(t *testing.T) {
	for _, changed := range []string{"routes/x", "routes/a/x", "b/x", "b/new"} {
		dir := t.TempDir()
		for _, name := range []string{"routes/x", "routes/a/x", "b/x"} {
			put(t, filepath.Join(dir, name+".yaml"), "authenticate: []\n")
		}
		put(t, filepath.Join(dir, "edgeward.yaml"), twoFolders)
		c, err := Load(filepath.Join(dir, "edgeward.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		before := c.Touched.glance()
		if !c.Touched.again().equal(c.Touched) || !c.Touched.glance().equal(before) {
			t.Fatal("nothing has changed")
		}
		put(t, filepath.Join(dir, changed+".yaml"), "authenticate: [bearer]\n")
		if c.Touched.again().equal(c.Touched) || c.Touched.glance().equal(before) {
			t.Errorf("%s: the change is not seen", changed)
		}
	}
}
