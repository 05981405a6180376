package server_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/server"
)

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })

// start runs a server until the test ends, or until stop is called, which
// waits for its end.
func start(t *testing.T, c server.Config) (s *server.Server, stop func()) {
	t.Helper()
	c.Name, c.Address = "test.listen", "127.0.0.1:0"
	s, err := server.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	ended := false
	stop = func() {
		cancel()
		if !ended {
			ended = true
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return s, stop
}

func dial(t *testing.T, s *server.Server, first string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, first); err != nil {
		t.Fatal(err)
	}
	return conn
}

// roundTrip sends raw on a connection of its own and returns the status.
func roundTrip(t *testing.T, s *server.Server, raw string) int {
	t.Helper()
	conn := dial(t, s, "")
	go func() { _, _ = io.WriteString(conn, raw) }() // the answer may come before the end
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func good(t *testing.T, s *server.Server) {
	t.Helper()
	if got := roundTrip(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); got != http.StatusOK {
		t.Errorf("a good client got %d", got)
	}
}

const unfinished = "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "

// attacks.md row 40. What net/http answers by itself, as to "Expect: all", and
// what a handler forgets, waits for a body no longer than that.
func TestEveryWaitForARequestHasABound(t *testing.T) {
	s, _ := start(t, server.Config{Handler: http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
		h, _ := hr.Context().Value(http.ServerContextKey).(*http.Server)
		if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.IdleTimeout <= 0 {
			t.Errorf("header %v, request %v, idle %v", h.ReadHeaderTimeout, h.ReadTimeout, h.IdleTimeout)
		}
	})})
	good(t, s)
}

// attacks.md row 40.
func TestSlowClientsDoNotHarmGoodOnes(t *testing.T) {
	s, _ := start(t, server.Config{Handler: hello})
	for range 2000 {
		dial(t, s, unfinished)
	}
	for range 50 {
		good(t, s)
	}
	if open, evicted := s.Connections(); open < 2000 || evicted != 0 {
		t.Errorf("%d open, %d evicted: the slow ones are within the limit", open, evicted)
	}
}

func TestAFullListenerMakesRoomByClosingWhoWaitsLongest(t *testing.T) {
	const most = 20
	s, _ := start(t, server.Config{Handler: hello, MaxConnections: most})
	first := dial(t, s, unfinished)
	for range 500 {
		dial(t, s, unfinished)
	}
	for range 20 {
		good(t, s)
	}
	if open, _ := s.Connections(); open > most {
		t.Errorf("%d open, the limit is %d", open, most)
	}
	if _, err := io.ReadAll(first); err != nil && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the first one is still there: %v", err)
	}
}

// TestNewcomersAreHeardByAFullListener: all others keep their connection between
// two requests, and newcomers connect before they speak.
func TestNewcomersAreHeardByAFullListener(t *testing.T) {
	const most, newcomers = 20, 10
	s, _ := start(t, server.Config{Handler: hello, MaxConnections: most})
	ask := func(conn net.Conn) error {
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			_, err = io.ReadAll(res.Body)
		}
		return err
	}
	for range most {
		if err := ask(dial(t, s, "")); err != nil {
			t.Fatal(err)
		}
	}
	var later []net.Conn
	for range newcomers {
		later = append(later, dial(t, s, ""))
	}
	for {
		if _, evicted := s.Connections(); evicted == newcomers {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for i, conn := range later {
		if err := ask(conn); err != nil {
			t.Errorf("newcomer %d: %v", i, err)
		}
	}
}

func TestARequestInFlightIsNeverPushedOut(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s, _ := start(t, server.Config{MaxConnections: 3, Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if hr.URL.Path == "/long" {
			close(arrived)
			<-release
		}
		_, _ = io.WriteString(w, "done")
	})})
	long := dial(t, s, "GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	<-arrived
	for range 50 {
		dial(t, s, unfinished)
	}
	good(t, s)
	close(release)
	if answer, err := io.ReadAll(long); err != nil || !strings.HasSuffix(string(answer), "done") {
		t.Errorf("%q, %v", answer, err)
	}
}

