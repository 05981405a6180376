package door_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/middleware"
	"github.com/edgeward/edgeward/internal/door/proxy"
)

// A long application answers, and tells when a handler has begun and ended. Its
// handlers watch their context only where the test says so.
type long struct{ begun, ended chan string }

func (app long) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	defer func() { app.ended <- hr.URL.Path }()
	begin := func() { app.begun <- hr.URL.Path }
	control := http.NewResponseController(w)
	switch hr.URL.Path {
	case "/socket":
		conn, err := websocket.Accept(w, hr, nil)
		if err != nil {
			return
		}
		begin()
		for err == nil {
			_, _, err = conn.Read(context.Background())
		}
	case "/events":
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = control.Flush()
		begin()
		<-hr.Context().Done()
	case "/poll":
		begin()
		<-hr.Context().Done()
	case "/download": // the client takes nothing
		begin()
		var err error
		for err == nil {
			_, err = w.Write(make([]byte, 64<<10))
		}
	case "/upload": // the client sends nothing
		begin()
		_, _ = io.Copy(io.Discard, hr.Body)
	}
}

// doors that hold the connection.
func holders(t *testing.T, d edgeward.Decider, x *door.Exchanges, app http.Handler) map[string]http.Handler {
	upstream := httptest.NewServer(app)
	t.Cleanup(upstream.Close)
	p, err := proxy.New(proxy.Config{Decider: d, Upstream: upstream.URL, Exchanges: x, Observer: blameless{t}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]http.Handler{"proxy": p, "middleware": middleware.New(&door.Door{Decider: d}, x)(app)}
}

// Row 39: a decision is made when an exchange begins, and what it let in goes
// when it is taken back.
func TestWhatIsOpenEndsWithItsIdentity(t *testing.T) {
	t.Parallel()
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	requests := map[string]string{
		"/socket": "GET /socket HTTP/1.1\r\nHost: h\r\n" + upgrade + "\r\n",
		"/events": "GET /events HTTP/1.1\r\nHost: h\r\n\r\n", "/poll": "GET /poll HTTP/1.1\r\nHost: h\r\n\r\n",
		"/download": "GET /download HTTP/1.1\r\nHost: h\r\n\r\n", "/upload": "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n",
	}
	for _, way := range []string{"proxy", "middleware"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			app := long{make(chan string, 9), make(chan string, 9)}
			var revoked atomic.Bool
			x := &door.Exchanges{Alive: func(id *edgeward.Identity) error {
				switch {
				case id.Subject == "bob":
					return errors.New("nobody can tell")
				case revoked.Load():
					return fmt.Errorf("test: %w", edgeward.CredentialRevoked)
				}
				return nil
			}}
			go x.Run(t.Context())
			server := httptest.NewServer(holders(t, bySubject(t), x, app)[way])
			t.Cleanup(server.Close)
			alice := map[string]net.Conn{}
			for path, raw := range requests {
				alice[path] = dial(t, server, raw)
				<-app.begun
			}
			bob := dial(t, server, strings.Replace(requests["/events"], "Host: h", "Host: h\r\nX-Subject: bob", 1))
			<-app.begun
			revoked.Store(true)
			for range requests {
				<-app.ended
			}
			for path, conn := range alice {
				if path == "/download" { // there is more to read than anybody has sent
					continue
				}
				answer, _ := io.ReadAll(conn)
				if path == "/poll" && len(answer) > 0 || strings.Contains(string(answer), "\r\n0\r\n") {
					t.Errorf("%s: what broke off looks whole: %q", path, answer)
				}
			}
			if _, err := bob.Read(make([]byte, 1)); err != nil {
				t.Errorf("bob's ended, too: %v", err)
			}
		})
	}
}

// blameless is told of no upstream that failed: ours has not.
type blameless struct{ t *testing.T }

func (blameless) Decided(context.Context, *edgeward.Request, *edgeward.Decision, time.Duration) {}
func (b blameless) Failed(_ context.Context, r *edgeward.Request, err error) {
	b.t.Errorf("%s: the upstream is blamed: %v", r.Path, err)
}

// bySubject lets everybody in as whom they say.
func bySubject(t *testing.T) edgeward.Decider {
	return deciderFunc(func(r *edgeward.Request) edgeward.Decision {
		subject := r.Header.First("X-Subject")
		if subject == "" {
			subject = "alice"
		}
		id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: subject})
		if err != nil {
			t.Error(err)
		}
		return edgeward.Decision{Allow: true, Reason: edgeward.Authenticated, Identity: id}
	})
}

func dial(t *testing.T, server *httptest.Server, raw string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	return conn
}

// What has been answered is not cut off by what becomes of its identity
// afterwards: the connection serves the next request.
func TestAConnectionOutlivesItsExchanges(t *testing.T) {
	for way, h := range holders(t, bySubject(t), &door.Exchanges{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) {
		server := httptest.NewServer(h)
		for range 3 {
			res, err := server.Client().Get(server.URL)
			if err != nil || res.StatusCode != 200 {
				t.Errorf("%s: %v", way, err)
				continue
			}
			_ = res.Body.Close()
		}
		server.Close()
	}
}
