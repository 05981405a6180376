package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/policy"
)

func TestIgnoringCase(t *testing.T) {
	tree := build(t,
		file("_middleware", policy.Public()),
		file("Admin/_middleware", policy.Require("exact")),
		file("legacy/_middleware", policy.Require("legacy").IgnoreCase(true)),
		file("legacy/Admin/_middleware", policy.Require("admin")),
		file("legacy/Admin/[id]/Edit", policy.Require("edit")),
		file("legacy/Admin/[id]/free", policy.Require("free")),
		file("legacy/v2/_middleware", policy.Statement{}.IgnoreCase(false)),
		file("legacy/v2/admin", policy.Require("v2")),
		file("legacy/people/[name]", policy.Require("person")),
	)
	for path, want := range map[string]string{
		"/Admin": "exact", "/admin": "", "/ADMIN/x": "", // nothing is said at the top
		"/legacy/admin": "admin", "/legacy/Admin": "admin", "/legacy/ADMIN/": "admin", "/legacy/aDmIn/x": "admin",
		"/Legacy/admin":            "", // its own name is a matter of the folder above
		"/legacy/admin/7/edit":     "edit",
		"/legacy/ADMIN/Seven/EDIT": "edit",
		"/legacy/admin/7/FREE":     "free",
		"/legacy/V2/admin":         "v2", // V2 is a name below legacy
		"/legacy/v2/ADMIN":         "legacy",
		"/legacy/other":            "legacy",
		"/legacy/people/Zo\u00eb":  "person", // there is nothing that it could be mistaken for
		"/legacy/\u65e5\u672c":     "legacy", // has no case
	} {
		r := lookup(t, tree, "GET", path)
		if got := strings.Join(r.Authenticate, " "); got != want || r.Unspecified() {
			t.Errorf("%s is decided by %q (%s), want %q", path, got, r.Pattern, want)
		}
	}
	// Readers disagree on what these fold to: \u017f is s to some, \u212a is k, \u0130 is i.
	for _, path := range []string{"/legacy/\u017fecret", "/legacy/adm\u0130n", "/legacy/Zo\u00eb", "/legacy/admin/7/\u212aey/x"} {
		if r, covered := tree.Lookup("GET", path); !covered || !r.Unspecified() {
			t.Errorf("%s is decided by %+v", path, r)
		}
		if x := tree.Explain("GET", path); !x.Unspecified || len(x.Chain) != 1 {
			t.Errorf("%s is explained by %+v", path, x)
		}
	}
	x := tree.Explain("GET", "/legacy/ADMIN")
	if !slices.ContainsFunc(x.Effective, func(s policy.Setting) bool {
		return s.Key == "ignore_case" && s.Value == true && s.Source == "legacy/_middleware.yaml"
	}) {
		t.Errorf("explained by %+v", x.Effective)
	}
}

// TestIgnoringCaseAboveTheTree: what stands over the tree holds for its names, and
// a file has the last word.
func TestIgnoringCaseAboveTheTree(t *testing.T) {
	files := []policy.File{
		file("_middleware", policy.Public()),
		file("Admin/_middleware", policy.Require("admin")),
		file("exact/_middleware", policy.Statement{}.IgnoreCase(false)),
		file("exact/Admin", policy.Require("admin")),
	}
	tree, err := policy.Build(files, policy.File{Source: "defaults", Statement: policy.Statement{}.IgnoreCase(true)}, policy.File{Source: "more", Statement: policy.Statement{}})
	if err != nil {
		t.Fatal(err)
	}
	for path, public := range map[string]bool{"/Admin": false, "/admin/x": false, "/EXACT/Admin": false, "/exact/admin": true} {
		if r := lookup(t, tree, "GET", path); r.Public() != public {
			t.Errorf("%s is decided by %s", path, r.Pattern)
		}
	}
}

func TestIgnoringCaseHasToBePossible(t *testing.T) {
	yes := policy.Public().IgnoreCase(true)
	for rule, row := range map[string]struct {
		files []policy.File
		says  string
	}{
		"two spellings of one name": {[]policy.File{file("_middleware", yes), file("Admin", policy.Statement{}), file("admin/x", policy.Statement{})},
			"/Admin and /admin are one where case is ignored"},
		"a name that nobody can fold": {[]policy.File{file("_middleware", yes), file("Zo\u00eb", policy.Statement{})}, "a letter beyond ASCII that has case"},
		"in a file of one path":       {[]policy.File{file("a", yes)}, "state it in the folder's _middleware"},
		"in an index":                 {[]policy.File{file("index", yes)}, "state it in the folder's _middleware"},
		"for one method": {[]policy.File{file("_middleware", policy.Public().Method("GET", policy.Statement{}.IgnoreCase(true)))},
			"the same for every method"},
		"two spellings where it is not": {[]policy.File{file("_middleware", policy.Public()), file("Admin", policy.Statement{}), file("admin", policy.Statement{})}, ""},
	} {
		_, err := policy.Build(row.files)
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// The name of a parameter means nothing, so that two of them can stand for one
// segment, as in the lists of paths of large APIs.
func TestAParameterMayHaveTwoNames(t *testing.T) {
	tree := build(t,
		file("v1/[project]/_middleware", policy.Require("bearer")),
		file("v1/[name]/keys", policy.Statement{}.Permissions("keys")),
		file("v1/[id]/[x]/a", policy.Statement{}.Permissions("a")),
		file("v1/[id]/[y]/b", policy.Statement{}.Permissions("b")),
	)
	for path, want := range map[string]string{"/v1/7": "", "/v1/7/keys": "keys", "/v1/7/8/a": "a", "/v1/7/8/b": "b", "/v1/7/8/c": ""} {
		r := lookup(t, tree, "GET", path)
		if got := strings.Join(r.Permissions, " "); got != want || !slices.Equal(r.Authenticate, []string{"bearer"}) {
			t.Errorf("%s: %q, %v", path, got, r.Authenticate)
		}
	}
}

func TestTextAroundAParameterIsExplained(t *testing.T) {
	for _, name := range []string{"{name}:cancel", "[id].json", "v[version]", "a{b}c", "[id]:cancel"} {
		if _, err := policy.Build([]policy.File{file("v1/"+name, policy.Public())}); err == nil || !strings.Contains(err.Error(), "mixes text and a parameter") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"{name}", ":name", "*", "[a", "b]", "<id>"} {
		if _, err := policy.Build([]policy.File{file("v1/"+name, policy.Public())}); err == nil || strings.Contains(err.Error(), "mixes") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
