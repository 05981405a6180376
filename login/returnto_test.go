package login_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/login"
)

const listed = "https://docs.example/start?a=b"

func TestReturnTo(t *testing.T) {
	for _, row := range []struct{ raw, want string }{
		{"", "/"},
		{"/", "/"},
		{"/orders", "/orders"},
		{"/orders/", "/orders/"},
		{"/orders?page=2&next=//evil.example", "/orders?page=2&next=//evil.example"},
		{"/orders?u=https%3A%2F%2Fevil.example", "/orders?u=https%3A%2F%2Fevil.example"},
		{`/orders?b=\evil`, `/orders?b=\evil`},
		{"/caf%c3%a9", "/caf%C3%A9"},
		{"/orders?q=caf\xc3\xa9", "/orders?q=caf%C3%A9"},
		{"/a:b@c", "/a:b@c"},
		{"/" + strings.Repeat("a", 2047), "/" + strings.Repeat("a", 2047)},
		{"/" + strings.Repeat("a", 2048), "/"},
		{"/?" + strings.Repeat("\xc3\xa9", 900), "/"},
		{"https://evil.example/" + strings.Repeat("a", 4000), "/"},
		{origin + "/orders?page=2", "/orders?page=2"},
		{origin + "/", "/"},
		{listed, listed},
	} {
		if got, err := login.ReturnTo(row.raw, origin, []string{listed}); err != nil || got != row.want {
			t.Errorf("%.80q: %.80q, %v; want %.80q", row.raw, got, err, row.want)
		}
	}
}

// Each of these leads away from https://app.example/auth/login in some browser,
// or does after a proxy or a framework has decoded it once more.
var disguises = []string{
	"//evil.example", "///evil.example", "////evil.example/%2f..", "//evil.example/..", "//app.example@evil.example",
	`/\evil.example`, `\\evil.example`, `\/evil.example`, `/\/evil.example`, `/\\evil.example`, `\evil.example`, `//\evil.example`,
	"/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "\x00//evil.example", "/\x00/evil.example",
	"/%09/evil.example", "/%0a/evil.example", "/%0d%0aLocation:%20//evil.example", "/%00/evil.example", "/%20/../..//evil.example",
	"/%2fevil.example", "/%2f%2fevil.example", "/%5cevil.example", "/%5c%5cevil.example", "%2f%2fevil.example",
	"/%252fevil.example", "/%25252fevil.example", "/%255cevil.example", "/%2509/evil.example",
	"/.//evil.example", "/..//evil.example", "/./\\evil.example", "/a/..//evil.example", "/%2e//evil.example", "/%2e%2e//evil.example", "/.%2e/%2fevil.example", "/;//evil.example",
	"/orders//evil.example", "/\u2028/evil.example", "/%e2%80%a8\u0085", "/\xc0\xafevil.example", "/%c0%afevil.example",
	"https:evil.example", "https:/evil.example", "https:///evil.example", `https:\evil.example`, "https://evil.example", "HTTPS://evil.example", "http://app.example/", "ht\ntps://evil.example",
	origin, origin + "@evil.example/", origin + ".evil.example/", origin + ":pw@evil.example/", origin + ":8443/", origin + "//evil.example", origin + `/\evil.example`, origin + `\@evil.example`, origin + "?x", origin + "#x",
	"HTTPS://APP.EXAMPLE/orders", "https://app.example./", "https://user@app.example/",
	"javascript:alert(1)", "JavaScript:alert(1)//", "data:text/html,x", "vbscript:x", "blob:https://app.example/x", "\x01javascript:alert(1)", "javascript://app.example/%0aalert(1)",
	"evil.example", "orders", "./orders", "../orders", "?next=1", "#x", "@evil.example", ":443", ".evil.example",
	"/orders#//evil.example", "/orders?a b", "/orders?a\nb", "/orders?a#b", "/orders%", "/orders%zz",
	listed + "x", listed + "/", listed + "#x", "https://docs.example/start", "https://docs.example/", "HTTPS://docs.example/start?a=b", " " + listed,
}

func TestReturnToLeadsNowhereElse(t *testing.T) {
	for _, raw := range disguises {
		if got, err := login.ReturnTo(raw, origin, []string{listed}); !errors.Is(err, login.ErrReturnTo) || got != "" {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
	}
	if got, err := login.ReturnTo("https://evil.example/", "", nil); err == nil {
		t.Errorf("without an origin: %q", got)
	}
}

// FuzzReturnTo: whatever is returned is on the list, or is same-origin to Go and
// to a browser, needs no repair, and stays as it is when it is read again.
func FuzzReturnTo(f *testing.F) {
	for _, raw := range disguises {
		f.Add(raw)
	}
	for _, raw := range []string{"/", "/a/b?c=d", origin + "/x", listed, "/caf%c3%a9?\xff", "/[]|^", "/a%20b"} {
		f.Add(raw)
	}
	base, _ := url.Parse(origin + "/auth/login?return_to=x")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := login.ReturnTo(raw, origin, []string{listed})
		if err != nil {
			if got != "" || !errors.Is(err, login.ErrReturnTo) {
				t.Fatalf("%q, %v", got, err)
			}
			return
		}
		if got == listed && raw == listed {
			return
		}
		u, err := base.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "app.example" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q became %q, which Go resolves to %v, %v", raw, got, u, err)
		}
		if !staysInBrowser(got) {
			t.Fatalf("%q became %q, which leads a browser away", raw, got)
		}
		if again, err := login.ReturnTo(got, origin, nil); err != nil || again != got {
			t.Fatalf("%q became %q, then %q, %v", raw, got, again, err)
		}
	})
}

// staysInBrowser is the beginning of WHATWG URL §4.4 with an https base: outer
// C0 controls and spaces go, tabs and line breaks go anywhere, and "\" is "/".
// What then begins with exactly one slash stays on its origin.
func staysInBrowser(s string) bool {
	s = strings.TrimFunc(s, func(c rune) bool { return c <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	path, _, _ := strings.Cut(s, "?")
	path = strings.ReplaceAll(path, `\`, "/")
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}
