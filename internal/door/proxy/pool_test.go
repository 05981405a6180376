package proxy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/door/upstream"
)

// pooled puts a proxy before an upstream with a name and returns its URL.
func pooled(t testing.TB, observer *failures, cfg upstream.Config) (base string, pool *upstream.Pool) {
	t.Helper()
	cfg.Name = "app"
	pool, err := upstream.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if observer == nil {
		observer = &failures{}
	}
	return serve(t, proxy.Config{Observer: observer, Upstream: "app", Upstreams: map[string]*upstream.Pool{"app": pool}}, nil), pool
}

// refusing is the URL of a server at which nothing listens.
func refusing(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return "http://" + l.Addr().String()
}

// breaking is the URL of a server that takes a request and breaks off without an
// answer, or after a part of one.
func breaking(t testing.TB, part string, taken *atomic.Int32) string {
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
				_, _ = conn.Read(make([]byte, 4096))
				taken.Add(1)
				_, _ = io.WriteString(conn, part)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func send(t testing.TB, method, url string, body io.Reader) (status int, text string) {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(got)
}

// What is safe to repeat is repeated at another server (RFC 9110 §9.2.2), and
// nothing else is.
func TestWhatIsSafeIsRepeated(t *testing.T) {
	var whole atomic.Int32 // requests that the good server took
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole.Add(1)
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s of %d", r.Method, len(body))
	}))
	defer good.Close()
	var taken atomic.Int32
	bad := map[string]string{
		"refuses": refusing(t), "breaks off": breaking(t, "", &taken), "breaks off in the head": breaking(t, "HTTP/1.1 200 OK\r\nConte", &taken),
		"breaks off in the body": breaking(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", &taken),
		"hints and breaks off":   breaking(t, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", &taken),
	}
	for _, row := range []struct {
		server, method string
		body           io.Reader
		repeated       bool
	}{
		{"refuses", "GET", nil, true},
		{"refuses", "POST", nil, true},
		{"refuses", "POST", strings.NewReader("body"), true},
		{"refuses", "POST", io.MultiReader(strings.NewReader("body")), true},
		{"refuses", "PATCH", bytes.NewReader(make([]byte, 1<<20)), true},
		{"breaks off", "GET", nil, true},
		{"breaks off", "HEAD", nil, true},
		{"breaks off", "DELETE", nil, true},
		{"breaks off", "OPTIONS", nil, true},
		{"breaks off", "POST", nil, false},
		{"breaks off", "PATCH", nil, false},
		{"breaks off", "PUT", strings.NewReader("body"), false},
		{"breaks off", "PROPFIND", nil, false},
		{"breaks off in the head", "GET", nil, false},
		{"breaks off in the body", "GET", nil, false},
		{"hints and breaks off", "GET", nil, false},
	} {
		t.Run(row.method+" "+row.server, func(t *testing.T) {
			// Of a hundred draws some begin at the bad server, which three failures leave out.
			told := &failures{}
			cfg := upstream.Config{URLs: []string{bad[row.server], good.URL}}
			var repeated, failed bool
			for range 40 {
				base, pool := pooled(t, told, cfg)
				before, reached := taken.Load(), whole.Load()
				body := row.body
				switch b := body.(type) {
				case *strings.Reader:
					body = strings.NewReader("body")
				case *bytes.Reader:
					_, _ = b.Seek(0, io.SeekStart)
				case nil:
				default:
					body = io.MultiReader(strings.NewReader("body"))
				}
				status, text := send(t, row.method, base, body)
				first := pool.Status()[0].Requests > 0
				repeated = repeated || first && status == 200
				failed = failed || first && status != 200
				if status != 200 && !first {
					t.Fatalf("the good server alone: %d, %s", status, text)
				}
				if first && !row.repeated && whole.Load() != reached {
					t.Error("the other server got a part of it")
				}
				if taken.Load()-before > 1 {
					t.Errorf("it was sent %d times", taken.Load()-before)
				}
				if repeated || failed {
					break
				}
			}
			if repeated != row.repeated || failed == row.repeated {
				t.Errorf("repeated %t, failed %t: %s", repeated, failed, told.text())
			}
		})
	}
}

func TestARequestIsRepeatedOnce(t *testing.T) {
	var taken atomic.Int32
	all := []string{breaking(t, "", &taken), breaking(t, "", &taken), breaking(t, "", &taken)}
	base, _ := pooled(t, nil, upstream.Config{URLs: all})
	if status, text := send(t, "GET", base, nil); status != 502 || !strings.Contains(text, "bad_gateway") || taken.Load() != 2 {
		t.Errorf("status %d, %s, sent %d times", status, text, taken.Load())
	}
	taken.Store(0)
	base, _ = pooled(t, nil, upstream.Config{URLs: all, NoRetry: true})
	if status, _ := send(t, "GET", base, nil); status != 502 || taken.Load() != 1 {
		t.Errorf("status %d, sent %d times without retry", status, taken.Load())
	}
}

func TestAWebSocketIsNotRepeated(t *testing.T) {
	var taken atomic.Int32
	base, _ := pooled(t, nil, upstream.Config{URLs: []string{breaking(t, "", &taken), breaking(t, "", &taken)}})
	if _, res, err := websocket.Dial(t.Context(), base, nil); err == nil || res.StatusCode != 502 || taken.Load() != 1 {
		t.Errorf("%v, sent %d times", err, taken.Load())
	}
}

// Each kind of failure has a status and a code of its own.
func TestFailuresAreToldApart(t *testing.T) {
	open, leave := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			close(open)
			<-leave
			return
		}
		<-r.Context().Done()
	}))
	defer slow.Close()
	for rule, row := range map[string]struct {
		cfg    upstream.Config
		path   string
		status int
		code   string
	}{
		"nobody is there":        {upstream.Config{URLs: []string{refusing(t)}}, "/", 502, "bad_gateway"},
		"nobody is in the file":  {upstream.Config{URLs: []string{"unix:" + filepath.Join(t.TempDir(), "none.sock")}}, "/", 502, "bad_gateway"},
		"the answer is late":     {upstream.Config{URLs: []string{slow.URL}, Response: 20 * time.Millisecond}, "/", 504, "gateway_timeout"},
		"late, and another":      {upstream.Config{URLs: []string{slow.URL, slow.URL + "/b"}, Response: 20 * time.Millisecond}, "/", 504, "gateway_timeout"},
		"no connection to spare": {upstream.Config{URLs: []string{slow.URL}, MaxConnections: 1, Connect: 50 * time.Millisecond}, "/hold", 503, "upstream_busy"},
	} {
		t.Run(rule, func(t *testing.T) {
			base, pool := pooled(t, nil, row.cfg)
			if row.path == "/hold" {
				t.Cleanup(func() { close(leave) })
				go func() { _, _ = http.Get(base + "/hold") }()
				<-open
			}
			status, text := send(t, "GET", base, nil)
			if status != row.status || !strings.Contains(text, row.code) {
				t.Errorf("status %d, %s", status, text)
			}
			var sent uint64
			for _, s := range pool.Status() {
				sent += s.Requests
			}
			if row.status != 502 && pool.Status()[0].Failures != 0 || row.status == 504 && sent != 1 {
				t.Errorf("sent %d times: %+v", sent, pool.Status())
			}
		})
	}
}

