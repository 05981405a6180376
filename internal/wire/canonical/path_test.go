package canonical_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// accepted rows: what is on the wire, what is decided upon, what is forwarded.
var accepted = map[string]struct{ raw, path, forwarded string }{
	"root":                                   {"/", "/", "/"},
	"plain":                                  {"/api/users", "/api/users", "/api/users"},
	"case is kept":                           {"/API/Users", "/API/Users", "/API/Users"},
	"trailing slash is kept":                 {"/api/", "/api/", "/api/"},
	"prefix is not a segment":                {"/apiadmin", "/apiadmin", "/apiadmin"},
	"unreserved, encoded":                    {"/%61%70%69", "/api", "/api"},
	"hexadecimal digits in either case":      {"/%c3%A9", "/é", "/%C3%A9"},
	"four octets of UTF-8":                   {"/%F0%9F%94%92", "/🔒", "/%F0%9F%94%92"},
	"space":                                  {"/a%20b", "/a b", "/a%20b"},
	"quote and angle brackets":               {"/%22%3Cb%3E", `/"<b>`, "/%22%3Cb%3E"},
	"sub-delims":                             {"/!$&'()*+,=:@", "/!$&'()*+,=:@", "/!$&'()*+,=:@"},
	"sub-delims, encoded":                    {"/%21%24%26%27%28%29%2a%2b%2c%3d%3a%40", "/!$&'()*+,=:@", "/!$&'()*+,=:@"},
	"what browsers leave raw":                {"/[id]|^", "/[id]|^", "/%5Bid%5D%7C%5E"},
	"percent sign that encodes nothing":      {"/100%25", "/100%", "/100%25"},
	"percent sign before one digit":          {"/100%25a", "/100%a", "/100%25a"},
	"dots in a name":                         {"/..a/b../.well-known/a.b/...", "/..a/b../.well-known/a.b/...", "/..a/b../.well-known/a.b/..."},
	"colon in the first segment":             {"/http://"[:6], "/http:", "/http:"},
	"as long as allowed":                     {"/" + strings.Repeat("a", canonical.MaxPath-1), "/" + strings.Repeat("a", canonical.MaxPath-1), "/" + strings.Repeat("a", canonical.MaxPath-1)},
	"unassigned but valid UTF-8, U+FFFD too": {"/%EF%BF%BD", "/\uFFFD", "/%EF%BF%BD"},
}

func TestPathAccepts(t *testing.T) {
	for rule, row := range accepted {
		t.Run(rule, func(t *testing.T) {
			path, err := canonical.Path(row.raw)
			if err != nil || path != row.path {
				t.Fatalf("Path(%q) = %q, %v, want %q", row.raw, path, err, row.path)
			}
			if forwarded := canonical.EscapePath(path); forwarded != row.forwarded {
				t.Errorf("EscapePath(%q) = %q, want %q", path, forwarded, row.forwarded)
			}
			checkPath(t, row.raw, path)
		})
	}
}

