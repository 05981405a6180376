package canonical_test

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

func many(n int) edgeward.Header {
	h := edgeward.Header{}
	for i := range n {
		h.Set(fmt.Sprintf("X-%d", i), "v")
	}
	return h
}

func TestHeaders(t *testing.T) {
	const fine = edgeward.Public
	for rule, row := range map[string]struct {
		header edgeward.Header
		want   edgeward.Reason
	}{
		"none":                        {nil, fine},
		"ordinary":                    {edgeward.Header{"Accept": {"*/*", "text/html"}, "X-Auth-Subject": {"a"}}, fine},
		"empty value":                 {edgeward.Header{"Accept": {""}}, fine},
		"tab and obs-text":            {edgeward.Header{"X-Name": {"a\tb \xe9"}}, fine},
		"digits and signs in a name":  {edgeward.Header{"X-1_a.b~C": {""}}, edgeward.MalformedRequest},
		"signs in a name":             {edgeward.Header{"X-1_a.b~c": {""}}, fine},
		"many":                        {many(canonical.MaxFields), fine},
		"too many":                    {many(canonical.MaxFields + 1), edgeward.MalformedRequest},
		"too many lines of one":       {edgeward.Header{"A": make([]string, canonical.MaxFields+1)}, edgeward.MalformedRequest},
		"large":                       {edgeward.Header{"A": {strings.Repeat("a", canonical.MaxHeaderBytes-1)}}, fine},
		"too large":                   {edgeward.Header{"A": {strings.Repeat("a", canonical.MaxHeaderBytes)}}, edgeward.MalformedRequest},
		"empty name":                  {edgeward.Header{"": {"a"}}, edgeward.MalformedRequest},
		"name in lower case":          {edgeward.Header{"x-auth-subject": {"a"}}, edgeward.MalformedRequest},
		"name in upper case":          {edgeward.Header{"AUTHORIZATION": {"a"}}, edgeward.MalformedRequest},
		"lower case after a hyphen":   {edgeward.Header{"X-auth": {"a"}}, edgeward.MalformedRequest},
		"space in a name":             {edgeward.Header{"X-Auth-Subject ": {"a"}}, edgeward.MalformedRequest},
		"colon in a name":             {edgeward.Header{"X-Auth:": {"a"}}, edgeward.MalformedRequest},
		"Kelvin sign in a name":       {edgeward.Header{"X-\u212aey": {"a"}}, edgeward.MalformedRequest},
		"CR LF in a value":            {edgeward.Header{"A": {"b\r\nX-Auth-Subject: admin"}}, edgeward.MalformedRequest},
		"LF in a second value":        {edgeward.Header{"A": {"b", "c\nd"}}, edgeward.MalformedRequest},
		"NUL in a value":              {edgeward.Header{"A": {"\x00"}}, edgeward.MalformedRequest},
		"DEL in a value":              {edgeward.Header{"A": {"\x7f"}}, edgeward.MalformedRequest},
		"two Authorization":           {edgeward.Header{"Authorization": {"a", "a"}}, edgeward.AmbiguousCredential},
		"two Proxy-Authorization":     {edgeward.Header{"Proxy-Authorization": {"a", "a"}}, edgeward.AmbiguousCredential},
		"two Host":                    {edgeward.Header{"Host": {"a", "b"}}, edgeward.MalformedRequest},
		"two Content-Length":          {edgeward.Header{"Content-Length": {"1", "1"}}, edgeward.MalformedRequest},
		"two Content-Type":            {edgeward.Header{"Content-Type": {"a", "b"}}, edgeward.MalformedRequest},
		"two Origin":                  {edgeward.Header{"Origin": {"a", "b"}}, edgeward.MalformedRequest},
		"two Access-Control-Request-": {edgeward.Header{"Access-Control-Request-Method": {"GET", "PUT"}}, edgeward.MalformedRequest},
		"two Sec-Fetch-Mode":          {edgeward.Header{"Sec-Fetch-Mode": {"a", "b"}}, edgeward.MalformedRequest},
		"two Sec-Fetch-Site":          {edgeward.Header{"Sec-Fetch-Site": {"a", "b"}}, edgeward.MalformedRequest},
		"Content-Length, chunked":     {edgeward.Header{"Content-Length": {"1"}, "Transfer-Encoding": {"chunked"}}, edgeward.MalformedRequest},
		"chunked alone":               {edgeward.Header{"Transfer-Encoding": {"chunked"}}, fine},
		"Cookie in crumbs":            {edgeward.Header{"Cookie": {"a=1", "b=2"}}, fine},
	} {
		t.Run(rule, func(t *testing.T) {
			err := canonical.Headers(row.header)
			if row.want == fine && err != nil || row.want != fine && edgeward.ReasonOf(err) != row.want {
				t.Errorf("Headers: %v, want %v", err, row.want)
			}
			if tooLarge := strings.HasPrefix(rule, "too "); errors.Is(err, canonical.ErrHeaderSize) != tooLarge {
				t.Errorf("Headers: %v, want ErrHeaderSize: %v", err, tooLarge)
			}
		})
	}
}

// TestHeadersFindsAControlAnywhere walks all octets through all places of a
// value, among neighbours that a scan of eight at a time could confuse.
func TestHeadersFindsAControlAnywhere(t *testing.T) {
	for _, around := range []string{"a", "\t", " ", "~", "\x80", "\xff"} {
		for place := range 19 {
			for c := range 256 {
				value := strings.Repeat(around, place) + string([]byte{byte(c)}) + strings.Repeat(around, 18-place)
				got := canonical.Headers(edgeward.Header{"A": {value}}) == nil
				if want := c == '\t' || c >= ' ' && c != 0x7f; got != want {
					t.Fatalf("Headers accepts %q: %v, want %v", value, got, want)
				}
			}
		}
	}
}

func TestHeadersAllocatesNothing(t *testing.T) {
	h := many(20)
	if n := testing.AllocsPerRun(100, func() { _ = canonical.Headers(h) }); n > 0 {
		t.Errorf("Headers allocates %v times, want 0", n)
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("Authorization", "Bearer a", "Host", "b")
	f.Add("x_auth_subject", "a\r\nb", "X-Auth-Subject", "")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		h := edgeward.Header{}
		h.Add(name1, value1)
		h.Add(name2, value2)
		if canonical.Headers(h) != nil {
			return
		}
		for name, values := range h {
			if textproto.CanonicalMIMEHeaderKey(name) != name {
				t.Errorf("accepted the name %q", name)
			}
			if strings.ContainsAny(strings.Join(values, ""), "\x00\r\n\x1b\x7f") {
				t.Errorf("accepted the values %q", values)
			}
		}
	})
}

func BenchmarkHeaders(b *testing.B) {
	h := many(12)
	h.Set("Authorization", "Bearer "+strings.Repeat("a", 700))
	b.ReportAllocs()
	for b.Loop() {
		_ = canonical.Headers(h)
	}
}