// A server is killed while a hundred clients ask, and comes back: no safe request
// fails.
func TestAServerDiesUnderLoad(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	first, second := httptest.NewServer(handler), httptest.NewServer(handler)
	defer second.Close()
	changes := make(chan upstream.Change, 100)
	base, _ := pooled(t, nil, upstream.Config{URLs: []string{first.URL, second.URL}, Changed: func(c upstream.Change) { changes <- c }})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	var clients sync.WaitGroup
	var failed, asked atomic.Int32
	stop := make(chan struct{})
	for range 50 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				res, err := client.Get(base + "/x")
				asked.Add(1)
				if err != nil {
					failed.Add(1)
					continue
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != 200 || string(body) != "/x" {
					failed.Add(1)
				}
			}
		})
	}
	for asked.Load() < 500 {
		time.Sleep(time.Millisecond)
	}
	first.CloseClientConnections()
	_ = first.Listener.Close()
	out := <-changes
	for n := asked.Load(); asked.Load() < n+500; {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	clients.Wait()
	first.Close()
	if failed.Load() != 0 || out.Up || out.Why == nil || out.For <= 0 {
		t.Errorf("%d of %d failed; %+v", failed.Load(), asked.Load(), out)
	}
}

// A client that breaks its body, or leaves, leaves no server out.
func TestClientsLeaveNoServerOut(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil && r.URL.Path == "/wait" {
			<-r.Context().Done()
		}
	}))
	defer app.Close()
	base, pool := pooled(t, nil, upstream.Config{URLs: []string{app.URL, app.URL + "/b"}})
	address := strings.TrimPrefix(base, "http://")
	for range 10 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
		_, _ = io.ReadAll(conn)
		_ = conn.Close()
		if conn, err = net.Dial("tcp", address); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.ReadAll(conn)
		_ = conn.Close()
		ctx, leave := context.WithTimeout(t.Context(), 5*time.Millisecond)
		req, _ := http.NewRequestWithContext(ctx, "GET", base+"/wait", nil)
		_, _ = http.DefaultClient.Do(req)
		leave()
	}
	for _, s := range pool.Status() {
		if s.Failures != 0 || !s.Up {
			t.Errorf("%+v", s)
		}
	}
}

