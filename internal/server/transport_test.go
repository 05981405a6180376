package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
	"github.com/edgeward/edgeward/internal/server"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// secure makes what a listener speaks TLS by, and what a client believes.
func secure(t *testing.T, least uint16) (server.Transport, *tls.Config) {
	t.Helper()
	a := certificatetest.New(t)
	chain, key := a.Issue(time.Hour, "app.example.com")
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{MinVersion: least, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{pair}}
	return server.Transport{TLS: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName == "none.example.com" {
			return nil, errors.New("there is none")
		}
		return config, nil
	}}, &tls.Config{RootCAs: a.Pool(), ServerName: "app.example.com"}
}

// says is a handler that answers how it was asked.
var says = http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
	_, _ = fmt.Fprintf(w, "%s %s %t %s", hr.Proto, hr.Host, hr.TLS != nil, hr.RemoteAddr)
})

// clientOf returns a client of s alone, by the protocols.
func clientOf(t *testing.T, s *server.Server, trust *tls.Config, set func(*http.Protocols)) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	set(protocols)
	tr := &http.Transport{TLSClientConfig: trust.Clone(), Protocols: protocols, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		network, address := "tcp", s.Address()
		if path, local := strings.CutPrefix(address, "unix:"); local {
			network, address = "unix", path
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func http1(p *http.Protocols) { p.SetHTTP1(true) }
func http2(p *http.Protocols) { p.SetHTTP2(true); p.SetUnencryptedHTTP2(true) }

func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// What is spoken on a connection is chosen by ALPN, and without TLS by how a client
// begins.
func TestHTTP2IsSpokenWhereItIsAskedFor(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	overTLS, _ := start(t, server.Config{Handler: says, Transport: transport})
	plain, _ := start(t, server.Config{Handler: says})
	both, _ := start(t, server.Config{Handler: says, Transport: server.Transport{H2C: true}})
	for rule, row := range map[string]struct {
		at     *server.Server
		speak  func(*http.Protocols)
		scheme string
		want   string // "" for an error
	}{
		"TLS and HTTP/2":               {overTLS, http2, "https", "HTTP/2.0 app.example.com true"},
		"TLS and HTTP/1.1":             {overTLS, http1, "https", "HTTP/1.1 app.example.com true"},
		"plain HTTP/1.1":               {plain, http1, "http", "HTTP/1.1 app.example.com false"},
		"HTTP/2 that nobody asked for": {plain, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, "http", ""},
		"h2c":                          {both, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, "http", "HTTP/2.0 app.example.com false"},
		"HTTP/1.1 beside h2c":          {both, http1, "http", "HTTP/1.1 app.example.com false"},
		"plain HTTP and TLS":           {overTLS, http1, "http", "Client sent an HTTP request"},
		"h2c where TLS is spoken":      {overTLS, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, "http", ""},
	} {
		got := get(t, clientOf(t, row.at, trust, row.speak), row.scheme+"://app.example.com/")
		if row.want == "" && strings.HasPrefix(got, "HTTP/") || row.want != "" && !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %s", rule, got)
		}
	}
	for offered, want := range map[string]string{"h2": "h2", "h2 http/1.1": "h2", "http/1.1": "http/1.1", "": "", "h3": "refused", "h2c": "refused"} {
		config := trust.Clone()
		config.NextProtos = strings.Fields(offered)
		conn, err := tls.Dial("tcp", overTLS.Address(), config)
		got := "refused"
		if err == nil {
			got = conn.ConnectionState().NegotiatedProtocol
			conn.Close()
		}
		if got != want {
			t.Errorf("ALPN of %q: %q, want %q", offered, got, want)
		}
	}
}

// Why handshakes fail is counted, by kind.
func TestHandshakesThatFailAreCounted(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS13)
	s, _ := start(t, server.Config{Handler: says, Transport: transport})
	shake := func(change func(*tls.Config)) func() {
		return func() {
			config := trust.Clone()
			change(config)
			if conn, err := tls.Dial("tcp", s.Address(), config); err == nil {
				_, _ = conn.Read(make([]byte, 1)) // TLS 1.3 tells the client later
				conn.Close()
			}
		}
	}
	for kind, fail := range map[string]func(){
		"version":        shake(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }),
		"no_certificate": shake(func(c *tls.Config) { c.ServerName = "none.example.com" }),
		"client":         shake(func(c *tls.Config) { c.RootCAs = certificatetest.New(t).Pool() }),
		"not_tls":        func() { dial(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n") },
		"unheard":        func() { dial(t, s, "").Close() },
	} {
		before := s.Refused()
		fail()
		for s.Refused()[kind] == before[kind] {
			time.Sleep(time.Millisecond)
		}
		for other, n := range s.Refused() {
			if other != kind && n != before[other] {
				t.Errorf("%s: %s was counted", kind, other)
			}
		}
	}
	if got := get(t, clientOf(t, s, trust, http2), "https://app.example.com/"); !strings.HasPrefix(got, "HTTP/2.0") {
		t.Error(got)
	}
	if n := s.Refused(); n["client"] != 1 {
		t.Errorf("a good handshake was counted: %v", n)
	}
}

// A refusal ends its stream and not the connection, whose other streams go on.
func TestARefusalKeepsAnHTTP2Connection(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	arrived, release := make(chan struct{}), make(chan struct{})
	s, _ := start(t, server.Config{MaxConnections: 2, Transport: transport, Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		switch hr.URL.Path {
		case "/long":
			arrived <- struct{}{}
			<-release
		case "/panic":
			panic("on purpose")
		}
		_, _ = io.WriteString(w, hr.RemoteAddr)
	})})
	c := clientOf(t, s, trust, http2)
	before := get(t, c, "https://app.example.com/")
	long := make(chan string, 2)
	for range 2 {
		go func() { long <- get(t, c, "https://app.example.com/long") }()
		<-arrived
	}
	for path, want := range map[string]int{"/": 503, "/panic": 503} { // two are under way, and no more may be
		res, err := c.Get("https://app.example.com" + path)
		if err != nil || res.StatusCode != want || res.Header.Get("Retry-After") == "" {
			t.Fatalf("%s: %v, %v", path, res, err)
		}
		_ = res.Body.Close()
	}
	close(release)
	if one, two := <-long, <-long; one != before || two != before {
		t.Errorf("another connection: %s, %s and %s", before, one, two)
	}
	if res, err := c.Get("https://app.example.com/panic"); err != nil || res.StatusCode != 500 {
		t.Errorf("%v, %v", res, err)
	}
	if after := get(t, c, "https://app.example.com/"); after != before {
		t.Errorf("another connection after a panic: %s and %s", before, after)
	}
}

