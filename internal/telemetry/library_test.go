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
	some chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		select {
		case l.some <- struct{}{}:
		default:
		}
	}()
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
	out := &lines{some: make(chan struct{}, 1)}
	telemetry.OwnStandardLog(slog.New(slog.NewJSONHandler(out, nil)))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	idle := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		<-idle
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nSet-Cookie: sid=hunter2\r\n\r\n")
		<-out.some
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	hr, _ := http.NewRequest("GET", fmt.Sprintf("http://%s/", listener.Addr()), nil)
	res, err := transport.RoundTrip(hr)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	close(idle)
	<-out.some
	out.some <- struct{}{}
	if got := out.String(); !strings.Contains(got, "Unsolicited response") || strings.Contains(got, "hunter2") || !strings.Contains(got, `"level":"WARN"`) {
		t.Errorf("logged: %s", got)
	}
}
