package policy_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/edgeward/edgeward/policy"
)

func TestInheritance(t *testing.T) {
	cors := policy.CORS{Origins: []string{"https://app.example"}}
	tree := build(t,
		file("_middleware", policy.Statement{}.Upstream("http://root").Fallback(policy.FallbackNever)),
		file("api/_middleware", policy.Require("bearer").Permissions("api").Issuers("https://i.example").Audiences("api").CORS(cors).ForwardCredential(true).Assertion(true).SameOrigin(true).Method("POST", policy.Statement{}.Permissions("api", "write"))),
		file("api/health", policy.Public()),
		file("api/v2/_middleware", policy.Statement{}.Upstream("http://v2").ForwardCredential(false).Issuers()),
		file("api/v2/[id]", policy.Statement{}.Permissions("two").Fallback(policy.FallbackAny).CORS(policy.CORS{}).Method("GET", policy.Statement{}.Audiences("get")).Method("DELETE", policy.Require("key"))),
		file("api/users", policy.Statement{}),
		file("api/users/_middleware", policy.Statement{}.Permissions("users")),
		file("api/[[rest]]", policy.Statement{}.Assertion(false).SameOrigin(false)),
	)
	type route = policy.Route
	api := route{Access: policy.AccessRequired, Pattern: "/api/*", Source: "api/_middleware.yaml", Upstream: "http://root", Fallback: policy.FallbackNever,
		Authenticate: []string{"bearer"}, Permissions: []string{"api"}, Issuers: []string{"https://i.example"}, Audiences: []string{"api"},
		CORS: &cors, ForwardCredential: true, Assertion: true, SameOrigin: true}
	with := func(r route, change func(*route)) route { change(&r); return r }
	tests := []struct {
		rule, method, path string
		want               route
	}{
		{"nothing states authenticate: silent", "GET", "/x",
			route{Pattern: "/*", Source: "_middleware.yaml", Upstream: "http://root", Fallback: policy.FallbackNever}},
		{"keys of the parent hold below", "GET", "/api", api},
		{"an override replaces one key", "POST", "/api", with(api, func(r *route) {
			r.Method, r.Permissions = "POST", []string{"api", "write"}
		})},
		{"public lifts the demands above, and nothing else", "GET", "/api/health", with(api, func(r *route) {
			r.Pattern, r.Source = "/api/health", "api/health.yaml"
			r.Access, r.Authenticate, r.Permissions, r.Issuers, r.Audiences = policy.AccessPublic, nil, nil, nil, nil
		})},
		{"a nearer key replaces, also with nothing", "GET", "/api/v2", with(api, func(r *route) {
			r.Pattern, r.Source, r.Upstream, r.ForwardCredential, r.Issuers = "/api/v2/*", "api/v2/_middleware.yaml", "http://v2", false, nil
		})},
		{"a method without overrides gets the plain keys", "PUT", "/api/v2/7", with(api, func(r *route) {
			r.Pattern, r.Source, r.Upstream, r.ForwardCredential, r.Issuers = "/api/v2/[id]", "api/v2/[id].yaml", "http://v2", false, nil
			r.Permissions, r.Fallback, r.CORS = []string{"two"}, policy.FallbackAny, nil
		})},
		{"a plain key below beats an override above", "POST", "/api/v2/7", with(api, func(r *route) {
			r.Pattern, r.Source, r.Upstream, r.ForwardCredential, r.Issuers = "/api/v2/[id]", "api/v2/[id].yaml", "http://v2", false, nil
			r.Method, r.Permissions, r.Fallback, r.CORS = "POST", []string{"two"}, policy.FallbackAny, nil
		})},
		{"HEAD is answered like GET", "HEAD", "/api/v2/7", with(api, func(r *route) {
			r.Pattern, r.Source, r.Upstream, r.ForwardCredential, r.Issuers = "/api/v2/[id]", "api/v2/[id].yaml", "http://v2", false, nil
			r.Method, r.Permissions, r.Fallback, r.CORS, r.Audiences = "HEAD", []string{"two"}, policy.FallbackAny, nil, []string{"get"}
		})},
		{"a folder's _middleware holds for the file of its name", "GET", "/api/users", with(api, func(r *route) {
			r.Pattern, r.Source, r.Permissions = "/api/users", "api/users.yaml", []string{"users"}
		})},
		{"the rest inherits from its folder", "GET", "/api/a/b", with(api, func(r *route) {
			r.Pattern, r.Source, r.Assertion, r.SameOrigin = "/api/[[rest]]", "api/[[rest]].yaml", false, false
		})},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got := *lookup(t, tree, tt.method, tt.path)
			if (got.CORS == nil) != (tt.want.CORS == nil) {
				t.Errorf("CORS: got %v", got.CORS)
			}
			got.CORS, tt.want.CORS = nil, nil
			for _, r := range []*route{&got, &tt.want} { // nil or empty, both are nothing
				for _, s := range []*[]string{&r.Authenticate, &r.Permissions, &r.Issuers, &r.Audiences} {
					*s = append([]string{}, *s...)
				}
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestHeadHasItsOwnOverride(t *testing.T) {
	tree := build(t, file("_middleware", policy.Require("bearer").Method("GET", policy.Statement{}.Permissions("get")).Method("HEAD", policy.Statement{}.Audiences("head"))), file("a", policy.Statement{}.Method("GET", policy.Statement{}.Upstream("http://get"))))
	r := lookup(t, tree, "HEAD", "/a")
	if len(r.Permissions) != 0 || !slices.Equal(r.Audiences, []string{"head"}) || r.Upstream != "http://get" {
		t.Errorf("each file answers for itself: %+v", r)
	}
	if r := lookup(t, tree, "GET", "/a"); len(r.Audiences) != 0 {
		t.Errorf("GET does not use HEAD's: %+v", r)
	}
}

func TestPublicIsNotSilent(t *testing.T) {
	tree := build(t, file("public", policy.Public()), file("silent", policy.Statement{}),
		file("bearer", policy.Require("bearer")))
	for path, want := range map[string][2]bool{"/public": {true, false}, "/silent": {false, true}, "/bearer": {false, false}} {
		if r := lookup(t, tree, "GET", path); r.Public() != want[0] || r.Unspecified() != want[1] {
			t.Errorf("%s: %+v", path, r)
		}
	}
}

// TestContradictions holds Build to refusing files that leave open what one of
// them asks to guard.
func TestContradictions(t *testing.T) {
	tests := []struct {
		rule  string
		files []policy.File
		want  []string // empty when it builds
	}{
		{"a permission below a public folder", []policy.File{
			file("_middleware", policy.Public()), file("a/_middleware", policy.Statement{}.Permissions("admin")), file("a/b", policy.Statement{}),
		}, []string{`policy: a/_middleware.yaml and _middleware.yaml: permissions: is asked of paths that "authenticate: []" makes public: state authenticate as well`}},
		{"an issuer on a public path", []policy.File{file("a", policy.Public().Issuers("https://i.example"))},
			[]string{`policy: a.yaml: issuers: is asked of paths that "authenticate: []" makes public: state authenticate as well`}},
		{"an audience for one method of a public path", []policy.File{
			file("a", policy.Public().Method("POST", policy.Statement{}.Audiences("admin"))),
		}, []string{`policy: a.yaml: methods.POST.audiences: is asked of paths that "authenticate: []" makes public: state authenticate as well`}},
		{"a permission below an override that makes public", []policy.File{
			file("_middleware", policy.Require("bearer").Method("PUT", policy.Public())),
			file("a", policy.Statement{}.Permissions("admin")),
		}, []string{`policy: a.yaml and _middleware.yaml: permissions: is asked of paths that "authenticate: []" makes public: state authenticate as well`}},
		{"public below a permission", []policy.File{
			file("_middleware", policy.Require("bearer").Permissions("admin")), file("a", policy.Public()),
		}, nil},
		{"public below a permission of one method", []policy.File{
			file("_middleware", policy.Require("bearer").Method("POST", policy.Statement{}.Permissions("admin"))),
			file("a", policy.Public()),
		}, nil},
		{"guarded again below public", []policy.File{
			file("_middleware", policy.Public()), file("a", policy.Require("bearer").Permissions("admin")),
		}, nil},
		{"no permission on a public path", []policy.File{file("a", policy.Public().Permissions())}, nil},
		{"one method of a guarded path is public", []policy.File{
			file("a", policy.Require("bearer").Permissions("admin").Method("GET", policy.Public())),
		}, nil},
		{"the override agrees with the nearest", []policy.File{
			file("_middleware", policy.Require("bearer").Method("GET", policy.Public())),
			file("a", policy.Public()),
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if tt.want == nil {
				build(t, tt.files...)
			} else if got := problems(t, tt.files...); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestGuardedAgainKeepsWhatStoodAbove(t *testing.T) {
	tree := build(t, file("_middleware", policy.Require("bearer").Permissions("app")),
		file("a/_middleware", policy.Public()), file("a/admin", policy.Require("bearer")))
	if r := lookup(t, tree, "GET", "/a/admin"); !slices.Equal(r.Permissions, []string{"app"}) {
		t.Errorf("a public folder in between lifted %v for good", r.Permissions)
	}
}

func TestAllYieldsEveryRouteOnce(t *testing.T) {
	tree := build(t, file("_middleware", policy.Public().Method("GET", policy.Statement{}).Method("PUT", policy.Statement{})),
		file("b", policy.Statement{}), file("a/[id]", policy.Statement{}.Method("HEAD", policy.Statement{})))
	want := []string{"/* ", "/* GET", "/* HEAD", "/* PUT", "/a/[id] ", "/a/[id] GET", "/a/[id] HEAD", "/a/[id] PUT", "/b ", "/b GET", "/b HEAD", "/b PUT"}
	var got []string
	for r := range tree.All() {
		got = append(got, r.Pattern+" "+r.Method)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for range 10 { // a map's order would show
		got = nil
		for r := range build(t, files("g", "f", "e/x", "d", "c", "a", "b", "e/[y]")...).All() {
			got = append(got, r.Pattern)
		}
		if want := []string{"/a", "/b", "/c", "/d", "/e/x", "/e/[y]", "/f", "/g"}; !slices.Equal(got, want) {
			t.Fatalf("got %q", got)
		}
	}
	if r := lookup(t, tree, "", "/b"); r.Method != "" {
		t.Errorf("no method has the overrides of %s", r.Method)
	}
	if lookup(t, tree, "GET", "/b") != lookup(t, tree, "GET", "/b/") {
		t.Error("a route has more than one identity")
	}
}
