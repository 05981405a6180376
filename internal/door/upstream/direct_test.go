package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A scripted server answers the n-th request of a connection with the n-th of its
// answers, and closes the connection after the last.
type scripted struct {
	net.Listener
	answers  []string
	opened   atomic.Int32
	requests chan string
}

// hang is the answer of a server that gives none.
const hang = "none"

func script(t *testing.T, answers ...string) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{Listener: l, answers: answers, requests: make(chan string, 100)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.opened.Add(1)
			go s.serve(conn)
		}
	}()
	return s
}

func (s *scripted) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, answer := range s.answers {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		s.requests <- req.Method + " " + req.RequestURI
		if answer == hang {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

func (s *scripted) request(method string) *http.Request {
	req, _ := http.NewRequest(method, "http://"+s.Addr().String()+"/x?y", nil)
	return req
}

func newDirect(idle time.Duration) *direct {
	return &direct{dial: dialer(time.Second), response: time.Minute, kept: keep{idle: idle}}
}

// seen is what a caller sees of an answer.
type seen struct {
	Status        int
	Header        http.Header
	Length        int64
	Coding        []string
	Body          string
	Trailer       http.Header
	Early         []int // informational ones before it
	Failed, Broke bool
}

func see(t *testing.T, by http.RoundTripper, req *http.Request) (s seen) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		s.Early = append(s.Early, code)
		return nil
	}})
	res, err := by.RoundTrip(req.WithContext(ctx))
	if err != nil {
		s.Failed = true
		return s
	}
	body, err := io.ReadAll(res.Body)
	s.Broke = err != nil
	_ = res.Body.Close()
	s.Status, s.Header, s.Length, s.Coding, s.Body, s.Trailer = res.StatusCode, res.Header, res.ContentLength, res.TransferEncoding, string(body), res.Trailer
	return s
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// What a server answers is seen as through net/http's own transport.
func TestDirectIsNetHTTPs(t *testing.T) {
	for _, answer := range []string{
		ok,
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
		"HTTP/1.1 200 OK\r\n\r\nuntil the end",
		"HTTP/1.0 200 OK\r\n\r\nuntil the end",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok,
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello",
		"HTTP/1.1 103 Early Hints\r\n\r\n",
		"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nx-lower: 1\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA : 1\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Le",
		"SSH-2.0-OpenSSH\r\n",
		"",
		"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", maxHead) + "\r\n\r\n",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			s := script(t, answer)
			d, other := newDirect(time.Minute), newTransport(time.Second, time.Minute, time.Minute)
			if !d.takes(s.request(method)) {
				t.Fatalf("%s is not taken", method)
			}
			got, want := see(t, d, s.request(method)), see(t, other, s.request(method))
			if strings.Contains(answer, " 101 ") { // which only a request for it may be answered with
				want = seen{Failed: true}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, answer %.80q:\n%+v, of net/http\n%+v", method, answer, got, want)
			}
			d.kept.closeAll()
			other.CloseIdleConnections()
		}
	}
}

func TestDirectBoundsTheHead(t *testing.T) {
	s := script(t, "HTTP/1.1 200 OK\r\nA: "+strings.Repeat("a", maxHead)+"\r\n\r\n")
	if _, err := newDirect(time.Minute).RoundTrip(s.request("GET")); !errors.Is(err, errHead) {
		t.Errorf("%.100v", err)
	}
}

func get(t *testing.T, d *direct, s *scripted) {
	t.Helper()
	if got := see(t, d, s.request("GET")); got.Status != 200 || got.Body != "ok" || got.Broke {
		t.Fatalf("%+v", got)
	}
}

func TestDirectKeepsConnections(t *testing.T) {
	s := script(t, ok, ok, ok)
	d := newDirect(time.Minute)
	for range 3 {
		get(t, d, s)
	}
	if n := s.opened.Load(); n != 1 {
		t.Errorf("%d connections for three requests", n)
	}
	for range 4 { // the server has closed it
		get(t, d, s)
	}
	if n := s.opened.Load(); n != 3 {
		t.Errorf("%d connections for seven requests, with three each", n)
	}
}

// What is not an answer's end, or is more than it, ends the connection.
func TestDirectClosesWhatItCannotUse(t *testing.T) {
	for name, answer := range map[string]string{
		"more than was asked for": ok + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother",
		"the server closes":       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
	} {
		s := script(t, answer, answer)
		d := newDirect(time.Minute)
		get(t, d, s)
		get(t, d, s)
		if n := s.opened.Load(); n != 2 {
			t.Errorf("%s: %d connections for two requests", name, n)
		}
	}
}

