package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/door/upstream"
)

func TestServerSentEventsArriveAsTheyAreSent(t *testing.T) {
	next := make(chan struct{})
	base := serve(t, proxy.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	res, err := http.Get(base)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := bufio.NewReader(res.Body)
	for i := range 3 { // each event is read before the next one is sent
		line, err := events.ReadString('\n')
		if err != nil || line != fmt.Sprintf("data: %d\n", i) {
			t.Fatalf("%q, %v", line, err)
		}
		_, _ = events.ReadString('\n')
		next <- struct{}{}
	}
}

// The deadline has passed when the second half is written.
func TestAStreamOutlivesTheWriteDeadline(t *testing.T) {
	const deadline = 50 * time.Millisecond
	passed := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first ")
		_ = http.NewResponseController(w).Flush()
		<-passed
		_, _ = io.WriteString(w, "second")
	}))
	defer upstream.Close()
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: upstream.URL})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(p)
	server.Config.WriteTimeout = deadline
	server.Start()
	defer server.Close()
	time.AfterFunc(3*deadline, func() { close(passed) })
	if _, body := get(t, server.URL); body != "first second" {
		t.Errorf("got %q", body)
	}
}

func TestWebSocketsPassThrough(t *testing.T) {
	system := doorstest.New(t)
	var subject string
	base := serve(t, proxy.Config{Decider: system}, func(w http.ResponseWriter, r *http.Request) {
		subject = r.Header.Get("X-Auth-Subject")
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			_ = conn.Write(r.Context(), kind, message)
		}
	})
	ctx := t.Context()
	_, res, err := websocket.Dial(ctx, base+"/api/socket", nil)
	if err == nil || res.StatusCode != 401 {
		t.Fatalf("without a token: %v", err)
	}
	conn, res, err := websocket.Dial(ctx, base+"/api/socket", &websocket.DialOptions{HTTPHeader: http.Header{
		"Authorization": {"Bearer " + system.Token}, "X-Auth-Subject": {doorstest.Evil},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	for _, message := range []string{"hello", strings.Repeat("x", 30_000)} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(ctx); err != nil || string(got) != message {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if subject != "alice" || res.Header.Get("X-Request-Id") == "" {
		t.Errorf("the application saw %q; request id %q", subject, res.Header.Get("X-Request-Id"))
	}
}

// The handshake is the only answer that a WebSocket has: what was renewed on its
// way arrives there.
func TestAWebSocketBringsWhatWasRenewed(t *testing.T) {
	renewed := deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Allow: true, Response: edgeward.Header{"Set-Cookie": {"a=1"}}}
	})
	base := serve(t, proxy.Config{Decider: renewed}, func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			_ = conn.CloseNow()
		}
	})
	conn, res, err := websocket.Dial(t.Context(), base, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if got := res.Header.Values("Set-Cookie"); len(got) != 1 || got[0] != "a=1" {
		t.Errorf("Set-Cookie %q", got)
	}
}

// With the upstream in HTTP/2 on this connection, nobody would decide about
// the next request.
func TestOnlyWebSocketsAreUpgraded(t *testing.T) {
	var seen http.Header
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
	defer upstream.Close()
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: upstream.URL})
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	for _, upgrade := range []string{"h2c", "H2C, websocket", "TLS/1.3"} {
		answer := wire.SendRaw(t, "GET", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "+upgrade+"\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
		if answer.Status != 200 || seen.Get("Upgrade") != "" || seen.Get("Http2-Settings") != "" || seen.Get("Connection") != "" {
			t.Errorf("%s: status %d, upstream got %v", upgrade, answer.Status, seen)
		}
	}
}