func TestAcceptingWaitsWhenEveryConnectionIsBusy(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s, _ := start(t, server.Config{MaxConnections: 1, Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if hr.URL.Path == "/long" {
			close(arrived)
			<-release
		}
		w.Header().Set("Connection", "close")
	})})
	dial(t, s, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
	<-arrived
	second := dial(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	close(release)
	if _, err := http.ReadResponse(bufio.NewReader(second), nil); err != nil {
		t.Error(err)
	}
}

func TestHeadersOverTheLimit(t *testing.T) {
	s, _ := start(t, server.Config{Handler: hello})
	field := func(name string, bytes int) string { return name + ": " + strings.Repeat("v", bytes) + "\r\n" }
	rows := map[string]struct {
		fields string
		want   int
	}{
		"60 KiB in one field":   {field("X-Big", 60<<10), 200},
		"64 KiB in one field":   {field("X-Big", 64<<10), 431},
		"1 MiB in one field":    {field("X-Big", 1<<20), 431},
		"64 KiB in many fields": {strings.Repeat(field("X-Some", 1000), 66), 431},
	}
	for rule, row := range rows {
		t.Run(rule, func(t *testing.T) {
			if got := roundTrip(t, s, "GET / HTTP/1.1\r\nHost: a\r\n"+row.fields+"\r\n"); got != row.want {
				t.Errorf("%d, want %d", got, row.want)
			}
		})
	}
}

func TestOptionsAsteriskReachesTheDoor(t *testing.T) {
	s, _ := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if hr.RequestURI == "*" {
			w.WriteHeader(http.StatusTeapot)
		}
	})})
	if got := roundTrip(t, s, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"); got != http.StatusTeapot {
		t.Errorf("%d: net/http answered by itself", got)
	}
}

func TestAPanicRefusesAndTellsNoSecret(t *testing.T) {
	var logged bytes.Buffer
	for name, value := range map[string]any{
		"a string":        "planted-secret",
		"an error":        errors.New("planted-secret"),
		"a runtime error": nil,
	} {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			s, stop := start(t, server.Config{
				Log: slog.New(slog.NewTextHandler(&logged, nil)),
				Handler: http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
					if value != nil {
						panic(value)
					}
					_ = []int{}[len(hr.Host)]
				}),
			})
			if got := roundTrip(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); got != http.StatusInternalServerError {
				t.Errorf("%d", got)
			}
			stop()
			if text := logged.String(); !strings.Contains(text, "panic") || strings.Contains(text, "planted-secret") {
				t.Error(text)
			}
		})
	}
}

// attacks.md row 40: net/http reads the body before it writes the answer.
func TestARefusalAfterAPanicWaitsForNoBody(t *testing.T) {
	s, _ := start(t, server.Config{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("on purpose") })})
	conn := dial(t, s, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // ends a test that fails
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 500 ") {
		t.Errorf("%v: %s", err, answer)
	}
}

func TestStoppingLetsRequestsEnd(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s, stop := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(w, "done")
	})})
	conn := dial(t, s, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	<-arrived
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	waitRefused(t, s.Address())
	close(release)
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(answer), "done") {
		t.Errorf("%q, %v", answer, err)
	}
	<-stopped
}

func waitRefused(t *testing.T, address string) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

func TestStoppingDoesNotWaitForEver(t *testing.T) {
	arrived := make(chan struct{})
	s, stop := start(t, server.Config{Drain: time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
		close(arrived)
		<-hr.Context().Done()
	})})
	conn := dial(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-arrived
	stop()
	_, _ = io.ReadAll(conn) // ends, for the connection is closed
}

func TestStoppingClosesConnectionsThatWereTakenOver(t *testing.T) {
	taken := make(chan struct{})
	s, stop := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := http.NewResponseController(w).Hijack(); err != nil {
			t.Error(err)
		}
		close(taken)
	})})
	conn := dial(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-taken
	if open, _ := s.Connections(); open != 1 {
		t.Errorf("%d open: a WebSocket counts", open)
	}
	stop()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("still open")
	}
}

func TestAnAddressInUseIsSaidSo(t *testing.T) {
	s, _ := start(t, server.Config{Handler: hello})
	_, err := server.Listen(server.Config{Name: "proxy.listen", Address: s.Address()})
	var listen *server.ListenError
	if !errors.As(err, &listen) || !listen.InUse() || listen.Name != "proxy.listen" {
		t.Errorf("%v", err)
	}
}

func TestAdminAnswersWhileTheDoorsDrain(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	listen := func(h http.Handler) *server.Server {
		s, err := server.Listen(server.Config{Address: "127.0.0.1:0", Handler: h})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	door := listen(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-release }))
	admin := listen(server.Admin(server.AdminConfig{Report: func() server.Report {
		return server.Report{Ready: ctx.Err() == nil, Draining: ctx.Err() != nil}
	}, Metrics: hello, Control: hello, Console: hello}))
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, admin, door) }()

	ready := func() int { return roundTrip(t, admin, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n") }
	if got := ready(); got != http.StatusOK {
		t.Errorf("before: %d", got)
	}
	dial(t, door, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-arrived
	cancel()
	waitRefused(t, door.Address())
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("draining: %d", got)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