// What a server says unasked is not the answer to the next request.
func TestDirectReadsNoAnswerThatWasNotAskedFor(t *testing.T) {
	s := script(t, ok, ok)
	d := newDirect(time.Minute)
	var conn net.Conn
	dial := d.dial
	d.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		made, err := dial(ctx, network, address)
		conn = made
		return made, err
	}
	server := make(chan net.Conn, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			accepted, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(accepted)); err == nil {
				_, _ = io.WriteString(accepted, ok)
				server <- accepted
			}
		}
	}()
	s.Listener = l
	get(t, d, s)
	first := <-server
	if _, err := io.WriteString(first, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"); err != nil {
		t.Fatal(err)
	}
	kept := d.kept.links[l.Addr().String()][0]
	for kept.isSilent() { // until it has come
		time.Sleep(time.Millisecond)
	}
	get(t, d, s)
	second := <-server
	if first == second || conn == kept.Conn {
		t.Error("the connection is used again")
	}
}

// A body that is closed before its end takes its connection with it, at once.
func TestDirectClosesAnUnreadBody(t *testing.T) {
	s := script(t, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nbeginning", ok)
	d := newDirect(time.Minute)
	res, err := d.RoundTrip(s.request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, len("beginning"))); err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	if n, err := res.Body.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d, %v after Close", n, err)
	}
	if len(d.kept.links) != 0 {
		t.Error("the connection is kept")
	}
}

// A request that was sent on a kept connection which the server closes meanwhile is
// sent again, and no other.
func TestDirectAsksAgain(t *testing.T) {
	s := script(t, ok)
	d := newDirect(time.Minute)
	get(t, d, s)
	d.kept.mu.Lock()
	for _, all := range d.kept.links {
		for _, l := range all {
			l.peek = func(uintptr) { l.silent = true } // the server's close comes later than the look
		}
	}
	d.kept.mu.Unlock()
	get(t, d, s)
	if n := s.opened.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
	silent := script(t, "")
	if got := see(t, newDirect(time.Minute), silent.request("GET")); !got.Failed {
		t.Errorf("%+v", got)
	}
	if n := silent.opened.Load(); n != 1 {
		t.Errorf("a new connection that is closed is tried %d times", n)
	}
	half := script(t, ok, "HTTP/1.1 2")
	d = newDirect(time.Minute)
	get(t, d, half)
	if got := see(t, d, half.request("GET")); !got.Failed {
		t.Errorf("%+v", got)
	}
	if n := len(half.requests); n != 2 {
		t.Errorf("%d requests: half an answer is an answer", n)
	}
}

// hanging answers with what it is given, and no more.
func hanging(t *testing.T, answer string) *scripted {
	t.Helper()
	s := &scripted{requests: make(chan string, 100)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Listener = l
	var all []net.Conn
	var mu sync.Mutex
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range all {
			_ = conn.Close()
		}
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, conn)
			mu.Unlock()
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, answer)
				s.requests <- ""
			}
		}
	}()
	return s
}

