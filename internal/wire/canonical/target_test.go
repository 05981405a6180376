package canonical_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

var targets = map[string]struct {
	raw  string
	want canonical.Target
}{
	"origin-form":                      {"/a/b", canonical.Target{Path: "/a/b"}},
	"query":                            {"/a?b=c&d", canonical.Target{Path: "/a", RawQuery: "b=c&d"}},
	"empty query":                      {"/a?", canonical.Target{Path: "/a"}},
	"second question mark":             {"/a?b?c", canonical.Target{Path: "/a", RawQuery: "b?c"}},
	"query stays as it is":             {"/a?b=%2e%2e/;%zz//\xe9", canonical.Target{Path: "/a", RawQuery: "b=%2e%2e/;%zz//\xe9"}},
	"path is decoded":                  {"/%61?x", canonical.Target{Path: "/a", RawQuery: "x"}},
	"absolute-form":                    {"http://Example.org:80/a?b", canonical.Target{Path: "/a", RawQuery: "b", Scheme: "http", Host: "example.org"}},
	"absolute-form, scheme by case":    {"HTTPS://example.org:8443/", canonical.Target{Path: "/", Scheme: "https", Host: "example.org:8443"}},
	"absolute-form, no path":           {"http://example.org", canonical.Target{Path: "/", Scheme: "http", Host: "example.org"}},
	"absolute-form, query but no path": {"http://example.org?a/b", canonical.Target{Path: "/", RawQuery: "a/b", Scheme: "http", Host: "example.org"}},
	"absolute-form, IPv6":              {"http://[2001:DB8::1]/a", canonical.Target{Path: "/a", Scheme: "http", Host: "[2001:db8::1]"}},
	"query as long as allowed":         {"/?" + strings.Repeat("a", canonical.MaxQuery), canonical.Target{Path: "/", RawQuery: strings.Repeat("a", canonical.MaxQuery)}},
}

var badTargets = map[string]string{
	"empty":                            "",
	"asterisk-form":                    "*",
	"authority-form":                   "example.org:443",
	"relative":                         "a/b",
	"query only":                       "?a",
	"query longer than allowed":        "/?" + strings.Repeat("a", canonical.MaxQuery+1),
	"network-path reference":           "//evil.example/a",
	"dot segment":                      "/a/../b?c",
	"encoded slash":                    "/a%2fb",
	"fragment after the path":          "/a#b",
	"fragment after the query":         "/a?b#c",
	"space in the query":               "/a?b c",
	"line feed in the query":           "/a?b\nc",
	"NUL in the query":                 "/a?\x00",
	"DEL in the query":                 "/a?\x7f",
	"white space before":               " /a",
	"absolute-form, other scheme":      "ftp://example.org/a",
	"absolute-form, WebSocket scheme":  "ws://example.org/a",
	"absolute-form, no scheme":         "://example.org/a",
	"absolute-form, no host":           "http:///a",
	"absolute-form, userinfo":          "http://admin@example.org/a",
	"absolute-form, userinfo and port": "http://example.org:80@evil.example/a",
	"absolute-form, backslash in host": `http://example.org\@evil.example/a`,
	"absolute-form, fragment for path": "http://example.org#@evil.example/a",
	"absolute-form, one slash":         "http:/example.org/a",
	"absolute-form, dot segment":       "http://example.org/../a",
	"absolute-form, scheme alone":      "http",
	"script":                           "javascript://example.org/a",
}

func TestRequestTarget(t *testing.T) {
	for rule, row := range targets {
		t.Run(rule, func(t *testing.T) {
			if got, err := canonical.RequestTarget(row.raw); err != nil || got != row.want {
				t.Errorf("RequestTarget(%q) = %+v, %v, want %+v", row.raw, got, err, row.want)
			}
		})
	}
	for rule, raw := range badTargets {
		t.Run(rule, func(t *testing.T) {
			if got, err := canonical.RequestTarget(raw); !errors.Is(err, edgeward.MalformedRequest) || got != (canonical.Target{}) {
				t.Errorf("RequestTarget(%q) = %+v, %v, want nothing and MalformedRequest", raw, got, err)
			}
		})
	}
}

func TestTargetAgrees(t *testing.T) {
	for rule, row := range map[string]struct {
		target, scheme, host string
		agrees               bool
	}{
		"origin-form says nothing": {"/a", "https", "example.org", true},
		"same authority":           {"https://example.org/a", "https", "example.org", true},
		"same by default port":     {"https://EXAMPLE.org.:443/a", "https", "example.org", true},
		"other host":               {"https://evil.example/a", "https", "example.org", false},
		"other port":               {"https://example.org:8443/a", "https", "example.org", false},
		"other scheme":             {"http://example.org/a", "https", "example.org", false},
	} {
		t.Run(rule, func(t *testing.T) {
			target, err := canonical.RequestTarget(row.target)
			if err != nil {
				t.Fatal(err)
			}
			err = target.Agrees(row.scheme, row.host)
			if agrees := err == nil; agrees != row.agrees || !agrees && !errors.Is(err, edgeward.MalformedRequest) {
				t.Errorf("%q agrees with %s://%s: %v, want %v", row.target, row.scheme, row.host, err, row.agrees)
			}
		})
	}
}

// FuzzRequestTarget demands that net/http's reader understands every accepted
// target as we do.
func FuzzRequestTarget(f *testing.F) {
	for _, row := range targets {
		seed(f, row.raw)
	}
	for _, raw := range badTargets {
		seed(f, raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := canonical.RequestTarget(raw)
		if err != nil {
			if !errors.Is(err, edgeward.MalformedRequest) {
				t.Fatalf("RequestTarget(%q): %v", raw, err)
			}
			return
		}
		u, err := url.ParseRequestURI(raw)
		if err != nil || max(u.Path, "/") != target.Path || u.RawQuery != target.RawQuery {
			t.Errorf("net/url reads %q as %+v, %v, we as %+v", raw, u, err, target)
		}
		if host, err := canonical.Host(u.Host, target.Scheme); target.Host != "" && (err != nil || host != target.Host) {
			t.Errorf("net/url reads the host of %q as %q, we as %q", raw, u.Host, target.Host)
		}
		again := canonical.EscapePath(target.Path)
		if target.RawQuery != "" {
			again += "?" + target.RawQuery
		}
		if target.Host != "" {
			again = target.Scheme + "://" + target.Host + again
		}
		if got, err := canonical.RequestTarget(again); err != nil || got != target {
			t.Errorf("RequestTarget(%q) = %+v, %v, not the fixed point %+v", again, got, err, target)
		}
	})
}
