package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/policy"
)

// problems builds files that must not build and returns a line per problem.
func problems(t *testing.T, files ...policy.File) []string {
	t.Helper()
	tree, err := policy.Build(files)
	if all, ok := errors.AsType[policy.Problems](err); !ok || tree != nil || len(all) == 0 {
		t.Fatalf("got a tree %v, error %v", tree, err)
	}
	return strings.Split(err.Error(), "\n")
}

func TestConflictsNameBothFiles(t *testing.T) {
	tests := []struct {
		rule  string
		paths []string
		want  string
	}{
		{"two names for one parameter, as files", []string{"a/[id]", "a/[name]"},
			"policy: a/[name].yaml and a/[id].yaml: both cover /a/[id]: keep one of them"},
		{"two names for one parameter, deeper", []string{"[id]/x", "[name]/x"},
			"policy: [name]/x.yaml and [id]/x.yaml: both cover /[id]/x: keep one of them"},
		{"two names for one parameter, with a chain each", []string{"[id]/_middleware", "[name]/_middleware"},
			"policy: [name]/_middleware.yaml and [id]/_middleware.yaml: both cover /[id]/*: keep one of them"},
		{"a file beside its folder's index", []string{"c", "c/index"},
			"policy: c/index.yaml and c.yaml: both cover /c: keep one of them"},
		{"a parameter beside its folder's index", []string{"a/[id]/index", "a/[id]"},
			"policy: a/[id]/index.yaml and a/[id].yaml: both cover /a/[id]: keep one of them"},
		{"two rests", []string{"a/[[p]]", "a/[[q]]"},
			"policy: a/[[q]].yaml and a/[[p]].yaml: both cover /a/[[p]]: keep one of them"},
		{"a path twice", []string{"a", "a"}, "policy: a.yaml and a.yaml: both cover /a: keep one of them"},
		{"an index twice", []string{"index", "index"}, "policy: index.yaml and index.yaml: both cover /: keep one of them"},
		{"a _middleware twice", []string{"a/_middleware", "a/_middleware"},
			"policy: a/_middleware.yaml and a/_middleware.yaml: both cover /a/*: keep one of them"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			all := files(tt.paths...)
			for range 2 { // whatever the order in which files are found
				if got := problems(t, all...); !slices.Equal(got, []string{tt.want}) {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
				slices.Reverse(all)
			}
		})
	}
}

