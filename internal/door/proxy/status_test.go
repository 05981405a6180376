package proxy_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
)

// A client that speaks HTTP/1.0 takes the first answer for the whole one, and what
// follows for its body: it gets none that is informational (RFC 9110 §15.2).
func TestHTTP10HasNoInformationalAnswers(t *testing.T) {
	base := serve(t, proxy.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusContinue)
		w.WriteHeader(http.StatusTeapot)
	})
	for version, want := range map[string]string{"1.0": "HTTP/1.0 418 ", "1.1": "HTTP/1.1 103 "} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET / HTTP/"+version+"\r\nHost: a\r\nConnection: close\r\n\r\n")
		if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("HTTP/%s is answered %q, %v", version, got, err)
		}
		_ = conn.Close()
	}
}

// What has no status that net/http can write is 502, and no panic.
func TestAStatusThatHTTPDoesNotKnow(t *testing.T) {
	for _, status := range []int{0, 1, 99} {
		told := &failures{}
		p, err := proxy.New(proxy.Config{Decider: anybody, Observer: told, Upstream: "http://app.example", Transport: transportFunc(func(out *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: out, Header: http.Header{"Set-Cookie": {"a=b"}}, Body: http.NoBody}, nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		answer := doorstest.NewWire(t, p).SendRaw(t, "GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if answer.Status != http.StatusBadGateway || answer.Header.Get("Set-Cookie") != "" || told.count() != 1 || strings.Contains(told.text(), "panic") {
			t.Errorf("%d: %+v, %s", status, answer, told.text())
		}
	}
}
