package server_test

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/edgeward/edgeward/internal/server"
)

// Types and flags of frames (RFC 9113 §6).
const (
	frameHeaders, frameReset, frameSettings, frameGoAway, frameContinuation = 1, 3, 4, 7, 9

	endStream, endHeaders = 1, 4
)

// A rawConn speaks HTTP/2 as no honest client does.
type rawConn struct {
	t *testing.T
	net.Conn
}

func rawHTTP2(t *testing.T, s *server.Server, trust *tls.Config) *rawConn {
	t.Helper()
	config := trust.Clone()
	config.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", s.Address(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &rawConn{t, conn}
	_, _ = io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	_ = c.send(frameSettings, 0, 0, nil)
	return c
}

func (c *rawConn) send(kind, flags byte, stream uint32, payload []byte) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	_, err := c.Write(append(head, payload...))
	return err
}

// receive returns the next frame.
func (c *rawConn) receive() (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(c, head[:]); err != nil {
		return 0, 0, 0, nil, err
	}
	payload = make([]byte, binary.BigEndian.Uint32(head[:])>>8)
	_, err = io.ReadFull(c, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]), payload, err
}

// ask is the header block of a GET of "/" (RFC 7541 appendix A).
var ask = append([]byte{0x82, 0x84, 0x87, 0x41, byte(len("app.example.com"))}, "app.example.com"...)

// field is a field that enters no table.
func field(name, value string) []byte {
	b := append([]byte{0, byte(len(name))}, name...)
	return append(append(b, byte(len(value))), value...)
}

func TestTheBoundsOfHTTP2AreSaid(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	s, _ := start(t, server.Config{Handler: hello, Transport: transport})
	kind, _, _, payload, err := rawHTTP2(t, s, trust).receive()
	if err != nil || kind != frameSettings {
		t.Fatalf("frame %d, %v", kind, err)
	}
	said := map[uint16]uint32{}
	for ; len(payload) >= 6; payload = payload[6:] {
		said[binary.BigEndian.Uint16(payload)] = binary.BigEndian.Uint32(payload[2:])
	}
	const maxConcurrentStreams, maxHeaderListSize = 3, 6
	if said[maxConcurrentStreams] != 100 || said[maxHeaderListSize] == 0 || said[maxHeaderListSize] > 64<<10 {
		t.Errorf("settings %v", said)
	}
}

// CVE-2024-24549, CVE-2023-45288 and their kin: a header that never ends.
func TestAFloodOfContinuations(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	s, _ := start(t, server.Config{Handler: hello, Transport: transport})
	c := rawHTTP2(t, s, trust)
	go func() { _, _ = io.Copy(io.Discard, c) }()
	_ = c.send(frameHeaders, endStream, 1, ask)
	many := []byte(strings.Repeat(string(field("x-some", strings.Repeat("v", 100))), 100))
	var err error
	for sent := 0; err == nil; sent += len(many) {
		if err = c.send(frameContinuation, 0, 1, many); sent > 256<<20 {
			t.Fatal("a header of 256 MiB is still being read")
		}
	}
	good := clientOf(t, s, trust, http2)
	if got := get(t, good, "https://app.example.com/"); got != "hello" {
		t.Error(got)
	}
}

// CVE-2023-44487: streams that are reset as soon as they are opened do not run side
// by side beyond what is said.
func TestRapidReset(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	var running, most atomic.Int64
	release := make(chan struct{})
	s, _ := start(t, server.Config{Transport: transport, Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		if hr.Header.Get("User-Agent") == "" {
			<-release // work that a reset does not end
		}
		_, _ = io.WriteString(w, "hello")
	})})
	c := rawHTTP2(t, s, trust)
	closed := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, c); close(closed) }()
	var err error
	for stream := uint32(1); err == nil && stream < 40_000; stream += 2 {
		err = errors.Join(c.send(frameHeaders, endStream|endHeaders, stream, ask), c.send(frameReset, 0, stream, []byte{0, 0, 0, 8}))
	}
	<-closed // it is too much for one connection
	close(release)
	if n := most.Load(); n > 100 {
		t.Errorf("%d requests of one connection at once", n)
	}
	good := clientOf(t, s, trust, http2)
	if got := get(t, good, "https://app.example.com/"); got != "hello" {
		t.Error(got)
	}
}

// A client hears that no more streams are taken, and which ones still are.
func TestStoppingSaysGoAway(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	arrived, release := make(chan struct{}), make(chan struct{})
	s, stop := start(t, server.Config{Transport: transport, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	})})
	c := rawHTTP2(t, s, trust)
	_ = c.send(frameHeaders, endStream|endHeaders, 1, ask)
	<-arrived
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	var went, answered bool
	for !went || !answered {
		kind, _, stream, _, err := c.receive()
		if err != nil {
			t.Fatalf("%v; GOAWAY %t, answer %t", err, went, answered)
		}
		if kind == frameGoAway && !went {
			went = true
			close(release)
		}
		answered = answered || kind == frameHeaders && stream == 1
	}
	<-stopped
}
