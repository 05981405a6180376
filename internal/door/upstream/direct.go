package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// A direct carries requests without a body to servers that speak HTTP/1.1 without
// TLS. A connection of [http.Transport] has two goroutines, to which a request is
// handed over and which hand the answer back; here the caller writes the one and
// reads the other itself, which costs a third less. It answers what http.Transport
// would, and refuses what that would refuse. All other requests are for that one.
type direct struct {
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	response time.Duration // for the beginning of an answer
	kept     keep
}

// takes reports whether d carries out: what may be sent again after a kept
// connection turned out to be closed, is sent as it is, and asks for no other protocol.
func (d *direct) takes(out *http.Request) bool {
	return canPeek && out.URL.Scheme == "http" && (out.Method == http.MethodGet || out.Method == http.MethodHead) &&
		(out.Body == nil || out.Body == http.NoBody) && out.ContentLength == 0 && !out.Close && out.TransferEncoding == nil && out.Trailer == nil &&
		out.Header["Upgrade"] == nil && out.Header["Connection"] == nil && out.Header["Expect"] == nil &&
		canonical.Headers(edgeward.Header(out.Header)) == nil // http.Transport refuses what Write would change
}

// RoundTrip implements [http.RoundTripper], for requests that d takes.
func (d *direct) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx, address := out.Context(), addressOf(out.URL.Host)
	for {
		l, err := d.link(ctx, address)
		if err != nil {
			return nil, err
		}
		res, err := l.ask(out, d.response)
		if err == nil {
			return res, nil
		}
		// A server closes a kept connection when it likes to, also while a request is on
		// its way there.
		if !l.used || l.heard || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
	}
}

// link returns a connection that was kept, or makes one.
func (d *direct) link(ctx context.Context, address string) (*link, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if l := d.kept.take(address); l != nil {
		return l, nil
	}
	conn, err := d.dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &link{Conn: conn, address: address, keep: &d.kept}
	l.r, l.w = bufio.NewReader(l), bufio.NewWriter(conn)
	l.peek = l.peekAt
	if over, ok := conn.(syscall.Conn); ok {
		l.raw, _ = over.SyscallConn()
	}
	return l, nil
}

// addressOf adds the port of HTTP to a host that names none.
func addressOf(host string) string {
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + ":80"
}

// A link is a connection to a server. One goroutine at a time has it.
type link struct {
	net.Conn
	address string
	keep    *keep
	raw     syscall.RawConn // nil: it is not kept
	peek    func(fd uintptr)
	silent  bool // what peek found
	r       *bufio.Reader
	w       *bufio.Writer

	used  bool // for an earlier request
	heard bool // something of the answer has come
	begun bool // the answer's head is over: nothing bounds the wait for its body
	left  int64
	until time.Time // where the timer of reading is; zero: none
	since time.Time // since when it is idle
}

// slack is how much sooner than it has to the timer may come, so that it is not
// moved for each request.
const slack = time.Second

// maxHead bounds the head of an answer, the informational ones before it included,
// in bytes: as net/http does.
const maxHead = 10 << 20

var (
	errHead   = fmt.Errorf("upstream: the head of an answer is longer than %d bytes", maxHead)
	errSwitch = errors.New("upstream: the server changes the protocol, which was not asked for")
)

// ask sends a request and returns the answer, whose body gives the connection back.
func (l *link) ask(out *http.Request, response time.Duration) (*http.Response, error) {
	ctx := out.Context()
	stop := context.AfterFunc(ctx, func() { _ = l.Conn.Close() })
	l.heard, l.begun, l.left = false, false, maxHead
	res, err := l.exchange(out, response)
	if err != nil {
		stop()
		_ = l.Conn.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	l.begun, l.left = true, math.MaxInt64
	body := &answer{link: l, body: res.Body, ctx: ctx, stop: stop, last: res.Close}
	if res.Body == http.NoBody {
		body.finish(true)
	} else {
		res.Body = body
	}
	return res, nil
}

// exchange writes a request and reads the head of its answer.
func (l *link) exchange(out *http.Request, response time.Duration) (*http.Response, error) {
	if until := time.Now().Add(response); until.Sub(l.until) > slack {
		if err := l.SetReadDeadline(until); err != nil {
			return nil, err
		}
		l.until = until
	}
	if err := out.Write(l.w); err != nil {
		return nil, err
	}
	if err := l.w.Flush(); err != nil {
		return nil, err
	}
	// Who else has something to do does it first: then the answer is there, in most
	// cases, and is not asked for in vain before it is waited for.
	runtime.Gosched()
	for {
		res, err := http.ReadResponse(l.r, out)
		if err != nil || res.StatusCode < 100 || res.StatusCode > 199 {
			return res, err
		}
		if res.StatusCode == http.StatusSwitchingProtocols {
			return nil, errSwitch
		}
		if trace := httptrace.ContextClientTrace(out.Context()); trace != nil && trace.Got1xxResponse != nil {
			if err := trace.Got1xxResponse(res.StatusCode, map[string][]string(res.Header)); err != nil {
				return nil, err
			}
		}
	}
}

// Read implements [io.Reader], for what is buffered.
func (l *link) Read(p []byte) (int, error) {
	switch {
	case l.left <= 0:
		return 0, errHead
	case l.begun && !l.until.IsZero():
		l.until = time.Time{}
		if err := l.SetReadDeadline(l.until); err != nil {
			return 0, err
		}
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), l.left)])
	l.heard = l.heard || n > 0
	l.left -= int64(n)
	return n, err
}

// An answer is the body of a response. The connection is kept when it was read to
// its end, and closed else.
type answer struct {
	link *link
	body io.Reader
	ctx  context.Context
	stop func() bool // of what closes the connection when the request ends
	last bool        // the server closes the connection
	over atomic.Bool
}

// Read implements [io.Reader].
func (a *answer) Read(p []byte) (int, error) {
	if a.over.Load() {
		return 0, io.EOF
	}
	n, err := a.body.Read(p)
	if err == nil {
		return n, nil
	}
	if err != io.EOF && a.ctx.Err() != nil {
		err = context.Cause(a.ctx)
	}
	a.finish(err == io.EOF)
	return n, err
}

// Close implements [io.Closer]. It waits for nothing.
func (a *answer) Close() error {
	a.finish(false)
	return nil
}

// finish gives the connection back, if all of the answer was read.
func (a *answer) finish(whole bool) {
	if a.over.Swap(true) {
		return
	}
	if a.stop() && whole && !a.last && a.link.r.Buffered() == 0 {
		a.link.keep.put(a.link)
		return
	}
	_ = a.link.Conn.Close()
}