func TestASocketIsAnUpstream(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "app.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var host, target string
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, target = r.Host, r.RequestURI
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			_ = conn.CloseNow()
		}
	})}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	for name, row := range map[string]struct {
		cfg  func() string
		host string
	}{
		"by its URL": {func() string { return serve(t, proxy.Config{Upstream: "unix:" + socket}, nil) }, "app.example"},
		"by name": {func() string {
			base, _ := pooled(t, nil, upstream.Config{URLs: []string{"unix:" + socket}})
			return base
		}, "app.example"},
		"its own host": {func() string {
			base, _ := pooled(t, nil, upstream.Config{URLs: []string{"unix:" + socket}, Host: "upstream"})
			return base
		}, "localhost"},
		"another host": {func() string {
			base, _ := pooled(t, nil, upstream.Config{URLs: []string{"unix:" + socket}, Host: "app.internal"})
			return base
		}, "app.internal"},
	} {
		t.Run(name, func(t *testing.T) {
			base := row.cfg()
			req, _ := http.NewRequest("GET", base+"/a?b", nil)
			req.Host = "app.example"
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if host != row.host || target != "/a?b" {
				t.Errorf("status %d, host %q, target %q", res.StatusCode, host, target)
			}
			conn, _, err := websocket.Dial(t.Context(), base, nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.CloseNow()
		})
	}
}

func TestTheHostOfAnUpstreamIsAsItsSectionSays(t *testing.T) {
	var host, told string
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host, told = r.Host, r.Header.Get("X-Forwarded-Host") }))
	defer app.Close()
	for setting, want := range map[string]string{"": "app.example", "keep": "app.example", "upstream": strings.TrimPrefix(app.URL, "http://"), "app.internal:8443": "app.internal:8443"} {
		base, _ := pooled(t, nil, upstream.Config{URLs: []string{app.URL}, Host: setting})
		req, _ := http.NewRequest("GET", base, nil)
		req.Host = "APP.example"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if host != want || told != "app.example" {
			t.Errorf("%q: Host %q, X-Forwarded-Host %q", setting, host, told)
		}
	}
}

// The name of an upstream never is a URL, and one that is not there is 502.
func TestAnUnknownNameLeadsNowhere(t *testing.T) {
	told := &failures{}
	base := serve(t, proxy.Config{Observer: told, Decider: deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{Allow: true, Target: "app"} })}, nil)
	if status, text := send(t, "GET", base, nil); status != 502 || told.count() != 1 {
		t.Errorf("status %d, %s", status, text)
	}
}
