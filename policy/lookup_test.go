package policy_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/policy"
)

func TestLookup(t *testing.T) {
	tree := build(t, files(
		"index", "public/[[path]]", "health",
		"api/_middleware", "api/index", "api/users/[id]", "api/users/me", "api/users/[id]/posts/[post]",
		"c", "c/_middleware", "c/x",
		"deep/a/b", "deep/[x]/c", "deep/[[rest]]", "bare/[x]/y/z", "bare/x/y",
		"only/_middleware", "Case", "My Files", "index/index",
	)...)
	tests := []struct{ rule, path, pattern string }{
		{"the root's own path", "/", "/"},
		{"one path", "/health", "/health"},
		{"a trailing slash is ignored", "/health/", "/health"},
		{"one path covers nothing below", "/health/x", ""},
		{"no match is refused", "/nowhere", ""},
		{"letters have a case", "/Health", ""},
		{"letters have a case in files too", "/Case", "/Case"},
		{"names are decoded", "/My Files", "/My Files"},
		{"a folder called index is a name like another", "/index", "/index"},
		{"the rest is one segment", "/public/a", "/public/[[path]]"},
		{"the rest is several segments", "/public/a/b/c/", "/public/[[path]]"},
		{"the rest is not none", "/public", ""},
		{"index before _middleware", "/api", "/api"},
		{"index with a trailing slash", "/api/", "/api"},
		{"_middleware covers everything below", "/api/x/y", "/api/*"},
		{"_middleware covers its own path", "/only", "/only/*"},
		{"_middleware never covers a longer name", "/apiadmin", ""},
		{"a static name before a parameter", "/api/users/me", "/api/users/me"},
		{"a parameter is one segment", "/api/users/7", "/api/users/[id]"},
		{"a parameter is not none", "/api/users", "/api/*"},
		{"parameters within parameters", "/api/users/7/posts/8", "/api/users/[id]/posts/[post]"},
		{"back from the static name to the parameter", "/api/users/me/posts/8", "/api/users/[id]/posts/[post]"},
		{"back to the folder's _middleware", "/api/users/7/8/9", "/api/*"},
		{"a leaf beside its folder", "/c", "/c"},
		{"a folder beside its leaf", "/c/x", "/c/x"},
		{"static in the branch that fits", "/deep/a/b", "/deep/a/b"},
		{"back from static to parameter", "/deep/a/c", "/deep/[x]/c"},
		{"back from both to the rest", "/deep/a/d", "/deep/[[rest]]"},
		{"back to nothing", "/bare/x/y/q", ""},
		{"back out of a leaf that is too short", "/bare/x/y/z", "/bare/[x]/y/z"},
		{"an empty segment is nobody's id", "/api/users//", "/api/*"},
		{"an empty segment is no static name", "//health", ""},
		{"only one trailing slash is ignored", "/health//", ""},
		{"no path", "", ""},
		{"a path that does not begin with a slash", "health", ""},
		{"another that does not", "xhealth", ""},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			r, ok := tree.Lookup("GET", tt.path)
			if pattern := patternOf(r); pattern != tt.pattern || ok != (r != nil) {
				t.Errorf("%s: got %q, want %q", tt.path, pattern, tt.pattern)
			}
		})
	}
}

func patternOf(r *policy.Route) string {
	if r == nil {
		return ""
	}
	return r.Pattern
}