// What has begun ends, on HTTP/2 as on HTTP/1.1.
func TestStoppingLetsStreamsEnd(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	arrived, release := make(chan struct{}), make(chan struct{})
	s, stop := start(t, server.Config{Transport: transport, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(w, "done")
	})})
	answer := make(chan string, 1)
	go func() { answer <- get(t, clientOf(t, s, trust, http2), "https://app.example.com/") }()
	<-arrived
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	waitRefused(t, s.Address())
	close(release)
	if got := <-answer; got != "done" {
		t.Error(got)
	}
	<-stopped
}

// attacks.md row 40: who shakes no hands holds no place that another needs.
func TestAFullListenerMakesRoomForHandshakes(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	const most = 10
	s, _ := start(t, server.Config{Handler: says, MaxConnections: most, Transport: transport})
	for range 50 {
		dial(t, s, "\x16\x03\x01")
	}
	for range 5 {
		if got := get(t, clientOf(t, s, trust, http2), "https://app.example.com/"); !strings.HasPrefix(got, "HTTP/2.0") {
			t.Error(got)
		}
	}
	if open, _ := s.Connections(); open > most {
		t.Errorf("%d open", open)
	}
}

// On TLS, too, a connection that was taken over can be read, written and closed.
func TestAConnectionOverTLSIsTakenOver(t *testing.T) {
	transport, trust := secure(t, tls.VersionTLS12)
	s, _ := start(t, server.Config{Transport: transport, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, both, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.CopyN(conn, both, 5)
	})})
	conn, err := tls.Dial("tcp", s.Address(), trust)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\nhello")
	if got, err := io.ReadAll(conn); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}

