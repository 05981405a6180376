package wrangler_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/cloudflare/build/wrangler"
)

// project writes files below a folder of its own and returns that.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	made  = "// ours\n"
	bound = `
[[durable_objects.bindings]]
name = "EDGEWARD_STORE"
class_name = "EdgewardStore"
[[kv_namespaces]]
binding = "EDGEWARD_KV"
`
	pagesTOML = "name = \"p\"\npages_build_output_dir = \"dist\"\n" + bound
	jsonBound = `"durable_objects": {"bindings": [{"name": "EDGEWARD_STORE", "class_name": "EdgewardStore"}]}, "kv_namespaces": [{"binding": "EDGEWARD_KV"}]`
)

// publicAssets is what routes say that let everybody in below /assets.
func publicAssets(path string, _ bool) bool {
	path = strings.TrimSuffix(path, "/|")
	return path == "/assets" || strings.HasPrefix(path, "/assets/")
}

// TestPagesWaysAround: row 72. Whatever has requests of a Pages project answered
// without Edgeward is found.
func TestPagesWaysAround(t *testing.T) {
	routes := func(include, exclude string) map[string]string {
		return map[string]string{"dist/_routes.json": `{"version": 1, "include": [` + include + `], "exclude": [` + exclude + `]}`}
	}
	for _, row := range []struct {
		rule  string
		files map[string]string // beside a project that is sound
		found string            // "" for nothing
	}{
		{"as it should be", nil, ""},
		{"no file of wrangler's yet", map[string]string{"wrangler.toml": ""}, "pages_build_output_dir"},
		{"a middleware in .ts", map[string]string{"functions/_middleware.ts": "x"}, "_middleware.ts"},
		{"a middleware in .tsx", map[string]string{"functions/_middleware.tsx": "x"}, "_middleware.tsx"},
		{"a middleware in .jsx", map[string]string{"functions/_middleware.jsx": "x"}, "_middleware.jsx"},
		{"a middleware in .mjs", map[string]string{"functions/_middleware.mjs": "x"}, "_middleware.mjs"},
		{"a middleware of the older name", map[string]string{"functions/_middleware_.js": "x"}, "_middleware_.js"},
		{"another in the place of ours", map[string]string{"functions/_middleware.js": "x"}, "_middleware.js"},
		{"a middleware of a folder runs behind ours", map[string]string{"functions/api/_middleware.ts": "x"}, ""},
		{"a file of that name that is no module", map[string]string{"functions/_middleware.md": "x"}, ""},
		{"_worker.js", map[string]string{"dist/_worker.js": "x"}, "_worker.js"},
		{"_worker.js, a folder", map[string]string{"dist/_worker.js/index.js": "x"}, "_worker.js"},
		{"_worker.js elsewhere", map[string]string{"public/_worker.js": "x"}, ""},
		{"_routes.json with everything", routes(`"/*"`, ``), ""},
		{"what it excludes is public", routes(`"/*"`, `"/assets/*", "/assets/a.css"`), ""},
		{"what it excludes is not", routes(`"/*"`, `"/api/*"`), `"/api/*"`},
		{"one of two is not", routes(`"/*"`, `"/assets/*", "/report.pdf"`), `"/report.pdf"`},
		{"a wildcard that is no folder", routes(`"/*"`, `"/assets/*.css"`), `"/assets/*.css"`},
		{"a wildcard within", routes(`"/*"`, `"/*/assets/*"`), `"/*/assets/*"`},
		{"everything", routes(`"/*"`, `"/*"`), `"/*"`},
		{"names in another case are none", map[string]string{"dist/_routes.json": `{"version": 1, "include": ["/api/*"], "exclude": [], "Include": ["/*"]}`}, "include"},
		{"nor do they exclude less", map[string]string{"dist/_routes.json": `{"version": 1, "include": ["/*"], "exclude": ["/api/*"], "EXCLUDE": []}`}, `"/api/*"`},
		{"a rule that is more as a regular expression", routes(`"/*"`, `"/assets/|/*"`), `"/assets/|/*"`},
		{"the project is what is served", map[string]string{"wrangler.toml": strings.ReplaceAll(pagesTOML, "dist", ".")}, "users can read it"},
		{"or lies in it", map[string]string{"wrangler.toml": strings.ReplaceAll(pagesTOML, "dist", "./dist/../")}, "users can read it"},
		{"it includes some alone", routes(`"/api/*"`, ``), "include"},
		{"it includes nothing", routes(``, ``), "include"},
		{"bindings in a file that is not read", map[string]string{"wrangler.jsonc": `{"pages_build_output_dir": "dist"}`}, "wrangler.jsonc binds no EDGEWARD_STORE"},
		{"JSON before JSON with comments", map[string]string{"wrangler.json": `{"pages_build_output_dir": "dist"}`, "wrangler.jsonc": `{"pages_build_output_dir": "dist", ` + jsonBound + `}`}, "wrangler.json binds"},
		{"bindings in JSON with comments", map[string]string{"wrangler.jsonc": "{ // a comment, \"}\n\"pages_build_output_dir\": \"dist\", /* , */ " + jsonBound + ",\n}"}, ""},
		{"an output folder of JSON's", map[string]string{"wrangler.jsonc": `{"pages_build_output_dir": "out", ` + jsonBound + `}`, "out/_worker.js": ""}, "_worker.js"},
		{"a binding of another class", map[string]string{"wrangler.toml": strings.ReplaceAll(pagesTOML, "EdgewardStore", "Other")}, "binds no EDGEWARD_STORE"},
		{"the names in a text", map[string]string{"wrangler.toml": "pages_build_output_dir = \"dist\"\n[vars]\nA = '''" + bound + "'''\n"}, "binds no EDGEWARD_STORE"},
		{"an environment with other bindings", map[string]string{"wrangler.toml": pagesTOML + "[env.production]\nkv_namespaces = []\n"}, "[env.production] binds no"},
		{"an environment with ours", map[string]string{"wrangler.toml": pagesTOML + "[env.preview.vars]\nA = \"b\"\n"}, ""},
		{"a build tool's file in its place", map[string]string{".wrangler/deploy/config.json": `{"configPath": "../../out/wrangler.json"}`, "out/wrangler.json": `{"pages_build_output_dir": "."}`}, "binds no EDGEWARD_STORE"},
		{"a build tool's file with ours", map[string]string{".wrangler/deploy/config.json": `{"configPath": "../../out/wrangler.json"}`, "out/wrangler.json": `{"pages_build_output_dir": ".", ` + jsonBound + `}`, "out/_worker.js": ""}, "_worker.js"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			files := map[string]string{"functions/_middleware.js": made, "functions/api.ts": "", "dist/index.html": "", "dist/404.html": "", "wrangler.toml": pagesTOML}
			maps.Copy(files, row.files)
			folder := project(t, files)
			i := &wrangler.Inspection{
				Folder: folder, Middleware: []byte(made), Public: publicAssets, Private: []string{filepath.Join(folder, "edgeward"), ""},
				Bindings: wrangler.Binding{Objects: "EDGEWARD_STORE", Script: "edgeward-objects", Cache: "EDGEWARD_KV"},
			}
			found, err := i.Pages()
			want(t, found, err, row.found)
		})
	}
}

