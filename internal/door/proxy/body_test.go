package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/door/proxy"
)

// hurried is a ResponseWriter that notes read deadlines, and lets those that
// are set pass at once where the client is not to be waited for.
type hurried struct {
	http.ResponseWriter
	mu    sync.Mutex
	set   []time.Time
	at    time.Duration // what a deadline is shortened to; 0 keeps it
	inner *http.ResponseController
}

func (h *hurried) SetReadDeadline(deadline time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set = append(h.set, deadline)
	if h.at > 0 && !deadline.IsZero() {
		deadline = time.Now().Add(h.at)
	}
	return h.inner.SetReadDeadline(deadline)
}

func (h *hurried) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func postThrough(t *testing.T, h *hurried, client func(net.Conn)) {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer upstream.Close()
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: upstream.URL})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ResponseWriter, h.inner = w, http.NewResponseController(w)
		p.ServeHTTP(h, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client(conn)
}

// Row 40 of the attack list: a body of one byte an hour.
func TestABodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	h := &hurried{at: 20 * time.Millisecond}
	postThrough(t, h, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusRequestTimeout {
			t.Errorf("status %d, want 408", res.StatusCode)
		}
	})
}

func TestTheWaitForABodyEndsWithIt(t *testing.T) {
	h := &hurried{}
	postThrough(t, h, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nall")
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.set); n < 2 || h.set[0].IsZero() || !h.set[n-1].IsZero() {
		t.Errorf("deadlines %v: want one while the body comes, and none after it", h.set)
	}
}
