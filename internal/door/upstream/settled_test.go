package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// generous answers every request with its path, and a request for /generous with an
// answer more than was asked for, in the same segment.
func generous(t *testing.T) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for r := bufio.NewReader(conn); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(req.URL.Path), req.URL.Path)
					if req.URL.Path == "/generous" {
						answer += "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
					}
					if _, err := io.WriteString(conn, answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// What a server sends beyond its answer is not the answer to the next request, which
// http.Transport by itself takes it for every few thousand requests.
func TestNoAnswerIsForTheNextRequest(t *testing.T) {
	log.SetOutput(io.Discard) // it says what came unasked
	defer log.SetOutput(os.Stderr)
	base := generous(t)
	by := NewTransport()
	defer by.CloseIdleConnections()
	ask := func(path string) {
		req, _ := http.NewRequest(http.MethodPost, base+path, strings.NewReader("x"))
		res, err := by.RoundTrip(req)
		if err != nil {
			return // the connection was closed before anything was sent
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err == nil && string(body) != path {
			t.Errorf("%s is answered %q", path, body)
		}
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 2000 {
				if i < 3 {
					ask("/generous")
				} else {
					ask(fmt.Sprintf("/%d-%d", i, n))
				}
			}
		})
	}
	all.Wait()
}

// A connection is used again once it is read from, or closed, and not before.
func TestAConnectionSettles(t *testing.T) {
	for name, change := range map[string]func(s *settling){
		"read from": func(s *settling) { _, _ = s.Read(make([]byte, 1)) },
		"closed":    func(s *settling) { _ = s.Close() },
	} {
		near, far := net.Pipe()
		conn, err := settlingAll(func(context.Context, string, string) (net.Conn, error) { return near, nil })(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		s := conn.(*settling)
		var changed atomic.Bool
		used := make(chan bool)
		go func() {
			settle(httptrace.GotConnInfo{Conn: s, Reused: true})
			used <- changed.Load()
		}()
		time.Sleep(10 * time.Millisecond) // if it does not wait, it has come back by now
		changed.Store(true)
		go change(s)
		if !<-used {
			t.Errorf("it is used before it is %s", name)
		}
		_ = far.Close()
		settle(httptrace.GotConnInfo{Conn: s}) // a new one has nothing to settle
	}
	refused := errors.New("refused")
	if _, err := settlingAll(func(context.Context, string, string) (net.Conn, error) { return nil, refused })(t.Context(), "", ""); !errors.Is(err, refused) {
		t.Error(err)
	}
}

// What is known of a request on its way is known to that request alone: the early
// hints of one user are none of another's.
func TestARequestIsTracedForItself(t *testing.T) {
	s := script(t, "HTTP/1.1 103 Early Hints\r\n\r\n"+ok, "HTTP/1.1 103 Early Hints\r\n\r\n"+ok, "HTTP/1.1 103 Early Hints\r\n\r\n"+ok)
	by := NewTransport()
	defer by.CloseIdleConnections()
	var told [3]int
	for i := range told {
		req, _ := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error {
			told[i]++
			return nil
		}}), "POST", "http://"+s.Addr().String()+"/", strings.NewReader("x"))
		res, err := by.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if told != [3]int{1, 1, 1} {
		t.Errorf("the requests were told of %d early answers, of one each", told)
	}
}
