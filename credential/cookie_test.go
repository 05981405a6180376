package credential_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

const cookie = "__Host-x"

func cookies(lines ...string) *edgeward.Request {
	return &edgeward.Request{Method: "GET", Path: "/", Header: edgeward.Header{"Cookie": lines}}
}

func TestCookie(t *testing.T) {
	const none = edgeward.Authenticated // stands for "no refusal" in this table
	for _, tt := range []struct {
		rule  string
		lines []string
		want  edgeward.Reason
		value string
	}{
		{rule: "the only cookie", lines: []string{"__Host-x=v"}, want: none, value: "v"},
		{rule: "among others", lines: []string{"a=1; __Host-x=v; b=2"}, want: none, value: "v"},
		{rule: "without a space", lines: []string{"a=1;__Host-x=v;b=2"}, want: none, value: "v"},
		{rule: "in a second field", lines: []string{"a=1", "__Host-x=v"}, want: none, value: "v"},
		{rule: "blanks around name and value", lines: []string{"\t__Host-x = v\t"}, want: none, value: "v"},
		{rule: "a value with equal signs", lines: []string{"__Host-x=v=w="}, want: none, value: "v=w="},
		{rule: "empty pairs", lines: []string{";; __Host-x=v;"}, want: none, value: "v"},
		{rule: "300 cookies", lines: []string{strings.Repeat("a=1;", 299) + "__Host-x=v"}, want: none, value: "v"},
		{rule: "32 KiB of cookies", lines: []string{"a=" + strings.Repeat("a", 32<<10-13), "__Host-x=v;"}, want: none, value: "v"},

		{rule: "no field", want: edgeward.CredentialMissing},
		{rule: "an empty field", lines: []string{""}, want: edgeward.CredentialMissing},
		{rule: "others", lines: []string{"a=__Host-x; b=2"}, want: edgeward.CredentialMissing},
		{rule: "an empty value", lines: []string{"__Host-x="}, want: edgeward.CredentialMissing},
		{rule: "a name that only begins alike", lines: []string{"__Host-xy=v"}, want: edgeward.CredentialMissing},
		{rule: "a name that only ends alike", lines: []string{"a__Host-x=v"}, want: edgeward.CredentialMissing},
		{rule: "names have a case", lines: []string{"__host-x=v"}, want: edgeward.CredentialMissing},
		{rule: "22: nameless =__Host-x=v is not ours", lines: []string{"=__Host-x=v"}, want: edgeward.CredentialMissing},
		{rule: "22: nameless =__Host-x is not ours", lines: []string{"=__Host-x"}, want: edgeward.CredentialMissing},
		{rule: "22: a value that reads like the name is not ours", lines: []string{"__Host-x"}, want: edgeward.CredentialMissing},
		{rule: "22: nor does it count beside ours", lines: []string{"__Host-x; __Host-x=v"}, want: none, value: "v"},
		{rule: "22: U+2000 makes another name", lines: []string{"\u2000__Host-x=v"}, want: edgeward.CredentialMissing},
		{rule: "22: U+00A0 makes another name", lines: []string{"__Host-x\u00a0=v"}, want: edgeward.CredentialMissing},
		{rule: "22: a vertical tab makes another name", lines: []string{"\v__Host-x=v"}, want: edgeward.CredentialMissing},
		{rule: "22: RFC 2109's comma separates nothing", lines: []string{"$Version=1, __Host-x=v"}, want: edgeward.CredentialMissing},
		{rule: "22: quotes hide nothing and nobody", lines: []string{`a="; __Host-x=v; b="`}, want: none, value: "v"},

		{rule: "22: the same cookie twice", lines: []string{"__Host-x=v; __Host-x=w"}, want: edgeward.AmbiguousCredential},
		{rule: "22: twice with the same value", lines: []string{"__Host-x=v; a=1; __Host-x=v"}, want: edgeward.AmbiguousCredential},
		{rule: "22: twice over two fields", lines: []string{"__Host-x=v", "__Host-x=w"}, want: edgeward.AmbiguousCredential},
		{rule: "22: twice, the first one empty", lines: []string{"__Host-x=; __Host-x=v"}, want: edgeward.AmbiguousCredential},
		{rule: "22: twice, the second one empty", lines: []string{"__Host-x=v; __Host-x="}, want: edgeward.AmbiguousCredential},
		{rule: "22: twice, once with a blank in its name", lines: []string{"__Host-x=v; __Host-x =w"}, want: edgeward.AmbiguousCredential},
		{rule: "22: thrice", lines: []string{"__Host-x=v; __Host-x=v; __Host-x=v"}, want: edgeward.AmbiguousCredential},

		{rule: "22: 10,000 cookies", lines: []string{strings.Repeat("a=1;", 5_000), strings.Repeat("b;", 5_000) + "__Host-x=v"}, want: edgeward.MalformedRequest},
		{rule: "22: 301 cookies", lines: []string{strings.Repeat("a=1;", 300) + "__Host-x=v"}, want: edgeward.MalformedRequest},
		{rule: "22: 301 cookies, ours first", lines: []string{"__Host-x=v" + strings.Repeat(";a=1", 300)}, want: edgeward.MalformedRequest},
		{rule: "22: more than 32 KiB", lines: []string{"__Host-x=v", "a=" + strings.Repeat("a", 32<<10)}, want: edgeward.MalformedRequest},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			c, err := credential.Cookie(cookie)(cookies(tt.lines...))
			if tt.want == none {
				if err != nil || c.Value.Reveal() != tt.value || c.Header != "Cookie" || c.Cookie != cookie {
					t.Fatalf("got %q in %q %q, %v", c.Value.Reveal(), c.Header, c.Cookie, err)
				}
				return
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !c.Value.IsZero() {
				t.Error("a refusal carries a credential")
			}
		})
	}
}

