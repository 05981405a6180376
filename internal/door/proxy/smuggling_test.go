package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
)

// An upstream that writes down every byte it gets, and answers requests of any
// framing.
type tap struct {
	mu    sync.Mutex
	bytes strings.Builder
}

func (u *tap) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.bytes.Write(p)
}

func (u *tap) take() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer u.bytes.Reset()
	return u.bytes.String()
}

func newTap(t *testing.T) (*tap, string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	u := &tap{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go u.answer(conn)
		}
	}()
	return u, "http://" + listener.Addr().String()
}

func (u *tap) answer(conn net.Conn) {
	defer conn.Close()
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, u)))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}

// Row 39. What has two framings is refused, or goes on with one that the edge
// wrote itself: the upstream gets exactly one request and not a byte more.
func TestSmuggling(t *testing.T) {
	upstream, base := newTap(t)
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: base})
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	const head = "POST /a HTTP/1.1\r\nHost: app.example\r\n"
	for _, row := range []struct {
		rule, raw string
		status    int
		forwarded string // must be in what the upstream gets
	}{
		{"two lengths that differ", head + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nhello", 400, ""},
		{"two lengths that are equal become one", head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 200, "Content-Length: 5\r\n"},
		{"a list of lengths", head + "Content-Length: 5, 5\r\n\r\nhello", 400, ""},
		{"a signed length", head + "Content-Length: +5\r\n\r\nhello", 400, ""},
		{"a negative length", head + "Content-Length: -5\r\n\r\nhello", 400, ""},
		{"length and chunks: the chunks count (RFC 9112 §6.3), and the length is gone", head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "Transfer-Encoding: chunked\r\n"},
		{"chunks and another coding", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, ""},
		{"two transfer codings", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501, ""},
		{"a coding with a control character", head + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400, ""},
		{"a space before the colon", head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, ""},
		{"a field without a name", head + ": x\r\n\r\n", 400, ""},
		{"a line break in a value", head + "X-A: a\rX-Auth-Subject: evil\r\n\r\n", 400, ""},
		{"a folded first line", "POST /a HTTP/1.1\r\n Host: app.example\r\n\r\n", 400, ""},
		{"a folded value becomes one line (RFC 9112 §5.2)", head + "X-A: a\r\n X-Auth-Subject: b\r\n\r\n", 200, "X-A: a X-Auth-Subject: b\r\n"},
		{"two hosts", "POST /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, ""},
		{"no host", "POST /a HTTP/1.1\r\n\r\n", 400, ""},
		{"no host, by an old version", "GET /a HTTP/1.0\r\n\r\n", 400, ""},
		{"an unknown version", "GET /a HTTP/1.2\r\nHost: a\r\n\r\n", 200, " HTTP/1.1\r\n"},
		{"a version of its own", "GET /a HTTP/9.9\r\nHost: a\r\n\r\n", 505, ""},
		{"a space in the target", "GET /a /b HTTP/1.1\r\nHost: a\r\n\r\n", 400, ""},
		{"a tab in the target", "GET /a\t/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, ""},
		{"a tunnel", "CONNECT app.example:443 HTTP/1.1\r\nHost: app.example:443\r\n\r\n", 405, ""},
		{"OPTIONS for the server as a whole", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, ""},
		{"an upgrade to what cannot be spelled", "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: \xc3\xa9\r\n\r\n", 400, ""},
		{"more fields than anybody sends", head + strings.Repeat("X-A: a\r\n", 1000) + "\r\n", 431, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			upstream.take()
			answer := wire.SendRaw(t, "POST", row.raw)
			got := upstream.take()
			if answer.Status != row.status {
				t.Fatalf("status %d, want %d: %s", answer.Status, row.status, answer.Body)
			}
			if row.forwarded == "" && got != "" || !strings.Contains(got, row.forwarded) {
				t.Errorf("the upstream got %q", got)
			}
			if strings.Contains(got, "Content-Length") && strings.Contains(got, "Transfer-Encoding") {
				t.Errorf("the upstream got two framings: %q", got)
			}
			if strings.Contains(got, "\r\nX-Auth-Subject") || strings.Count(got, " HTTP/1.1\r\n") > 1 {
				t.Errorf("something was smuggled: %q", got)
			}
		})
	}
}

// A proxy in front that reads the other framing sends the rest, and then the
// next client's request, on the same connection: nobody may read them as one.
func TestNothingIsReadAfterTwoFramings(t *testing.T) {
	const smuggled = "GET /api/smuggled HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"
	upstream, base := newTap(t)
	for name, decider := range map[string]edgeward.Decider{"let in": anybody, "refused": doorstest.New(t)} {
		p, err := proxy.New(proxy.Config{Decider: decider, Upstream: base})
		if err != nil {
			t.Fatal(err)
		}
		wire := doorstest.NewWire(t, p)
		for rule, first := range map[string]string{
			"length and chunks":              "POST /api/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"chunks, in a version with none": "GET /api/a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
			"both, in a version with one":    "POST /api/a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		} {
			t.Run(name+", "+rule, func(t *testing.T) {
				conn, err := net.Dial("tcp", wire.Address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, first+smuggled)
				answers, err := io.ReadAll(conn)
				if n := strings.Count(string(answers), "X-Request-Id: "); n != 1 {
					t.Errorf("%d answers, %v: %q", n, err, answers)
				}
				if got := upstream.take(); strings.Contains(got, "smuggled") {
					t.Errorf("the upstream got %q", got)
				}
			})
		}
	}
}