func TestNamesThatNoPathHas(t *testing.T) {
	tests := []struct{ rule, path, want string }{
		{"nothing", "", "an empty name"},
		{"a leading slash", "/a", "an empty name"},
		{"a trailing slash", "a/", "an empty name"},
		{"two slashes", "a//b", "an empty name"},
		{"a dot", "a/./b", "no dot segments"},
		{"two dots", "../b", "no dot segments"},
		{"two dots as a file", "a/..", "no dot segments"},
		{"percent-encoding", "a%20b", "written decoded"},
		{"a semicolon", "a;b", `contains ';'`},
		{"a backslash", `a\b`, `contains '\\'`},
		{"a question mark", "a?b", `contains '?'`},
		{"a number sign", "a#b", `contains '#'`},
		{"a control character", "a\x00b", `contains '\x00'`},
		{"a line break", "a\nb", `contains '\n'`},
		{"an invisible character", "a\u200bb", `contains '\u200b'`},
		{"a character that turns the text around", "a\u202eb", `contains '\u202e'`},
		{"invalid UTF-8", "a\xff", "not valid UTF-8"},
		{"another router's wildcard", "api/*", "not a pattern here"},
		{"another router's parameter", "api/:id", "not a pattern here"},
		{"another router's braces", "api/{id}", "not a pattern here"},
		{"a bracket that does not close", "[id", "not a pattern here"},
		{"brackets inside a name", "a[id]", "not a pattern here"},
		{"no name in the brackets", "a/[]", "not a name in brackets"},
		{"no name in two brackets", "a/[[]]", "not a name in brackets"},
		{"three brackets", "[[[a]]]", "not a name in brackets"},
		{"dots in the brackets", "[...path]", "not a name in brackets"},
		{"a space in the brackets", "[[a b]]", "not a name in brackets"},
		{"a space in a folder's brackets", "[a b]/c", "not a name in brackets"},
		{"something below the rest", "a/[[path]]/b", "nothing can stand below it"},
		{"an index below the rest", "a/[[path]]/index", "nothing can stand below it"},
		{"a folder called _middleware", "_middleware/a", "not a folder"},
		{"_middleware misspelled", "a/_midleware", "misspelled"},
		{"_middleware in another case", "a/_Middleware", "misspelled"},
		{"_middleware with a space", "a/_middleware ", "misspelled"},
		{"_middleware as a folder, misspelled", "_middlewares/a", "misspelled"},
		{"two underscores", "a/__middleware", "misspelled"},
		{"index in another case", "a/Index", "misspelled"},
		{"an outer space", "a/ b", "outer spaces"},
		{"two extensions", "a/b.yaml", "outer spaces and no .yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got := problems(t, files(tt.path)...)
			if !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	build(t, files(`|^"`, "A-b_c.d~e!$&'()+,=@1", "a:b", "Straße/日本", "[A-b_1]/[[c]]", "_next/x", "...")...)
}

func TestStatementsThatMeanNothing(t *testing.T) {
	cors := func(c policy.CORS) policy.Statement { return policy.Statement{}.CORS(c) }
	app := []string{"https://app.example"}
	post := func(s policy.Statement) policy.Statement {
		return policy.Statement{}.Method("POST", s)
	}
	method := func(name string) policy.Statement {
		return policy.Statement{}.Method(name, policy.Statement{})
	}
	tests := []struct {
		rule      string
		statement policy.Statement
		key, want string
	}{
		{"a method in lower case", method("get"), "methods.get", "upper case"},
		{"no method", method(""), "methods.", "upper case"},
		{"a method that is no token", method("GET /"), "methods.GET /", "upper case"},
		{"a token that no request has", method("POS%T"), "methods.POS%T", "upper case"},
		{"TRACE", method("TRACE"), "methods.TRACE", "always refused"},
		{"TRACK", method("TRACK"), "methods.TRACK", "always refused"},
		{"CONNECT", method("CONNECT"), "methods.CONNECT", "always refused"},
		{"methods in methods", post(policy.Statement{}.Method("GET", policy.Statement{})), "methods.POST.methods", "no overrides of its own"},
		{"a permission that nobody can hold", policy.Statement{}.Permissions("read write"), "permissions", "scope-token"},
		{"an empty permission", policy.Statement{}.Permissions(""), "permissions", "scope-token"},
		{"a permission in an override", post(policy.Statement{}.Permissions("a b")), "methods.POST.permissions", "scope-token"},
		{"an empty issuer", policy.Statement{}.Issuers(""), "issuers", "an empty name"},
		{"an empty audience", policy.Statement{}.Audiences(""), "audiences", "an empty name"},
		{"an unknown fallback", policy.Statement{}.Fallback(policy.Fallback(3)), "fallback", "not one of"},
		{"knowledge from the future", policy.Statement{}.MaxStaleness(-time.Second), "max_staleness", "not negative"},
		{"an unknown choice when stale", policy.Statement{}.WhenStale(policy.WhenStale(2)), "when_stale", "not one of"},

		{"CORS without origins", cors(policy.CORS{Methods: []string{"GET"}}), "cors.origins", "missing"},
		{"CORS without origins, credentials", cors(policy.CORS{Credentials: true}), "cors.origins", "missing"},
		{"CORS without origins, headers", cors(policy.CORS{Headers: []string{"A"}}), "cors.origins", "missing"},
		{"CORS without origins, expose", cors(policy.CORS{Expose: []string{"A"}}), "cors.origins", "missing"},
		{"CORS without origins, max_age", cors(policy.CORS{MaxAge: 1e9}), "cors.origins", "missing"},
		{"CORS in an override", post(cors(policy.CORS{Origins: []string{"null"}})), "methods.POST.cors.origins", "names no origin"},
		{"every origin with credentials", cors(policy.CORS{Origins: []string{"*"}, Credentials: true}), "cors.origins", "act as the user"},
		{"a pattern of origins", cors(policy.CORS{Origins: []string{"https://*.example"}}), "cors.origins", "no patterns"},
		{"every origin and one", cors(policy.CORS{Origins: []string{"https://a.example", "*"}}), "cors.origins", "stands alone"},
		{"every method with credentials", cors(policy.CORS{Origins: app, Methods: []string{"*"}, Credentials: true}), "cors.methods", "list the names"},
		{"every header with credentials", cors(policy.CORS{Origins: app, Headers: []string{"*"}, Credentials: true}), "cors.headers", "list the names"},
		{"exposing all with credentials", cors(policy.CORS{Origins: app, Expose: []string{"*"}, Credentials: true}), "cors.expose", "list the names"},
		{"a CORS method in lower case", cors(policy.CORS{Origins: app, Methods: []string{"get"}}), "cors.methods", "upper case"},
		{"a CORS header that is none", cors(policy.CORS{Origins: app, Headers: []string{"X Y"}}), "cors.headers", "not a field name"},
		{"a CORS header that splits the answer", cors(policy.CORS{Origins: app, Expose: []string{"X\r\nSet-Cookie"}}), "cors.expose", "not a field name"},
		{"a CORS header that is too long", cors(policy.CORS{Origins: app, Headers: []string{strings.Repeat("x", 65)}}), "cors.headers", "not a field name"},
		{"max_age below nothing", cors(policy.CORS{Origins: app, MaxAge: -1e9}), "cors.max_age", "whole seconds"},
		{"max_age over a day", cors(policy.CORS{Origins: app, MaxAge: 86401e9}), "cors.max_age", "24 hours"},
		{"max_age of half a second", cors(policy.CORS{Origins: app, MaxAge: 5e8}), "cors.max_age", "whole seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := policy.Build([]policy.File{file("a", tt.statement)})
			p, ok := errors.AsType[*policy.Problem](err)
			if !ok || p.Source != "a.yaml" || p.Key != tt.key || !strings.Contains(p.Detail, tt.want) {
				t.Errorf("got %v, want %s: %s", err, tt.key, tt.want)
			}
		})
	}
}

func TestAllProblemsAtOnceInOrder(t *testing.T) {
	all := append(files("z/..", "b/[id]", "b/[name]", "b/[other]", "c", "c/index"), file("a", policy.Statement{}.Permissions("", " ").CORS(policy.CORS{Origins: []string{"null", "x"}})))
	want := []string{"a.yaml", "a.yaml", "a.yaml", "a.yaml", "b/[name].yaml", "b/[other].yaml", "c/index.yaml", "z/...yaml"}
	_, err := policy.Build(all)
	found, _ := errors.AsType[policy.Problems](err)
	var sources []string
	for _, p := range found {
		sources = append(sources, p.Source)
		if !errors.Is(err, p) {
			t.Errorf("the error does not wrap %v", p)
		}
	}
	if !slices.Equal(sources, want) {
		t.Errorf("got %q, want %q:\n%v", sources, want, err)
	}
}

func TestInlineFilesAreReportedInOrderOfTheirPaths(t *testing.T) {
	inline := func(path string) policy.File {
		return policy.File{Path: path, Source: "edgeward.yaml"}
	}
	want := []string{
		"policy: edgeward.yaml: \"a;\" contains ';', which a canonical path never has, or which is invisible",
		"policy: edgeward.yaml: \"b;\" contains ';', which a canonical path never has, or which is invisible",
	}
	if got := problems(t, inline("b;"), inline("a;")); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestSourceDefaultsToThePath(t *testing.T) {
	tree := build(t, policy.File{Path: "a/b"})
	if r := lookup(t, tree, "GET", "/a/b"); r.Source != "a/b" {
		t.Errorf("got %q", r.Source)
	}
}

func TestBuildKeepsNothingOfItsInput(t *testing.T) {
	origins, permissions, writers := []string{"https://a.example"}, []string{"read"}, []string{"write"}
	s := policy.Require("bearer").Permissions(permissions...).CORS(policy.CORS{Origins: origins})
	tree := build(t, file("a", s.Method("POST", policy.Statement{}.Permissions(writers...))))
	_ = s.Permissions("none").Method("POST", policy.Public())
	origins[0], permissions[0], writers[0] = "https://evil.example", "none", "none"
	r, post, x := lookup(t, tree, "GET", "/a"), lookup(t, tree, "POST", "/a"), tree.Explain("GET", "/a")
	if r.Permissions[0] != "read" || post.Permissions[0] != "write" || r.CORS.Origins[0] != "https://a.example" {
		t.Errorf("the tree changed with its input: %+v", r)
	}
	for _, s := range x.Effective {
		if strings.Contains(s.Text(), "none") || strings.Contains(s.Text(), "evil") {
			t.Errorf("the explanation changed with the input: %+v", s)
		}
	}
}

func FuzzBuild(f *testing.F) {
	f.Add("a/[id]\na/[name]\nc\nc/index", "/a/x")
	f.Add("[[a]]\n_middleware\n..\n/", "/")
	f.Fuzz(func(t *testing.T, paths, path string) {
		tree, err := policy.Build(files(strings.Split(paths, "\n")...))
		if (tree == nil) == (err == nil) {
			t.Fatal("neither a tree nor an error, or both")
		}
		if tree == nil {
			return
		}
		tree.Lookup("GET", path)
		for r := range tree.All() { // a pattern is the path of a file: every rule can be reached
			concrete := strings.NewReplacer("[[", "", "]]", "", "[", "", "]", "").Replace(strings.TrimSuffix(r.Pattern, "/*"))
			if _, ok := tree.Lookup("GET", max(concrete, "/")); !ok {
				t.Fatalf("%q: nothing covers %q", paths, concrete)
			}
		}
	})
}
