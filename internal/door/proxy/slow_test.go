package proxy_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
)

// transportFunc is an upstream without a network, for a bubble's clock.
type transportFunc func(out *http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(out *http.Request) (*http.Response, error) { return f(out) }

func newProxy(t *testing.T, upstream transportFunc) http.Handler {
	t.Helper()
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: "http://app.example", Transport: upstream})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parts is a body whose parts come an hour after each other, and its end an
// hour later still.
type parts struct {
	left   []string
	closed bool
}

func (b *parts) Read(p []byte) (int, error) {
	time.Sleep(time.Hour)
	if len(b.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.left[0])
	b.left = b.left[1:]
	return n, nil
}

func (b *parts) Close() error {
	b.closed = true
	return nil
}

func answerOf(length int64, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, ContentLength: length, Body: body}
}

// Row 40: a body may take as long as it likes, but not for next to nothing.
func TestABodyHasToComeAtAMinimumRate(t *testing.T) {
	for rule, row := range map[string]struct {
		part   string // sent every ten seconds, for hours
		status int
	}{
		"one byte, again and again": {"x", http.StatusRequestTimeout},
		"below the rate":            {strings.Repeat("x", 2000), http.StatusRequestTimeout},
		"a slow line":               {strings.Repeat("x", 2500), http.StatusOK},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := doorstest.Pipe(t, newProxy(t, func(out *http.Request) (*http.Response, error) {
					_, err := io.Copy(io.Discard, out.Body)
					return answerOf(0, http.NoBody), err
				}))
				var sender sync.WaitGroup
				sender.Go(func() {
					_, _ = io.WriteString(client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
					body := httputil.NewChunkedWriter(client)
					for range 5000 {
						time.Sleep(10 * time.Second)
						if _, err := io.WriteString(body, row.part); err != nil {
							return
						}
					}
					_, _ = io.WriteString(client, "0\r\n\r\n")
				})
				res, err := http.ReadResponse(bufio.NewReader(client), nil)
				if err != nil || res.StatusCode != row.status {
					t.Errorf("%v, %v; want status %d", res, err, row.status)
				}
				_ = client.Close()
				sender.Wait()
			})
		})
	}
}

// An upstream that answers at once reads no body, so nobody notices that it
// does not come.
func TestABodyThatTheUpstreamDoesNotReadHoldsNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := doorstest.Pipe(t, newProxy(t, func(*http.Request) (*http.Response, error) { return answerOf(0, http.NoBody), nil }))
		_, _ = io.WriteString(client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		if answer, err := io.ReadAll(client); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") {
			t.Errorf("%v: %s", err, answer)
		}
	})
}

func TestAnAnswerThatNobodyReadsIsBrokenOff(t *testing.T) {
	large := strings.Repeat("x", 1<<14)
	for rule, row := range map[string]struct {
		length int64
		parts  []string
	}{
		"a stream": {-1, []string{"first", "second", "third"}},
		"a file":   {3 << 14, []string{large, large, large}},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := &parts{left: row.parts}
				client := doorstest.Pipe(t, newProxy(t, func(*http.Request) (*http.Response, error) { return answerOf(row.length, body), nil }))
				_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				if len(body.left) == 0 || !body.closed {
					t.Errorf("a day later: %d parts left, upstream released: %v", len(body.left), body.closed)
				}
			})
		})
	}
}

func TestEarlyHintsThatNobodyReadsHoldNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := doorstest.Pipe(t, newProxy(t, func(out *http.Request) (*http.Response, error) {
			err := httptrace.ContextClientTrace(out.Context()).Got1xxResponse(http.StatusEarlyHints, nil)
			return answerOf(0, http.NoBody), err
		}))
		_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(time.Hour)
		if answer, _ := io.ReadAll(io.LimitReader(client, 1)); len(answer) > 0 {
			t.Error("an hour later the hints are still there")
		}
	})
}

func TestAnAnswerMayTakeHours(t *testing.T) {
	for rule, row := range map[string]struct {
		length  int64
		part    string
		trailer http.Header
	}{
		"a stream":                         {-1, "first", nil},
		"a stream with a trailer":          {-1, "first", http.Header{"X-Checksum": {"7"}}},
		"a small file, sent as a whole":    {10, "first", nil},
		"a small file, flushed at its end": {10, "first", http.Header{"X-Checksum": {"7"}}},
		"a large file":                     {2 << 14, strings.Repeat("x", 1<<14), nil},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProxy(t, func(out *http.Request) (*http.Response, error) {
					time.Sleep(time.Hour)
					if err := out.Context().Err(); err != nil {
						return nil, err
					}
					res := answerOf(row.length, &parts{left: []string{row.part, row.part}})
					res.Trailer = row.trailer
					return res, nil
				})
				client := doorstest.Pipe(t, http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
					_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute)) // as a server's ReadTimeout does
					p.ServeHTTP(w, hr)
				}))
				_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
				res, err := http.ReadResponse(bufio.NewReader(client), nil)
				if err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(res.Body); err != nil || string(body) != row.part+row.part {
					t.Errorf("%.20q, %v", body, err)
				}
			})
		})
	}
}
