package telemetry_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/edgeward/edgeward/internal/telemetry"
)

// lines is a writer that several goroutines share.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestLibraryLinesAreBoundedAndShowNothingOffTheWire(t *testing.T) {
	out := &lines{}
	log := telemetry.LibraryLog(slog.New(slog.NewJSONHandler(out, nil)), slog.LevelInfo)
	session := "ews_" + strings.Repeat("A", 64)
	for line, want := range map[string]string{
		`http: TLS handshake error from 192.0.2.1:5: EOF`:                                     `"message":"http: TLS handshake error from 192.0.2.1:5: EOF"`,
		`Unsolicited response starting with "HTTP/1.1 200\r\nSet-Cookie: hunter2"; err=<nil>`: `starting with [not shown]; err=<nil>`,
		`starting with "a \"hunter2\" b"; err=x`:                                              `starting with [not shown]; err=x`,
		`cut in the "hunter2`:                                                                 `cut in the [not shown]`,
		"http: panic serving 192.0.2.1: x\ngoroutine 1 [running]: hunter2":                    `"http: panic serving 192.0.2.1: x"`,
		"with " + session:                               `with [secret]`,
		`"hunter2\\"; x="hunter2"; y`:                   `[not shown]; y`,
		`cut "` + strings.Repeat(`\"`, 300) + `hunter2`: `cut [not shown]`,
		"\x1b[31mred":                                   `red`,
		strings.Repeat("a", 511) + "hunter2" + strings.Repeat("b", 1<<20): `aaa`,
	} {
		out.text.Reset()
		log.Print(line)
		got := out.String()
		if !strings.Contains(got, want) || strings.Contains(got, "hunter2") || strings.Contains(got, session) || strings.Contains(got, "\x1b") || len(got) > 1024 || strings.Count(got, "\n") != 1 {
			t.Errorf("%.80q is logged as %q, want %q", line, got, want)
		}
	}
	quiet := &lines{}
	telemetry.LibraryLog(slog.New(slog.NewJSONHandler(quiet, nil)), slog.LevelDebug).Print("x")
	if quiet.String() != "" {
		t.Errorf("logged below the level: %s", quiet.String())
	}
}

// An upstream that answers without being asked: net/http logs the answer, raw, by
// the standard logger.
func TestAnAnswerThatNobodyAskedForIsNotLogged(t *testing.T) {
	flags, writer := stdlog.Flags(), stdlog.Writer()
	t.Cleanup(func() { stdlog.SetFlags(flags); stdlog.SetOutput(writer) })
	out := &lines{}
	telemetry.OwnStandardLog(slog.New(slog.NewJSONHandler(out, nil)))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	answered, closed := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			answerTwice(conn, answered)
			closed <- struct{}{}
		}
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for tries := 0; tries < 100 && out.String() == ""; tries++ {
		hr, _ := http.NewRequest("GET", fmt.Sprintf("http://%s/", listener.Addr()), nil)
		res, err := transport.RoundTrip(hr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		answered <- struct{}{}
		<-closed // on a busy machine the transport may give up the connection before it is idle, and logs nothing then
	}
	if got := out.String(); !strings.Contains(got, "Unsolicited response") || strings.Contains(got, "hunter2") || !strings.Contains(got, `"level":"WARN"`) {
		t.Errorf("logged: %s", got)
	}
}

// answerTwice answers the request of conn, once more when answered says so, and
// waits until the client has closed.
func answerTwice(conn net.Conn, answered chan struct{}) {
	defer func() { _ = conn.Close() }()
	requests := bufio.NewReader(conn)
	if _, err := http.ReadRequest(requests); err == nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}
	<-answered
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nSet-Cookie: sid=hunter2\r\n\r\n")
	_, _ = io.Copy(io.Discard, requests)
}
