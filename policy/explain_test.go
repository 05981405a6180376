package policy_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/policy"
)

func explained(t *testing.T) *policy.Tree {
	return build(t,
		file("_middleware", policy.Require("bearer").Permissions("app").Upstream("http://root").CORS(policy.CORS{Origins: []string{app}, Headers: []string{"X-One"}, Expose: []string{"Etag"}, Credentials: true, MaxAge: time.Minute})),
		file("api/_middleware", policy.Statement{}.Issuers("https://i.example").Fallback(policy.FallbackNever).Assertion(true).SameOrigin(true).Method("POST", policy.Statement{}.Permissions("app", "write")).Method("GET", policy.Statement{}.Audiences("read"))),
		file("api/[id]", policy.Statement{}.ForwardCredential(false).CORS(policy.CORS{})),
		file("api/health", policy.Public()),
	)
}

// text prints an explanation as a command may.
func text(x policy.Explanation) string {
	var b strings.Builder
	for _, link := range x.Chain {
		fmt.Fprintln(&b, link.Source)
		for _, s := range link.States {
			fmt.Fprintf(&b, "  %s %s: %s\n", s.Method, s.Key, s.Text())
		}
	}
	for _, s := range x.Effective {
		fmt.Fprintf(&b, "= %s: %s (%s %s)\n", s.Key, s.Text(), s.Source, s.Method)
	}
	return b.String()
}

func TestExplainShowsTheChainAndWhoSetWhat(t *testing.T) {
	x := explained(t).Explain("POST", "/api/7")
	want := `_middleware.yaml
   authenticate: [bearer]
   permissions: [app]
   cors.origins: [https://app.example]
   cors.methods: [GET, HEAD, POST]
   cors.headers: [X-One]
   cors.expose: [Etag]
   cors.credentials: true
   cors.max_age: 1m0s
   upstream: http://root
api/_middleware.yaml
   issuers: [https://i.example]
   fallback: never
   assertion: true
   same_origin: true
  GET audiences: [read]
  POST permissions: [app, write]
api/[id].yaml
   cors: off
   forward_credential: false
= authenticate: [bearer] (_middleware.yaml )
= permissions: [app, write] (api/_middleware.yaml POST)
= issuers: [https://i.example] (api/_middleware.yaml )
= fallback: never (api/_middleware.yaml )
= cors: off (api/[id].yaml )
= upstream: http://root (_middleware.yaml )
= forward_credential: false (api/[id].yaml )
= assertion: true (api/_middleware.yaml )
= same_origin: true (api/_middleware.yaml )
`
	if got := text(x); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !x.Covered || x.Pattern != "/api/[id]" || x.Unspecified || x.Public || x.Route == nil || x.Route.Method != "POST" {
		t.Errorf("%+v", x)
	}
}

func TestExplainNamesTheOverrideThatHeadUses(t *testing.T) {
	for _, s := range explained(t).Explain("HEAD", "/api/7").Effective {
		if s.Key == "audiences" && (s.Method != "GET" || s.Text() != "[read]") {
			t.Errorf("%+v", s)
		}
	}
}

func TestExplainShowsWhatPublicLifted(t *testing.T) {
	x := explained(t).Explain("GET", "/api/health")
	if !x.Public || x.Unspecified {
		t.Errorf("%+v", x)
	}
	lifted := policy.Setting{Key: "permissions", Value: []string{}, Source: "api/health.yaml"}
	if !slices.ContainsFunc(x.Effective, func(s policy.Setting) bool { return reflect.DeepEqual(s, lifted) }) {
		t.Errorf("nothing says who lifted the permissions: %s", text(x))
	}
}

func TestExplainWhatNothingCovers(t *testing.T) {
	x := build(t, files("a")...).Explain("GET", "/b")
	got, err := json.Marshal(x)
	want := `{"method":"GET","path":"/b","covered":false,"silent":false,"public":false,"chain":[],"effective":[]}`
	if err != nil || string(got) != want || x.Route != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestExplainAsJSON(t *testing.T) {
	x := build(t, file("a", policy.Public().Assertion(true))).Explain("GET", "/a")
	got, err := json.Marshal(x)
	want := `{"method":"GET","path":"/a","covered":true,"pattern":"/a","silent":false,"public":true,` +
		`"chain":[{"source":"a.yaml","states":[{"key":"authenticate","value":[],"source":"a.yaml"},{"key":"assertion","value":true,"source":"a.yaml"}]}],` +
		`"effective":[{"key":"authenticate","value":[],"source":"a.yaml"},{"key":"assertion","value":true,"source":"a.yaml"}]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestExplainSilent(t *testing.T) {
	if x := build(t, file("a", policy.Statement{})).Explain("GET", "/a"); !x.Unspecified || x.Public || len(x.Effective) != 0 {
		t.Errorf("%+v", x)
	}
}

func TestExplanationCannotChangeTheTree(t *testing.T) {
	tree := explained(t)
	for _, s := range tree.Explain("POST", "/api/7").Effective {
		if list, ok := s.Value.([]string); ok && len(list) > 0 {
			list[0] = "changed"
		}
	}
	if r := lookup(t, tree, "POST", "/api/7"); r.Authenticate[0] != "bearer" || r.Permissions[0] != "app" {
		t.Errorf("%+v", r)
	}
}

func TestSiblingsKeepTheirOwnChains(t *testing.T) {
	tree := build(t, files("_middleware", "a/_middleware", "a/b/_middleware", "a/b/c", "a/b/d", "a/b/e")...)
	for _, name := range []string{"c", "d", "e"} {
		if chain := tree.Explain("GET", "/a/b/"+name).Chain; len(chain) != 4 || chain[3].Source != "a/b/"+name+".yaml" {
			t.Errorf("%s: %v", name, chain)
		}
	}
}