// A PROXY header is believed of declared peers, due from them, and no HTTP from
// others.
func TestWhoMayIntroduceAClient(t *testing.T) {
	loopback, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	if err != nil {
		t.Fatal(err)
	}
	const ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	const v2 = "\r\n\r\n\x00\r\nQUIT\n"
	for rule, row := range map[string]struct {
		by     *clientip.Trusted
		header string
		want   string // the peer's address, or the status
	}{
		"version 1":                         {loopback, "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n", "203.0.113.7:40000"},
		"version 1 and IPv6":                {loopback, "PROXY TCP6 2001:db8::7 2001:db8::1 40000 443\r\n", "[2001:db8::7]:40000"},
		"a client who is not known":         {loopback, "PROXY UNKNOWN\r\n", "unknown"},
		"version 2":                         {loopback, v2 + "\x21\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb", "203.0.113.7:40000"},
		"version 2 with more":               {loopback, v2 + "\x21\x11\x00\x10\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb\x04\x00\x01\x00", "203.0.113.7:40000"},
		"the balancer's own":                {loopback, v2 + "\x20\x00\x00\x00", "unknown"},
		"none of a declared peer":           {loopback, "", "400"},
		"a command that is none":            {loopback, v2 + "\x22\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb", "400"},
		"an address too few":                {loopback, "PROXY TCP4 203.0.113.7 198.51.100.1 40000\r\n", "400"},
		"two headers":                       {loopback, "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\nPROXY TCP4 203.0.113.8 198.51.100.1 40000 443\r\n", "400"},
		"of a peer that is not declared":    {nil, "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n", "400"},
		"version 2 of such a peer":          {nil, v2 + "\x21\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb", "400"},
		"none, of one that is not declared": {nil, "", "127.0.0.1:"},
	} {
		s, _ := start(t, server.Config{Handler: says, Transport: server.Transport{Introduced: row.by}})
		res, err := http.ReadResponse(bufio.NewReader(dial(t, s, row.header+ask)), nil)
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		got := fmt.Sprint(res.StatusCode)
		if res.StatusCode == http.StatusOK {
			got = string(body[strings.LastIndexByte(string(body), ' ')+1:])
		}
		if !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %s, want %s", rule, got, row.want)
		}
		if refused := s.Refused()["proxy_header"]; (refused == 1) != (row.by != nil && row.want == "400" && rule != "two headers") {
			t.Errorf("%s: %d counted", rule, refused)
		}
	}
}

// The header stands before the handshake, and one that comes in pieces is read.
func TestAnIntroductionBeforeTLS(t *testing.T) {
	loopback, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	if err != nil {
		t.Fatal(err)
	}
	transport, trust := secure(t, tls.VersionTLS12)
	transport.Introduced = loopback
	s, _ := start(t, server.Config{Handler: says, Transport: transport})
	conn := dial(t, s, "PROXY TCP4 203.0.1")
	_, _ = io.WriteString(conn, "13.7 198.51.100.1 40000 443\r\n")
	over := tls.Client(conn, trust)
	_, _ = io.WriteString(over, "GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n")
	if answer, err := io.ReadAll(over); err != nil || !strings.HasSuffix(string(answer), " true 203.0.113.7:40000") {
		t.Errorf("%v: %s", err, answer)
	}
}

func TestUnixSockets(t *testing.T) {
	listen := func(path string) (*server.Server, error) {
		return server.Listen(server.Config{Name: "test.listen", Address: "unix:" + path, Handler: says, Transport: server.Transport{SocketMode: 0o600}})
	}
	run := func(t *testing.T, s *server.Server) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("it answers, has its mode, and goes", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		s, err := listen(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("", func(t *testing.T) {
			run(t, s)
			if got := get(t, clientOf(t, s, nil, http1), "http://a/"); !strings.HasPrefix(got, "HTTP/1.1 a false") {
				t.Error(got)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			var refused *server.ListenError
			if _, err := listen(path); !errors.As(err, &refused) || !refused.InUse() {
				t.Errorf("a second one: %v", err)
			}
		})
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	t.Run("one that was left behind is replaced", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		left.SetUnlinkOnClose(false)
		_ = left.Close()
		s, err := listen(path)
		if err != nil {
			t.Fatal(err)
		}
		run(t, s)
		if got := get(t, clientOf(t, s, nil, http1), "http://a/"); !strings.HasPrefix(got, "HTTP/1.1") {
			t.Error(got)
		}
	})
	t.Run("one of another process is not removed at the end", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		s, err := listen(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600), s.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	})
	for what, make := range map[string]func(path string) error{
		"a file":   func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":   func(path string) error { return os.Symlink("/nowhere", path) },
	} {
		t.Run(what+" is never removed", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			var refused *server.ListenError
			if _, err := listen(path); !errors.As(err, &refused) || refused.InUse() || !strings.Contains(refused.Remedy(), "never removed") {
				t.Errorf("%v", err)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
				t.Errorf("%d files are left", len(left))
			}
		})
	}
}

// Who may not have a port below 1024 is told how to.
func TestAPrivilegedPort(t *testing.T) {
	for rule, row := range map[string]struct {
		address string
		err     error
		says    string
	}{
		"a port that takes a right":     {":443", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, "CAP_NET_BIND_SERVICE"},
		"a socket in another's folder":  {"unix:/run/s", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, "choose another address"},
		"an address of another machine": {"192.0.2.1:443", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)}, "choose another address"},
	} {
		if got := (&server.ListenError{Name: "proxy.listen", Address: row.address, Err: row.err}).Remedy(); !strings.Contains(got, row.says) {
			t.Errorf("%s: %s", rule, got)
		}
	}
}