func TestRootMiddlewareCoversAll(t *testing.T) {
	tree := build(t, files("_middleware", "a/b")...)
	for path, want := range map[string]string{"/": "/*", "/a": "/*", "/a/b": "/a/b", "/a/b/c": "/*", "/x/y/": "/*"} {
		if got := lookup(t, tree, "GET", path).Pattern; got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestZeroTreeRefuses(t *testing.T) {
	for _, tree := range []*policy.Tree{new(policy.Tree), build(t)} {
		for _, path := range []string{"", "/", "/a"} {
			if r, ok := tree.Lookup("GET", path); ok || r != nil {
				t.Errorf("%q is covered by %v", path, r)
			}
		}
	}
}

// naive is the matching rule as the documentation words it, over the list of
// files, without a tree.
func naive(paths []string, path string) string {
	if !strings.HasPrefix(path, "/") {
		return ""
	}
	path = strings.TrimSuffix(path, "/")
	var segments []string
	if path != "" {
		segments = strings.Split(path[1:], "/")
	}
	has := func(file string) bool {
		for _, p := range paths {
			if p == file {
				return true
			}
		}
		return false
	}
	var walk func(folder string, rest []string) string
	walk = func(folder string, rest []string) string {
		in := func(name string) string { return strings.TrimPrefix(folder+"/"+name, "/") }
		if len(rest) == 0 {
			switch {
			case has(in("index")) || folder != "" && !strings.HasSuffix(folder, "/index") && has(folder[1:]):
				return max(folder, "/")
			case has(in("_middleware")):
				return folder + "/*"
			}
			return ""
		}
		if name := rest[0]; name != "" && !strings.ContainsAny(name, "[]") && name != "_middleware" {
			if found := walk(folder+"/"+name, rest[1:]); found != "" {
				return found
			}
		}
		if rest[0] != "" {
			if found := walk(folder+"/[x]", rest[1:]); found != "" {
				return found
			}
		}
		switch {
		case has(in("[[r]]")):
			return folder + "/[[r]]"
		case has(in("_middleware")):
			return folder + "/*"
		}
		return ""
	}
	return walk("", segments)
}

// randomTree returns file paths over a small alphabet, so that branches meet.
func randomTree(rng *rand.Rand) []string {
	names := []string{"a", "b", "[x]", "[x]", "c"}
	leaves := []string{"a", "b", "[x]", "[[r]]", "_middleware", "index"}
	seen, paths := map[string]bool{}, []string{}
	for range 1 + rng.IntN(12) {
		var parts []string
		for range rng.IntN(5) {
			parts = append(parts, names[rng.IntN(len(names))])
		}
		path := strings.Join(append(parts, leaves[rng.IntN(len(leaves))]), "/")
		own := strings.TrimSuffix("/"+path, "/index")
		if !seen[own] {
			seen[own], paths = true, append(paths, path)
		}
	}
	return paths
}

func checkAgainstNaive(t *testing.T, tree *policy.Tree, paths []string, path string) {
	t.Helper()
	r, _ := tree.Lookup("GET", path)
	if got, want := patternOf(r), naive(paths, path); got != want {
		t.Fatalf("files %q, path %q: got %q, want %q", paths, path, got, want)
	}
}

func TestLookupAgreesWithTheNaiveRule(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	segments := []string{"a", "b", "c", "d", "[x]", "_middleware", "index", ""}
	for range 3000 {
		paths := randomTree(rng)
		tree := build(t, files(paths...)...)
		for range 20 {
			var path strings.Builder
			for range rng.IntN(7) {
				path.WriteString("/" + segments[rng.IntN(len(segments))])
			}
			checkAgainstNaive(t, tree, paths, path.String())
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add(uint64(1), "GET", "/a/b/c/")
	f.Add(uint64(7), "", "//")
	f.Add(uint64(9), "HEAD", "a/[x]/%00\xff")
	f.Fuzz(func(t *testing.T, seed uint64, method, path string) {
		paths := randomTree(rand.New(rand.NewPCG(seed, 0)))
		tree := build(t, files(paths...)...)
		checkAgainstNaive(t, tree, paths, path)
		r, ok := tree.Lookup(method, path)
		x := tree.Explain(method, path)
		if x.Route != r || x.Covered != ok {
			t.Fatalf("%q: Lookup and Explain disagree", path)
		}
	})
}

// TestBacktrackingIsBounded builds the tree in which every level offers a
// static name and a parameter and nothing fits at the end: 2^depth ways.
func TestBacktrackingIsBounded(t *testing.T) {
	doubling := func(depth int) []string {
		paths := []string{""}
		for range depth {
			var next []string
			for _, p := range paths {
				next = append(next, p+"a/", p+"[x]/")
			}
			paths = next
		}
		for i, p := range paths {
			paths[i] = p + "end"
		}
		return paths
	}
	if _, err := policy.Build(files(doubling(5)...)); err != nil {
		t.Errorf("5 levels are well within the bound: %v", err)
	}
	if _, err := policy.Build(files(doubling(9)...)); err == nil {
		t.Error("9 levels visit 1,023 nodes and more")
	}
	// Many names are no cost, and a _middleware never sends a lookup back.
	var wide []string
	for i := range 5000 {
		wide = append(wide, fmt.Sprintf("n%d/a", i))
	}
	guarded := doubling(9)
	for _, p := range doubling(9) {
		for end := strings.LastIndexByte(p, '/'); end >= 0; end = strings.LastIndexByte(p[:end], '/') {
			guarded = append(guarded, p[:end]+"/_middleware")
		}
	}
	for _, paths := range [][]string{wide, unique(guarded)} {
		if _, err := policy.Build(files(paths...)); err != nil {
			t.Error(err)
		}
	}
}

func unique(all []string) (once []string) {
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			seen[s], once = true, append(once, s)
		}
	}
	return once
}

func TestLookupAllocatesNothing(t *testing.T) {
	tree := build(t, many(1000)...)
	for _, path := range []string{"/api/v7/users/12/posts", "/api/v7/none", "/nowhere/at/all", "/"} {
		if n := testing.AllocsPerRun(100, func() { tree.Lookup("HEAD", path) }); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

// many returns n files, as a large API has them.
func many(n int) []policy.File {
	all := files("api/_middleware")
	for i := 0; len(all) < n; i += 5 {
		v := fmt.Sprintf("api/v%d/", i/50)
		name := fmt.Sprintf("users%d", i%50)
		all = append(all, files(v+name+"/_middleware", v+name+"/index", v+name+"/[id]", v+name+"/[id]/posts", v+name+"/me")...)
	}
	all[0].Statement = all[0].Statement.Method("POST", policy.Statement{}.Permissions("write"))
	return all
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{10, 1_000, 10_000} {
		tree := build(b, many(n)...)
		paths := make([]string, 0, 256) // not one path that stays in the processor's cache
		rng := rand.New(rand.NewPCG(1, 1))
		for len(paths) < cap(paths) {
			i := rng.IntN((n+4)/5) * 5
			paths = append(paths, fmt.Sprintf("/api/v%d/users%d/12345/posts", i/50, i%50))
		}
		b.Run(fmt.Sprintf("routes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, ok := tree.Lookup("GET", paths[i%256]); !ok {
					b.Fatal("nothing covers ", paths[i%256])
				}
				i++
			}
		})
	}
}
