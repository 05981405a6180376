package server_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/server"
)

// Row 22: cookies that make a header too large for net/http, which any host of the
// domain can plant, lock nobody out. What any page can make large, a URL or a
// referrer, removes no cookies.
func TestCookiesOverTheLimitAreRemoved(t *testing.T) {
	s, _ := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
	})})
	cookies := func(name string, bytes int) string {
		return name + ": " + strings.Repeat("c="+strings.Repeat("v", 997)+";", bytes/1000) + "\r\n"
	}
	field := func(name string, bytes int) string { return name + ": " + strings.Repeat("v", bytes) + "\r\n" }
	const fine = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for rule, row := range map[string]struct {
		before, path, fields string
		removed              bool
	}{
		"in one line":                         {"", "/", cookies("Cookie", 70_000), true},
		"behind what browsers send":           {"", "/" + strings.Repeat("p", 2000), field("User-Agent", 4000) + cookies("Cookie", 1<<20), true},
		"in lower case":                       {"", "/", cookies("cookie", 70_000), true},
		"in many lines":                       {"", "/", strings.Repeat(cookies("Cookie", 4000), 20), true},
		"by a later request":                  {fine, "/", cookies("Cookie", 70_000), true},
		"a long URL":                          {"", "/" + strings.Repeat("p", 70_000), cookies("Cookie", 20_000), false},
		"a URL behind which cookies are many": {"", "/" + strings.Repeat("p", 28_000), cookies("Cookie", 40_000), false},
		"a long referrer":                     {"", "/", field("Referer", 30_000) + cookies("Cookie", 40_000), false},
		"another field":                       {"", "/", field("X-Cookie", 70_000), false},
		"a field that begins alike":           {"", "/", field("Cookies", 70_000), false},
		"cookies of an earlier request":       {"GET / HTTP/1.1\r\nHost: a\r\n" + cookies("Cookie", 50_000) + "\r\n", "/", field("X-Big", 70_000), false},
		"in a body":                           {"", "/", "Content-Length: 80000\r\n\r\n" + strings.Repeat(cookies("\nCookie", 5000), 16), false},
	} {
		conn := dial(t, s, row.before)
		answers := bufio.NewReader(conn)
		for range strings.Count(row.before, "HTTP/1.1") {
			if resp, err := http.ReadResponse(answers, nil); err != nil || len(resp.Header["Clear-Site-Data"]) > 0 {
				t.Fatalf("%s: before: %v, %v", rule, resp, err)
			}
		}
		go func() { // the answer may come before the end
			_, _ = io.WriteString(conn, "GET "+row.path+" HTTP/1.1\r\nHost: a\r\n"+row.fields+"\r\n")
		}()
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		_ = resp.Body.Close()
		if want := map[bool]string{true: `"cookies"`}[row.removed]; resp.StatusCode != 431 || resp.Header.Get("Clear-Site-Data") != want {
			t.Errorf("%s: %d %v", rule, resp.StatusCode, resp.Header)
		}
	}
}
