package proxy_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
)

var update = flag.Bool("update", false, "rewrite golden files")

// What changes from run to run.
var passing = regexp.MustCompile(`(X-Request-Id: )[A-Z2-7]+`)

// An upstream that is a URL, on routes without a key about forwarding, gets these
// bytes. They are those of the proxy before upstreams had names.
func TestTheBytesThatAnUpstreamGets(t *testing.T) {
	upstream, base := newTap(t)
	p, err := proxy.New(proxy.Config{Upstream: base + "/base", Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Allow: true, Upstream: edgeward.Header{edgeward.HeaderSubject: {"alice"}}}
	})})
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	var all strings.Builder
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: app.example\r\n\r\n",
		"GET /a%20b/%41?x=%41;y HTTP/1.1\r\nHost: APP.example:80\r\nAccept: */*\r\nUser-Agent: test\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n",
		"HEAD /a/ HTTP/1.1\r\nHost: app.example\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX_Under: 1\r\nX-Auth-Subject: mallory\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Prefix: /evil\r\n\r\n",
		"POST /a HTTP/1.1\r\nHost: app.example\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
		"POST /a HTTP/1.1\r\nHost: app.example\r\nContent-Length: 0\r\n\r\n",
		"PUT /a HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: X-Auth-Subject\r\n\r\n5\r\nhello\r\n0\r\nX-Auth-Subject: mallory\r\n\r\n",
		"DELETE /a HTTP/1.1\r\nHost: app.example\r\nAuthorization: Basic YTpi\r\nExpect: 100-continue\r\n\r\n",
		"GET /ws HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
		"OPTIONS /a HTTP/1.1\r\nHost: app.example\r\nOrigin: https://a.example\r\n\r\n",
		"PROPFIND /a HTTP/1.1\r\nHost: app.example\r\nDepth: 1\r\n\r\n",
	} {
		method, _, _ := strings.Cut(raw, " ")
		wire.SendRaw(t, method, raw)
		got := strings.ReplaceAll(passing.ReplaceAllString(upstream.take(), "${1}ID"), "\r\n", "\n")
		all.WriteString("<<< " + strings.ReplaceAll(raw[:strings.Index(raw, "\r\n")], "\r\n", "\n") + "\n" + got + "\n")
	}
	const golden = "testdata/bytes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != all.String() {
		t.Errorf("%v, the upstream got\n%s\nwant\n%s", err, all.String(), want)
	}
}
