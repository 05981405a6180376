package policy_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy"
)

// corsOf returns c as a route has it, sealed.
func corsOf(t testing.TB, c policy.CORS) *policy.CORS {
	t.Helper()
	return lookup(t, build(t, file("a", policy.Statement{}.CORS(c))), "GET", "/a").CORS
}

const (
	app        = "https://app.example"
	acrHeaders = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
)

func TestCORSAnswers(t *testing.T) {
	c := corsOf(t, policy.CORS{
		Origins: []string{app, "http://localhost:5173"}, Methods: []string{"GET", "PUT"}, Headers: []string{"Authorization", "X-One"},
		Expose: []string{"X-Request-Id", "Retry-After"}, Credentials: true, MaxAge: 10 * time.Minute,
	})
	want := edgeward.Header{
		"Vary": {"Origin"}, "Access-Control-Allow-Origin": {app},
		"Access-Control-Allow-Credentials": {"true"}, "Access-Control-Expose-Headers": {"X-Request-Id, Retry-After"},
	}
	if got := c.Actual(app); !reflect.DeepEqual(got, want) {
		t.Errorf("actual: got %v, want %v", got, want)
	}
	want = edgeward.Header{
		"Vary": {acrHeaders}, "Access-Control-Allow-Origin": {app}, "Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Allow-Methods": {"GET, PUT"}, "Access-Control-Allow-Headers": {"Authorization, X-One"}, "Access-Control-Max-Age": {"600"},
	}
	if got := c.Preflight(app, "PUT", "authorization,x-one"); !reflect.DeepEqual(got, want) {
		t.Errorf("preflight: got %v, want %v", got, want)
	}
	want = edgeward.Header{
		"Vary": {acrHeaders}, "Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"GET, HEAD, POST"},
	}
	if got := corsOf(t, policy.CORS{Origins: []string{"*"}}).Preflight("https://x.example", "POST", ""); !reflect.DeepEqual(got, want) {
		t.Errorf("preflight with the defaults: got %v, want %v", got, want)
	}
}

func TestCORSOriginsAreExact(t *testing.T) {
	c := corsOf(t, policy.CORS{Origins: []string{app}})
	if c.Actual(app).First("Access-Control-Allow-Origin") != app {
		t.Fatal("the origin itself is refused")
	}
	for rule, origin := range map[string]string{
		"none": "", "null": "null", "suffix": "https://evil-app.example", "prefix": "https://app.example.evil.test", "subdomain": "https://x.app.example",
		"parent": "https://example", "http": "http://app.example", "port": "https://app.example:8443", "default port": "https://app.example:443",
		"slash": "https://app.example/", "case": "https://App.example", "dot": "https://app.example.", "list": app + " " + app, "star": "*",
	} {
		if got := c.Actual(origin); !reflect.DeepEqual(got, edgeward.Header{"Vary": {"Origin"}}) {
			t.Errorf("%s: actual %v", rule, got)
		}
		if got := c.Preflight(origin, "GET", ""); !reflect.DeepEqual(got, edgeward.Header{"Vary": {acrHeaders}}) {
			t.Errorf("%s: preflight %v", rule, got)
		}
	}
	if got := corsOf(t, policy.CORS{Origins: []string{"*"}}).Actual(""); len(got) != 1 {
		t.Errorf("no origin is asked for and %v answered", got)
	}
}

func TestCORSPreflight(t *testing.T) {
	named := policy.CORS{Origins: []string{app}, Methods: []string{"PUT", "OPTIONS"}, Headers: []string{"X-Kind", "x-two", strings.Repeat("l", 64)}}
	all := policy.CORS{Origins: []string{app}, Methods: []string{"*"}, Headers: []string{"*"}}
	tests := []struct {
		rule            string
		cors            policy.CORS
		method, headers string
		want            bool
	}{
		{"a method that is named", named, "PUT", "", true},
		{"OPTIONS only when named", named, "OPTIONS", "", true},
		{"a method that is not named", named, "GET", "", false},
		{"methods have a case", named, "put", "", false},
		{"no method", named, "", "", false},
		{"every method", all, "PURGE", "", true},
		{"headers in any case", named, "PUT", "x-KIND,X-Two", true},
		{"spaces and tabs around", named, "PUT", " x-kind \t,\tx-two", true},
		{"empty members", named, "PUT", ",,x-kind,", true},
		{"a header that is not named", named, "PUT", "x-kind,x-three", false},
		{"a header that only begins alike", named, "PUT", "x-kin", false},
		{"U+212A is no k", named, "PUT", "x-\u212aind", false},
		{"spaces inside", named, "PUT", "x-kind x-two", false},
		{"the longest header", named, "PUT", strings.Repeat("L", 64), true},
		{"a longer one", named, "PUT", strings.Repeat("L", 65), false},
		{"a star is no header", named, "PUT", "*", false},
		{"a star is no method", named, "*", "", false},
		{"every header", all, "GET", "x-one,x-two", true},
		{"but Authorization", all, "GET", "x-one,Authorization", false},
		{"Authorization named beside the star", policy.CORS{Origins: []string{app}, Headers: []string{"*", "Authorization"}}, "GET", "authorization,x", true},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			h := corsOf(t, tt.cors).Preflight(app, tt.method, tt.headers)
			if got := h["Access-Control-Allow-Origin"] != nil; got != tt.want || !got && len(h) != 1 {
				t.Errorf("got %v, want allowed: %v", h, tt.want)
			}
		})
	}
}