// TestALinkIsNoMiddleware: wrangler makes functions of files alone, so that with a
// link in the place of Edgeward's middleware every request passes by.
func TestALinkIsNoMiddleware(t *testing.T) {
	folder := project(t, map[string]string{"mw.js": made, "functions/api.ts": "", "wrangler.toml": pagesTOML})
	if err := os.Symlink("../mw.js", filepath.Join(folder, "functions", "_middleware.js")); err != nil {
		t.Skip(err)
	}
	i := &wrangler.Inspection{Folder: folder, Middleware: []byte(made)}
	found, err := i.Pages()
	want(t, found, err, "which wrangler leaves out")
}

// TestFilesAtOtherPaths: what the platform shows elsewhere than at its own path is
// said, for the routes know of that path alone.
func TestFilesAtOtherPaths(t *testing.T) {
	const worker = "main = \"worker.mjs\"\n[assets]\ndirectory = \"dist\"\nrun_worker_first = true\n"
	for _, row := range []struct {
		rule, found string
		pages       bool
		files       map[string]string
	}{
		{"an index without a 404.html", "every path without a file", true, map[string]string{"dist/index.html": ""}},
		{"with one", "", true, map[string]string{"dist/index.html": "", "dist/404.html": ""}},
		{"no index", "", true, nil},
		{"a Worker's files", "", false, map[string]string{"dist/index.html": ""}},
		{"of a single page", "every path without a file", false, map[string]string{"dist/index.html": "", "wrangler.toml": worker + "not_found_handling = \"single-page-application\"\n"}},
		{"a rewrite", "/assets/r/* shows what is at /admin/:splat", true, map[string]string{"dist/_redirects": "# a b 200\n/assets/r/* /admin/:splat 200\n"}},
		{"of a Worker's", "/assets/r shows what is at /admin", false, map[string]string{"dist/_redirects": "/assets/r /admin 200"}},
		{"to what is public", "", true, map[string]string{"dist/_redirects": "/x /assets/x 200"}},
		{"a redirect, which asks anew", "", true, map[string]string{"dist/_redirects": "/a /admin 302\n/b /admin\n"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			files := map[string]string{"wrangler.toml": "pages_build_output_dir = \"dist\"\n"}
			if !row.pages {
				files["wrangler.toml"] = worker
			}
			maps.Copy(files, row.files)
			i := &wrangler.Inspection{Folder: project(t, files), Public: publicAssets}
			found, err := i.Pages()
			if !row.pages {
				i = &wrangler.Inspection{Folder: i.Folder, Public: publicAssets}
				found, err = i.Worker("worker.mjs")
			}
			if err != nil || (len(found) == 1) != (row.found != "") || len(found) > 1 || len(found) == 1 && (found[0].Around || !strings.Contains(found[0].What, row.found)) {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

// TestAFunctionThatNeverRuns: it is said, and no more.
func TestAFunctionThatNeverRuns(t *testing.T) {
	i := &wrangler.Inspection{Folder: project(t, map[string]string{"functions/auth/login.ts": "", "functions/auth/other.ts": ""}), Paths: []string{"/auth/login", "/auth/logout"}}
	found, err := i.Pages()
	if err != nil || len(found) != 1 || found[0].Around || !strings.Contains(found[0].What, "login.ts never runs") {
		t.Errorf("%+v, %v", found, err)
	}
}

// want holds findings to one that has a text, or to none.
func want(t *testing.T, found []wrangler.Finding, err error, text string) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatal(err)
	case text == "" && len(found) > 0:
		t.Errorf("found %+v", found)
	case text != "" && (len(found) != 1 || !found[0].Around || !strings.Contains(found[0].What, text) || found[0].Remedy == ""):
		t.Errorf("found %+v, want %s", found, text)
	}
}

// TestWorkersWaysAround: row 73, for a Worker.
func TestWorkersWaysAround(t *testing.T) {
	const sound = "main = \"worker.mjs\"\n" + bound
	for _, row := range []struct{ rule, file, text, found string }{
		{"as it should be", "wrangler.toml", sound, ""},
		{"another Worker", "wrangler.toml", "main = \"src/index.ts\"\n" + bound, "main is"},
		{"none, so files alone", "wrangler.toml", bound, "main is"},
		{"spelled otherwise", "wrangler.toml", "main = \"./worker.mjs\"\n" + bound, ""},
		{"static files first", "wrangler.toml", sound + "[assets]\ndirectory = \"public\"\n", "static files"},
		{"said aloud", "wrangler.toml", sound + "[assets]\ndirectory = \"public\"\nrun_worker_first = false\n", "static files"},
		{"the Worker first", "wrangler.toml", sound + "[assets]\ndirectory = \"public\"\nrun_worker_first = true\n", ""},
		{"the Worker first for some", "wrangler.toml", sound + "[assets]\ndirectory = \"public\"\nrun_worker_first = [\"/api/*\"]\n", "static files"},
		{"for all but some", "wrangler.toml", sound + "[assets]\nrun_worker_first = [\"/*\", \"!/docs/*\"]\n", "static files"},
		{"for all", "wrangler.toml", sound + "[assets]\nrun_worker_first = [\"/*\"]\n", ""},
		{"not a word that we know", "wrangler.toml", sound + "[assets]\nrun_worker_first = \"true\"\n", "static files"},
		{"a dotted key", "wrangler.toml", "assets.directory = \"public\"\n" + sound, "static files"},
		{"in JSON with comments", "wrangler.jsonc", `{"main": "worker.mjs", "assets": {"directory": "public"}, ` + jsonBound + `}`, "static files"},
		{"in an environment", "wrangler.toml", sound + "[env.x]\nassets = {directory = \"public\"}\n" + strings.NewReplacer("[[", "[[env.x.").Replace(bound), "[env.x]: static files"},
		{"an environment with another main", "wrangler.toml", sound + "[env.x]\nmain = \"a.js\"\n" + strings.NewReplacer("[[", "[[env.x.").Replace(bound), "[env.x]: main is"},
		{"an environment, which inherits no bindings", "wrangler.toml", sound + "[env.x]\nname = \"x\"\n", "[env.x] binds no EDGEWARD_STORE"},
		{"files that hold the Worker", "wrangler.toml", sound + "[assets]\ndirectory = \"..\"\nrun_worker_first = true\n", "users can read it"},
		{"a route for a host", "wrangler.toml", "routes = [\"a.example/*\"]\n" + sound, ""},
		{"for all below one", "wrangler.toml", "routes = [\"*.a.example/*\", \"www.a.example/api/*\"]\n" + sound, ""},
		{"a route for one path", "wrangler.toml", "routes = [\"a.example\"]\n" + sound, "no * at its end"},
		{"the first page alone", "wrangler.toml", "route = {pattern = \"a.example/\", zone_name = \"a.example\"}\n" + sound, "no * at its end"},
		{"a custom domain", "wrangler.toml", "routes = [{pattern = \"a.example\", custom_domain = true}]\n" + sound, ""},
		{"an array of tables", "wrangler.toml", sound + "[[routes]]\npattern = \"a.example\"\nzone_name = \"a.example\"\n", "no * at its end"},
		{"one scheme of two", "wrangler.toml", "route = \"http://a.example/*\"\n" + sound, "for http alone"},
		{"both", "wrangler.toml", "routes = [\"http://a.example/*\", \"https://a.example/*\"]\n" + sound, ""},
		{"one path in an environment", "wrangler.jsonc", `{"main": "worker.mjs", ` + jsonBound + `, "env": {"x": {"routes": [{"pattern": "a.example/x"}], ` + jsonBound + `}}}`, "[env.x]: the route"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			folder := project(t, map[string]string{row.file: row.text})
			i := &wrangler.Inspection{
				Folder: folder, Private: []string{folder}, Bindings: wrangler.Binding{Objects: "EDGEWARD_STORE", Cache: "EDGEWARD_KV"},
			}
			found, err := i.Worker("worker.mjs")
			want(t, found, err, row.found)
		})
	}
}

// TestARouteForAPartOfAHost is a warning: what else is there may be others'.
func TestARouteForAPartOfAHost(t *testing.T) {
	i := &wrangler.Inspection{Folder: project(t, map[string]string{"wrangler.toml": "routes = [\"a.example/api/*\"]\nmain = \"worker.mjs\"\n"})}
	found, err := i.Worker("worker.mjs")
	if err != nil || len(found) != 1 || found[0].Around || !strings.Contains(found[0].What, "a part of a.example") {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestWhatCannotBeReadIsNoCleanProject: an error is neither yes nor no.
func TestWhatCannotBeReadIsNoCleanProject(t *testing.T) {
	for name, text := range map[string]string{
		"wrangler.toml":                "a = ",
		"wrangler.jsonc":               "{",
		"wrangler.json":                `{"a": 1} /* open`,
		".wrangler/deploy/config.json": "{}",
	} {
		i := &wrangler.Inspection{Folder: project(t, map[string]string{name: text})}
		if found, err := i.Pages(); err == nil {
			t.Errorf("%s: found %v and no error", name, found)
		}
	}
	i := &wrangler.Inspection{Folder: project(t, map[string]string{"wrangler.toml": "pages_build_output_dir = \"dist\"", "dist/_routes.json": "{"})}
	if _, err := i.Pages(); err == nil {
		t.Error("a _routes.json that is cut short")
	}
}

// TestTheNameDecidesBeforeTheDistance: wrangler prefers a JSON file far above to
// a TOML file at hand.
func TestTheNameDecidesBeforeTheDistance(t *testing.T) {
	root := project(t, map[string]string{"wrangler.jsonc": `{"main": "site.js"}`, "edgeward-worker/wrangler.toml": "main = \"worker.mjs\"\n"})
	folder := filepath.Join(root, "edgeward-worker")
	if got, err := wrangler.For(folder); err != nil || filepath.Base(got) != "wrangler.jsonc" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := wrangler.In(folder); err != nil || filepath.Base(got) != "wrangler.toml" {
		t.Errorf("%s, %v", got, err)
	}
	found, err := (&wrangler.Inspection{Folder: folder}).Worker("worker.mjs")
	if err != nil || len(found) != 1 || found[0].Around || !strings.Contains(found[0].Remedy, "--config") {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestStanza: what is printed to be pasted is what was missing.
func TestStanza(t *testing.T) {
	for _, b := range []wrangler.Binding{
		{Objects: "EDGEWARD_STORE", Cache: "EDGEWARD_KV"},
		{Objects: "EDGEWARD_STORE", Script: "edgeward-objects", Cache: "EDGEWARD_KV"},
		{Objects: "EDGEWARD_STORE"}, {Cache: "EDGEWARD_KV"},
	} {
		for name, base := range map[string]string{"wrangler.toml": "pages_build_output_dir = \"dist\"\n", "wrangler.jsonc": `{"pages_build_output_dir": "dist",` + "\n"} {
			folder := project(t, map[string]string{name: base + "}"[:len(name)-len("wrangler.toml")]})
			path := filepath.Join(folder, name)
			f, err := wrangler.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			text := base + f.Stanza(b)
			if strings.HasSuffix(name, "c") {
				text += "}"
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if found, err := (&wrangler.Inspection{Folder: folder, Bindings: b}).Pages(); err != nil || len(found) > 0 {
				t.Errorf("%s with the stanza for %+v: %v, %v\n%s", name, b, found, err, text)
			}
		}
	}
}