// refused rows: row 36 of the attack list, and what else has two readings.
var refused = map[string]string{
	"empty":                                "",
	"asterisk-form":                        "*",
	"relative":                             "api",
	"no slash first":                       "?/",
	"longer than allowed":                  "/" + strings.Repeat("a", canonical.MaxPath),
	"longer than allowed, shorter decoded": "/" + strings.Repeat("%61", canonical.MaxPath/3+1),
	"longer than allowed once escaped":     "/" + strings.Repeat("[", canonical.MaxPath/3+1),
	"dot segment":                          "/api/../admin",
	"dot segment at the end":               "/api/..",
	"dot segment at the start":             "/../admin",
	"single dot":                           "/api/./admin",
	"single dot at the end":                "/.",
	"encoded dots":                         "/api/%2e%2e/admin",
	"half-encoded dots":                    "/api/.%2e/admin",
	"half-encoded dots, other half":        "/api/%2E./admin",
	"encoded single dot":                   "/api/%2e/admin",
	"dots and encoded slash":               "/api/..%2fadmin",
	"dots and encoded backslash":           "/api/..%5cadmin",
	"dots and backslash":                   `/api/..\admin`,
	"dots and path parameter":              "/api/..;/admin",
	"path parameter":                       "/admin;jsessionid=1",
	"empty path parameter":                 "/admin;",
	"encoded semicolon":                    "/admin%3bx",
	"empty segment":                        "/api//admin",
	"empty segment first":                  "//admin",
	"empty segment last":                   "/admin//",
	"encoded slash":                        "/api%2fadmin",
	"encoded slash, upper case":            "/api%2Fadmin",
	"encoded slash twice":                  "/api%252fadmin",
	"dots encoded twice":                   "/api/%252e%252e/admin",
	"dots encoded three times":             "/api/%25252e%25252e/admin",
	"percent sign in pieces":               "/%25%32%65%25%32%65/admin",
	"encoded twice at the end":             "/a%2541",
	"backslash":                            `/api\admin`,
	"encoded backslash":                    "/api%5Cadmin",
	"NUL":                                  "/api\x00",
	"encoded NUL":                          "/api%00.html",
	"line feed":                            "/api\nX-Auth-Subject: admin",
	"encoded CR LF":                        "/api%0d%0aX-Auth-Subject:%20admin",
	"tab":                                  "/api\tadmin",
	"encoded tab":                          "/%09/admin",
	"DEL":                                  "/api\x7f",
	"encoded DEL":                          "/api%7f",
	"escape of a terminal":                 "/%1b[2J",
	"space":                                "/api admin",
	"C1 control, NEL":                      "/api%c2%85admin",
	"percent sign alone":                   "/api%",
	"percent sign and one digit":           "/api%2",
	"no hexadecimal digits":                "/api%zz",
	"second digit not hexadecimal":         "/api%2g",
	"first digit not hexadecimal":          "/api%g2",
	"first digit almost hexadecimal":       "/%:1",
	"IIS percent-u":                        "/api%u002e",
	"fragment":                             "/api#admin",
	"encoded number sign":                  "/api%23admin",
	"query":                                "/api?admin",
	"encoded question mark":                "/api%3fadmin",
	"overlong slash, two octets":           "/api%c0%afadmin",
	"overlong dots":                        "/api/%c0%ae%c0%ae/admin",
	"overlong slash, three octets":         "/api%e0%80%afadmin",
	"surrogate":                            "/%ed%a0%80",
	"UTF-8 cut short":                      "/%c3",
	"continuation octet alone":             "/%80",
	"beyond Unicode":                       "/%f4%90%80%80",
	"raw UTF-8":                            "/é",
}

func TestPathRefuses(t *testing.T) {
	for rule, raw := range refused {
		t.Run(rule, func(t *testing.T) {
			path, err := canonical.Path(raw)
			if !errors.Is(err, edgeward.MalformedRequest) || path != "" {
				t.Fatalf("Path(%q) = %q, %v, want nothing and MalformedRequest", raw, path, err)
			}
		})
	}
}

// TestPathOctets walks all octets, as they are and encoded.
func TestPathOctets(t *testing.T) {
	const (
		raw        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/[]|^"
		notEncoded = "/\\#?;\x7f"
	)
	for i := range 256 {
		c := byte(i)
		_, err := canonical.Path("/a" + string([]byte{c}))
		if got, want := err == nil, strings.IndexByte(raw, c) >= 0; got != want {
			t.Errorf("octet %#02x is accepted unencoded: %v, want %v", c, got, want)
		}
		_, err = canonical.Path(fmt.Sprintf("/a%%%02x", c))
		if got, want := err == nil, ' ' <= c && c < 0x80 && strings.IndexByte(notEncoded, c) < 0; got != want {
			t.Errorf("octet %#02x is accepted encoded: %v, want %v", c, got, want)
		}
	}
}