// An upstream's connection that became another protocol's ends with a request which
// asked for none. A client that asks in HTTP/1.0, or with a body, asks for none.
func TestAProtocolThatWasNotAskedForEndsTheConnection(t *testing.T) {
	seen, ended := make(chan string, 1), make(chan bool, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Upgrade")
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.URL.RawQuery+"\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
		ended <- true
	}))
	defer upstream.Close()
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: upstream.URL})
	if err != nil {
		t.Fatal(err)
	}
	wire := doorstest.NewWire(t, p)
	const asks = "\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	for rule, row := range map[string]struct{ request, upgrade string }{
		"HTTP/1.0":         {"GET /?websocket HTTP/1.0" + asks + "\r\n", ""},
		"chunks":           {"GET /?websocket HTTP/1.1" + asks + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
		"a body":           {"GET /?websocket HTTP/1.1" + asks + "Content-Length: 1\r\n\r\nx", ""},
		"no upgrade":       {"GET /?websocket HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		"another protocol": {"GET /?h2c HTTP/1.1" + asks + "\r\n", "websocket"},
	} {
		answer := wire.SendRaw(t, "GET", row.request)
		if got := <-seen; answer.Status != http.StatusBadGateway || got != row.upgrade {
			t.Errorf("%s: status %d, the upstream was asked for %q", rule, answer.Status, got)
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the upstream's connection is still open", rule)
		}
	}
}

func TestTrailersAndEarlyHintsPass(t *testing.T) {
	base := serve(t, proxy.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-Checksum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-Checksum", "7")
	})
	hints := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		hints = code
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "GET", base, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if hints != 103 || res.Trailer.Get("X-Checksum") != "7" || res.Header.Get("X-Request-Id") == "" {
		t.Errorf("hints %d, trailer %v, header %v", hints, res.Trailer, res.Header)
	}
}

// HTTP/2 has trailers beside a Content-Length, as gRPC servers send them;
// HTTP/1.1 has not.
func TestTrailersBesideALengthPassWhenTheyAreAskedFor(t *testing.T) {
	app := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", r.URL.Query().Get("n"))
		if r.URL.Query().Get("n") == "5" {
			_, _ = io.WriteString(w, "hello")
		}
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", r.Proto)
	}))
	app.EnableHTTP2 = true
	app.StartTLS()
	defer app.Close()
	transport := upstream.NewTransport()
	transport.TLSClientConfig = app.Client().Transport.(*http.Transport).TLSClientConfig
	p, err := proxy.New(proxy.Config{Decider: anybody, Upstream: app.URL, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(p)
	defer gateway.Close()
	for te, trailer := range map[string]string{"trailers": "HTTP/2.0", "": "", "gzip": ""} {
		for n, body := range map[string]string{"5": "hello", "0": ""} {
			req, _ := http.NewRequest("GET", gateway.URL+"/?n="+n, nil)
			if te != "" {
				req.Header.Set("Te", te)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if string(got) != body || res.Trailer.Get("Grpc-Status") != trailer || trailer == "" && res.ContentLength != int64(len(body)) {
				t.Errorf("TE %q, %s bytes: %q, length %d, trailer %v", te, n, got, res.ContentLength, res.Trailer)
			}
		}
	}
}

func TestTheTrailersOfARequestStayHere(t *testing.T) {
	var trailer http.Header
	base := serve(t, proxy.Config{}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		trailer = r.Trailer
	})
	req, _ := http.NewRequest("POST", base, io.MultiReader(strings.NewReader("body")))
	req.Trailer = http.Header{"X-Auth-Subject": {doorstest.Evil}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(trailer) != 0 {
		t.Errorf("the upstream got %v", trailer)
	}
}

func TestAClientThatLeavesEndsTheRequestUpstream(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	told := &failures{}
	base := serve(t, proxy.Config{Observer: told, Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Allow: true}
	})}, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(ended)
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-begun; leave() }()
	req, _ := http.NewRequestWithContext(ctx, "GET", base, nil)
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Error("there was an answer")
	}
	<-ended
	if told.count() > 0 {
		t.Errorf("a client that leaves is no failure of the upstream: %s", told.text())
	}
}