// The end of a request ends the wait for its answer, and for the rest of it, with
// its cause.
func TestDirectEndsWithTheRequest(t *testing.T) {
	cause := errors.New("the cause")
	s := hanging(t, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-s.requests
		cancel(cause)
	}()
	if _, err := newDirect(time.Minute).RoundTrip(s.request("GET").WithContext(ctx)); !errors.Is(err, cause) {
		t.Errorf("no answer: %v", err)
	}
	s = hanging(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
	ctx, cancel = context.WithCancelCause(t.Context())
	res, err := newDirect(time.Minute).RoundTrip(s.request("GET").WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if _, err := io.ReadAll(res.Body); !errors.Is(err, cause) {
		t.Errorf("half of an answer: %v", err)
	}
	ctx, cancel = context.WithCancelCause(t.Context())
	cancel(cause)
	s = script(t, ok)
	if _, err := newDirect(time.Minute).RoundTrip(s.request("GET").WithContext(ctx)); !errors.Is(err, cause) || s.opened.Load() != 0 {
		t.Errorf("a request that was over: %v, %d connections", err, s.opened.Load())
	}
}

func TestDirectWaitsNotForEver(t *testing.T) {
	s := hanging(t, "")
	d := newDirect(time.Minute)
	d.response = 20 * time.Millisecond
	d.response += slack
	_, err := d.RoundTrip(s.request("GET"))
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v", err)
	}
	if n := len(s.requests); n != 1 {
		t.Errorf("%d requests", n)
	}
	kept := script(t, ok, hang)
	d.kept.idle = time.Minute
	get(t, d, kept)
	if _, err := d.RoundTrip(kept.request("GET")); !errors.As(err, &timeout) || !timeout.Timeout() || kept.opened.Load() != 1 {
		t.Errorf("on a kept connection: %v, %d connections", err, kept.opened.Load())
	}
	slow := script(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
	res, err := d.RoundTrip(slow.request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	l := res.Body.(*answer).link
	if _, err := res.Body.Read(make([]byte, 1)); !l.until.IsZero() {
		t.Errorf("the wait for a body is bounded: %v, %v", l.until, err)
	}
}

func TestDirectLeavesToNetHTTP(t *testing.T) {
	d := newDirect(time.Minute)
	for name, change := range map[string]func(r *http.Request){
		"POST":         func(r *http.Request) { r.Method = "POST" },
		"DELETE":       func(r *http.Request) { r.Method = "DELETE" },
		"TLS":          func(r *http.Request) { r.URL.Scheme = "https" },
		"a body":       func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) },
		"a length":     func(r *http.Request) { r.ContentLength = 3 },
		"chunks":       func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"trailers":     func(r *http.Request) { r.Trailer = http.Header{"A": nil} },
		"to be closed": func(r *http.Request) { r.Close = true },
		"Upgrade":      func(r *http.Request) { r.Header.Set("Upgrade", "websocket") },
		"Connection":   func(r *http.Request) { r.Header.Set("Connection", "x") },
		"Expect":       func(r *http.Request) { r.Header.Set("Expect", "100-continue") },
		"a bad value":  func(r *http.Request) { r.Header.Set("X", "a\x00b") },
		"a line break": func(r *http.Request) { r.Header.Set("X", "a\r\nb") },
		"a bad name":   func(r *http.Request) { r.Header["X Y"] = []string{"a"} },
		"no name":      func(r *http.Request) { r.Header[""] = []string{"a"} },
	} {
		req, _ := http.NewRequest("GET", "http://127.0.0.1/", nil)
		if !d.takes(req) {
			t.Fatal("a plain request is not taken")
		}
		if change(req); d.takes(req) {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestKeep(t *testing.T) {
	s := script(t, ok, ok)
	d := newDirect(time.Nanosecond) // the sweeper comes at once
	get(t, d, s)
	for {
		d.kept.mu.Lock()
		rest, sweeping := len(d.kept.links), d.kept.sweeping
		d.kept.mu.Unlock()
		if rest == 0 && !sweeping {
			break
		}
		time.Sleep(time.Millisecond)
	}
	d = newDirect(time.Minute)
	get(t, d, s)
	d.kept.links[s.Addr().String()][0].since = time.Now().Add(-time.Hour)
	get(t, d, s)
	if n := s.opened.Load(); n != 3 {
		t.Errorf("%d connections: one that waited for too long is used", n)
	}
	d.kept.closeAll()
	get(t, d, s)
	if n := s.opened.Load(); n != 4 {
		t.Errorf("%d connections: one that was closed is used", n)
	}
	for range mostIdle + 10 {
		a, b := net.Pipe()
		defer b.Close()
		d.kept.put(&link{Conn: a, address: "many", raw: d.kept.links[s.Addr().String()][0].raw})
	}
	if n := len(d.kept.links["many"]); n != mostIdle {
		t.Errorf("%d connections wait", n)
	}
	d.kept.put(&link{Conn: &net.TCPConn{}, address: "unknown"})
	if d.kept.links["unknown"] != nil {
		t.Error("a connection that cannot be asked is kept")
	}
}

func TestDirectByMany(t *testing.T) {
	answers := make([]string, 50)
	for i := range answers {
		answers[i] = fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n%02d\r\n0\r\n\r\n", i)
	}
	s := script(t, answers...)
	s.requests = make(chan string, 10_000)
	d := newDirect(time.Minute)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if got := see(t, d, s.request("GET")); got.Status != 200 || len(got.Body) != 2 || got.Broke {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	all.Wait()
}

func TestAddressOf(t *testing.T) {
	for host, want := range map[string]string{
		"app": "app:80", "app:8080": "app:8080", "[::1]": "[::1]:80", "[::1]:8080": "[::1]:8080", "127.0.0.1": "127.0.0.1:80",
	} {
		if got := addressOf(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