func TestPathErrorKeepsTheInputToItself(t *testing.T) {
	_, err := canonical.Path("/reset//secret-token-of-a-link")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("Path: error %v, want one that does not quote the path", err)
	}
}

func TestPathAllocates(t *testing.T) {
	for _, row := range []struct {
		raw   string
		bound float64
	}{{"/api/users/123/orders", 0}, {"/caf%C3%A9/%61", 1}} {
		if n := testing.AllocsPerRun(100, func() { _, _ = canonical.Path(row.raw) }); n > row.bound {
			t.Errorf("Path(%q) allocates %v times, want at most %v", row.raw, n, row.bound)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _ = canonical.EscapePath("/api/users") }); n > 0 {
		t.Errorf("EscapePath of a plain path allocates %v times, want 0", n)
	}
}

func FuzzPath(f *testing.F) {
	for _, row := range accepted {
		seed(f, row.raw)
	}
	for _, raw := range refused {
		seed(f, raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		path, err := canonical.Path(raw)
		if err != nil {
			if !errors.Is(err, edgeward.MalformedRequest) || path != "" {
				t.Fatalf("Path(%q) = %q, %v", raw, path, err)
			}
			return
		}
		checkPath(t, raw, path)
	})
}

// seed adds all but the longest rows, which would slow the fuzzer down.
func seed(f *testing.F, raw string) {
	if len(raw) < 512 {
		f.Add(raw)
	}
}

// checkPath holds the promises of Path for one accepted path.
func checkPath(t *testing.T, raw, path string) {
	t.Helper()
	escaped := canonical.EscapePath(path)
	if again, err := canonical.Path(escaped); err != nil || again != path {
		t.Errorf("Path(EscapePath(%q)) = %q, %v: not a fixed point", path, again, err)
	}
	// Injective: raw and escaped are one URI path, so two raw paths with one
	// canonical path are equivalent to each other.
	if want := normalize(raw); escaped != want {
		t.Errorf("EscapePath(%q) = %q, want %q, the normal form of %q", path, escaped, want, raw)
	}
	u, err := url.ParseRequestURI(escaped)
	if err != nil || u.Path != path || u.EscapedPath() != escaped || u.RawQuery != "" || u.Host != "" {
		t.Errorf("net/url reads %q as %+v, %v, want the path %q", escaped, u, err, path)
	}
	checkSegments(t, path)
}

// checkSegments decodes a path until nothing changes, as a chain of careless
// servers would, and looks for segments that leave the folder.
func checkSegments(t *testing.T, path string) {
	t.Helper()
	for decoded := path; ; {
		for segment := range strings.FieldsFuncSeq(decoded, func(r rune) bool { return r == '/' || r == '\\' || r == ';' }) {
			if segment == "." || segment == ".." {
				t.Errorf("path %q has a dot segment as %q", path, decoded)
			}
		}
		next, err := url.PathUnescape(decoded)
		if err != nil || next == decoded {
			return
		}
		t.Errorf("path %q can be decoded again, to %q", path, next)
		decoded = next
	}
}

// normalize is RFC 3986 §6.2.2 written a second time: hexadecimal digits in
// upper case, and no encoding where none is needed. To the RFC's unreserved
// characters it adds the delimiters that mean nothing in an http path
// ("@" is "%40"), and it encodes the four that browsers forget to.
func normalize(raw string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@"
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '/' {
			b.WriteByte(c)
			continue
		}
		if c == '%' {
			octet, _ := hex.DecodeString(raw[i+1 : i+3])
			c = octet[0]
			i += 2
		}
		if strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func BenchmarkPath(b *testing.B) {
	for name, raw := range map[string]string{"plain": "/api/users/0123456789/orders", "encoded": "/api/users/caf%C3%A9/orders"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = canonical.Path(raw)
			}
		})
	}
}
