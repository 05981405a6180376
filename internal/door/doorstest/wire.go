package doorstest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// An Application stands behind a door and remembers what reached it.
type Application struct {
	// Careless makes it allow every origin.
	// Whatever it answers may be kept by every cache, by its own account.
	Careless bool

	mu   sync.Mutex
	seen *Seen
}

// ServeHTTP implements [http.Handler].
func (a *Application) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = &Seen{Method: hr.Method, Host: hr.Host, Target: hr.URL.RequestURI(), Path: hr.URL.Path, Header: hr.Header}
	if a.Careless {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}
	w.Header().Set("X-Powered-By", "the application")
	w.Header().Set("Cache-Control", "public, max-age=600")
	w.Header().Set("Cdn-Cache-Control", "max-age=600")
	_, _ = io.WriteString(w, "hello")
}

// Take returns what reached the application since the last call, or nil.
func (a *Application) Take() *Seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := a.seen
	a.seen = nil
	return seen
}

// Wire is a server on a socket whose clients have the addresses that they
// claim.
type Wire struct {
	Address string
	peer    atomic.Value // netip.Addr
}

// NewWire serves h until the test ends.
func NewWire(t testing.TB, h http.Handler) *Wire {
	t.Helper()
	wire := &Wire{}
	wire.peer.Store(Client)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		peer, _ := wire.peer.Load().(netip.Addr)
		hr.RemoteAddr = netip.AddrPortFrom(peer, 4711).String()
		h.ServeHTTP(w, hr)
	}))
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	t.Cleanup(server.Close)
	wire.Address = server.Listener.Addr().String()
	return wire
}

// Send sends r as it is and reads one answer.
func (wire *Wire) Send(t testing.TB, r Request) Answer {
	t.Helper()
	wire.peer.Store(r.Peer)
	lines := append([]string{r.Method + " " + r.Target + " HTTP/1.1", "Host: " + r.Host}, r.Fields...)
	return wire.SendRaw(t, r.Method, strings.Join(lines, "\r\n")+"\r\n\r\n")
}

// SendRaw sends bytes and reads the answer to a request of that method.
func (wire *Wire) SendRaw(t testing.TB, method, raw string) Answer {
	t.Helper()
	conn, err := net.Dial("tcp", wire.Address)
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, raw)
	must(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	must(t, err)
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
}