func TestCORSBeforeBuildAllowsNobody(t *testing.T) {
	c := &policy.CORS{Origins: []string{app, "*"}, Methods: []string{"*"}, Headers: []string{"*"}, Credentials: true}
	if a, p := c.Actual(app), c.Preflight(app, "GET", ""); len(a) != 1 || len(p) != 1 {
		t.Errorf("actual %v, preflight %v", a, p)
	}
}

func TestOriginsAsBrowsersSendThem(t *testing.T) {
	good := []string{
		"https://app.example", "http://localhost", "http://localhost:5173", "https://app.example:8443", "http://127.0.0.1:8080", "https://[::1]:8443",
		"https://[2001:db8::1]", "http://app.example:443", "https://xn--bcher-kva.example", "https://a_b.example", "capacitor://localhost", "moz-extension://0a1b-2c", "https://1.example",
	}
	for _, origin := range good {
		corsOf(t, policy.CORS{Origins: []string{origin}})
	}
	bad := map[string]string{
		"nothing": "", "null": "null", "no scheme": "app.example", "no host": "https://", "no host but a port": "https://:8443", "path": "https://app.example/", "longer path": "https://app.example/a",
		"query": "https://app.example?a", "fragment": "https://app.example#a", "userinfo": "https://u@app.example", "scheme in capitals": "HTTPS://app.example",
		"host in capitals": "https://App.example", "default port": "https://app.example:443", "default port of http": "http://app.example:80",
		"empty port": "https://app.example:", "port 0": "https://app.example:0", "port with zeros": "https://app.example:08443", "port too large": "https://app.example:65536",
		"port of letters": "https://app.example:http", "two ports": "https://app.example:1:2", "pattern": "https://*.app.example", "pattern of a port": "https://app.example:*",
		"regular expression": "https://(a|b).example", "space": " https://app.example", "two": app + "," + app, "line break": app + "\r\nX: y", "trailing dot": "https://app.example.",
		"leading dot": "https://.app.example", "two dots": "https://app..example", "no ASCII": "https://bücher.example", "percent": "https://app%2eexample",
		"short IPv4": "http://127.1", "octal IPv4": "http://0177.0.0.1", "long IPv6": "https://[0:0:0:0:0:0:0:1]", "IPv6 in capitals": "https://[2001:DB8::1]", "zone": "https://[fe80::1%25eth0]",
		"zone in itself": "https://[fe80::1%eth0]", "IPv4 in IPv6": "https://[::ffff:1.2.3.4]", "IPv4 in brackets": "https://[1.2.3.4]", "IPv6 that does not close": "https://[::1", "IPv6 that does not close before a port": "https://[::1:8443", "IPv6 without brackets": "https://2001:db8::1",
		"scheme with a digit first": "1a://app.example", "no letters in the scheme": "://app.example", "scheme with a space": "ht tp://app.example",
	}
	for rule, origin := range bad {
		if _, err := policy.Build([]policy.File{file("a", policy.Statement{}.CORS(policy.CORS{Origins: []string{origin, app}}))}); err == nil {
			t.Errorf("%s: %q is an origin", rule, origin)
		}
	}
}

func TestCORSAllocatesNothing(t *testing.T) {
	c := corsOf(t, policy.CORS{Origins: []string{app}, Headers: []string{"Authorization", "Content-Type"}, Credentials: true})
	for _, origin := range []string{app, "https://evil.example", ""} {
		if n := testing.AllocsPerRun(100, func() { c.Actual(origin); c.Preflight(origin, "POST", "authorization,Content-Type") }); n != 0 {
			t.Errorf("%q: %v allocations", origin, n)
		}
	}
}

func BenchmarkCORS(b *testing.B) {
	c := corsOf(b, policy.CORS{Origins: []string{app, "https://b.example", "https://c.example"}, Headers: []string{"Authorization", "Content-Type"}, Credentials: true})
	b.Run("actual", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Actual(app)
		}
	})
	b.Run("preflight", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Preflight(app, "POST", "authorization,content-type")
		}
	})
}

// Row 39: only who may use cookies is trusted with them.
func TestTrusts(t *testing.T) {
	for rule, row := range map[string]struct {
		cors   *policy.CORS
		origin string
		want   bool
	}{
		"a listed origin":                      {&policy.CORS{Origins: []string{app}, Credentials: true}, app, true},
		"another one":                          {&policy.CORS{Origins: []string{app}, Credentials: true}, "https://evil.example", false},
		"nobody":                               {&policy.CORS{Origins: []string{app}, Credentials: true}, "", false},
		"a listed origin without cookies":      {&policy.CORS{Origins: []string{app}}, app, false},
		"one of all, which go without cookies": {&policy.CORS{Origins: []string{"*"}}, app, false},
		"where there is no CORS":               {nil, app, false},
	} {
		s := policy.Require("bearer")
		if row.cors != nil {
			s = s.CORS(*row.cors)
		}
		if got := lookup(t, build(t, file("a", s)), "GET", "/a").CORS.Trusts(row.origin); got != row.want {
			t.Errorf("%s: %v", rule, got)
		}
	}
}
