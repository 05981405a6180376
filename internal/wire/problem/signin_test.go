package problem_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// Row 25: what was asked for comes back as it was, is one parameter of the
// sign-in, and moves no redirect elsewhere.
func FuzzSignIn(f *testing.F) {
	for _, target := range []string{"/", "/a?b=c&return_to=//evil.example", "/%c3%a9%25?%0d%0a", "/a?x#y", "/" + strings.Repeat("%25", 2000), "/+?+", "/a?return_to=https://evil.example"} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := canonical.RequestTarget(raw)
		if err != nil {
			return
		}
		d := &edgeward.Decision{Login: "https://app.example/auth/login"}
		r := &edgeward.Request{Method: "GET", Path: target.Path, RawQuery: target.RawQuery, Header: edgeward.Header{"Sec-Fetch-Mode": {"navigate"}}}
		to, err := url.Parse(problem.SignIn(r, d))
		if err != nil || to.Scheme+"://"+to.Host+to.Path != d.Login || len(to.String()) > 4000 {
			t.Fatalf("%s leads to %v, %v", raw, to, err)
		}
		query, err := url.ParseQuery(to.RawQuery)
		if err != nil || len(query) > 1 || len(query["return_to"]) > 1 {
			t.Fatalf("%s: query %q, %v", raw, to.RawQuery, err)
		}
		if page := query.Get("return_to"); page != "" {
			if back, err := canonical.RequestTarget(page); err != nil || back.Path != target.Path || back.RawQuery != target.RawQuery {
				t.Errorf("%s comes back as %q, %v", raw, page, err)
			}
		}
	})
}