func TestACookieWithoutANameIsNobodys(t *testing.T) {
	for _, line := range []string{"=v", "v", "=", ""} {
		if _, err := credential.Cookie("")(cookies(line)); !errors.Is(err, edgeward.CredentialMissing) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// TestCookies: for who has to get rid of them.
func TestCookies(t *testing.T) {
	for line, want := range map[string]string{
		"": "", "a=1": "", "__Host-x=v": "v", "__Host-x=v; __Host-x=": "v,", "__Host-x=v; a=1;__Host-x = w": "v,w",
		"__Host-x; =__Host-x": "", "__Host-x=1; __Host-x=2; __Host-x=3; __Host-x=4; __Host-x=5": "1,2,3,4",
	} {
		all, err := credential.Cookies(cookies(line), cookie)
		var got []string
		for _, value := range all {
			got = append(got, value.Reveal())
		}
		if err != nil || strings.Join(got, ",") != want || (want == "") != (len(got) == 0) {
			t.Errorf("%s: %v, %v", line, got, err)
		}
	}
	if _, err := credential.Cookies(cookies(strings.Repeat("a;", 301)), cookie); !errors.Is(err, credential.ErrTooManyCookies) {
		t.Errorf("301 cookies: %v", err)
	}
	if all, err := credential.Cookies(cookies("=v"), ""); err != nil || len(all) > 0 {
		t.Errorf("without a name: %v, %v", all, err)
	}
	repeated, ok := errors.AsType[*credential.RepeatedCookieError](errOf(credential.Cookie(cookie)(cookies("__Host-x=v; __Host-x=w"))))
	if !ok || repeated.Name != cookie || strings.Contains(repeated.Error(), "=") {
		t.Errorf("%v", repeated)
	}
}

func errOf(_ edgeward.Credential, err error) error { return err }

func TestCookieAllocatesNothing(t *testing.T) {
	source := credential.Cookie(cookie)
	for _, r := range []*edgeward.Request{
		cookies("theme=dark; __Host-x=v; lang=de"), cookies(), cookies("a=1"), cookies("__Host-x=v", "__Host-x=v"), cookies(strings.Repeat("a;", 10_000)),
	} {
		if n := testing.AllocsPerRun(100, func() { _, _ = source(r) }); n != 0 {
			t.Errorf("%.40v: %v allocations", r.Header, n)
		}
	}
}

// FuzzCookie holds the reading to net/http's: a cookie that it finds once, we
// find once and with the same value. It finds less: it drops what it deems
// invalid.
func FuzzCookie(f *testing.F) {
	f.Add("a=1; __Host-x=v", "")
	f.Add("=__Host-x=v", "__Host-x")
	f.Add("__Host-x=v;__Host-x =w", ";;\t__Host-x\t=\tv")
	f.Add("\u2000__Host-x=v", `__Host-x="v"`)
	f.Fuzz(func(t *testing.T, one, two string) {
		c, err := credential.Cookie(cookie)(cookies(one, two))
		if err == nil && (c.Value.IsZero() || strings.ContainsAny(c.Value.Reveal(), ";") || !strings.Contains(one+"\n"+two, cookie)) {
			t.Fatalf("%q, %q: found %q", one, two, c.Value.Reveal())
		}
		if err != nil && edgeward.ReasonOf(err).Status()/100 != 4 {
			t.Fatalf("%q, %q: not a refusal: %v", one, two, err)
		}
		if len(one)+len(two) > 4096 || strings.ContainsAny(one+two, "\r\n") {
			return // no door lets a line break through; net/http trims it
		}
		theirs := slices.DeleteFunc((&http.Request{Header: http.Header{"Cookie": {one, two}}}).CookiesNamed(cookie), func(c *http.Cookie) bool {
			return strings.Trim(c.Value, " \t") == "" // it takes a cookie without a name for one without a value
		})
		switch {
		case len(theirs) > 1 && !errors.Is(err, edgeward.AmbiguousCredential) && !errors.Is(err, edgeward.MalformedRequest):
			t.Fatalf("%q, %q: net/http finds %d, we: %v", one, two, len(theirs), err)
		case err == nil && len(theirs) == 1 && strings.Trim(theirs[0].Value, " \t") != c.Value.Reveal() && !theirs[0].Quoted:
			t.Fatalf("%q, %q: net/http reads %q, we %q", one, two, theirs[0].Value, c.Value.Reveal())
		case len(theirs) == 1 && errors.Is(err, edgeward.CredentialMissing):
			t.Fatalf("%q, %q: net/http finds it, we do not", one, two)
		}
	})
}

func BenchmarkCookie(b *testing.B) {
	source := credential.Cookie(cookie)
	r := cookies("theme=dark; lang=de; __Host-x=" + strings.Repeat("v", 68))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source(r); err != nil {
			b.Fatal(err)
		}
	}
}
