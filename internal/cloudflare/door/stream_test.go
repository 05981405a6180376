package door_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/jwt"
)

// TestForwarding: a Worker rewrites paths and bounds bodies as the proxy does.
func TestForwarding(t *testing.T) {
	asked := make(chan string, 10)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		body, err := io.ReadAll(hr.Body)
		if err == nil {
			asked <- fmt.Sprint(hr.RequestURI, " ", hr.Header.Get("X-Forwarded-Prefix"), " ", len(body))
		}
	}))
	t.Cleanup(upstream.Close)
	l := newLab(t, map[string]any{
		"proxy":  proxyTo(upstream.URL + "/base"),
		"routes": map[string]any{"app/_middleware": map[string]any{"authenticate": []string{}, "strip_prefix": "/app", "add_prefix": "/v2", "max_body": "1000B"}},
	}, nil)
	for _, row := range []struct {
		rule, method, path, body, want string
		status                         int
	}{
		{"a path", "GET", "/app/x?y", "", "/base/v2/x?y /app 0", 200},
		{"a body that fits", "POST", "/app", strings.Repeat("x", 1000), "/base/v2 /app 1000", 200},
		{"a body that does not", "POST", "/app", strings.Repeat("x", 1001), "", 413},
	} {
		a, err := l.ask(row.method, row.path, row.body)
		if err != nil || a.StatusCode != row.status || row.status == 413 && !strings.Contains(string(a.body), "content_too_large") {
			t.Errorf("%s: %v, %v, %s", row.rule, err, a.Response, a.body)
		}
		if row.want != "" {
			if got := <-asked; got != row.want {
				t.Errorf("%s: the upstream got %q, want %q", row.rule, got, row.want)
			}
		}
	}
	hr, _ := http.NewRequest("POST", l.url+"app/chunks", io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000))))
	res, err := fresh.Do(hr)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 413 || len(asked) > 0 {
		t.Errorf("a body in chunks that is too long: status %d, arrived as a whole one: %s", res.StatusCode, <-asked)
	}
}

// TestStreams: bodies pass by, both ways, and what the upstream says of an answer
// is kept where the edge says nothing of it.
func TestStreams(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Vary", "Accept-Language")
		h.Add("Set-Cookie", "a=1")
		h.Add("Set-Cookie", "b=2")
		h.Set("Location", "https://elsewhere.example/")
		switch hr.URL.Path {
		case "/api/echo":
			io.Copy(w, hr.Body)
		case "/api/moved":
			w.WriteHeader(302)
		case "/api/empty":
			w.WriteHeader(204)
		case "/api/drip":
			h.Set("Content-Type", "application/octet-stream") // what miniflare does not compress, and so not hold back
			io.WriteString(w, "one ")
			w.(http.Flusher).Flush()
			<-hr.Context().Done()
		}
	}))
	t.Cleanup(upstream.Close) // after the runtime, which may hold a connection
	cors := map[string]any{"origins": []string{"https://app.example"}}
	l := newLab(t, map[string]any{
		"proxy":  proxyTo(upstream.URL + "/"),
		"routes": map[string]any{"api/_middleware": map[string]any{"authenticate": []string{"bearer"}, "cors": cors}, "open/_middleware": map[string]any{"authenticate": []string{}}},
	}, nil)
	token := "Authorization: Bearer " + l.issuer.token(t, time.Now())

	large := make([]byte, 3<<20)
	rand.Read(large)
	if a, err := l.ask("PUT", "/api/echo", string(large), token); err != nil || !bytes.Equal(a.body, large) {
		t.Errorf("a large body: %v, %d bytes came back", err, len(a.body))
	}
	a := l.get(t, "/api/moved", token, "Origin: https://app.example")
	if a.StatusCode != 302 || a.Header.Get("Location") != "https://elsewhere.example/" {
		t.Errorf("a redirect is the client's to follow: %v", a.Response)
	}
	if got := a.Header.Values("Set-Cookie"); !slices.Equal(got, []string{"a=1", "b=2"}) {
		t.Errorf("Set-Cookie %q", got)
	}
	if got := strings.Join(a.Header.Values("Vary"), ", "); !strings.Contains(got, "Accept-Language") || !strings.Contains(got, "Origin") {
		t.Errorf("Vary %q", got)
	}
	if got := a.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
	if got := l.get(t, "/api/empty", token, "Origin: https://evil.example").Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("the upstream opens the route to a stranger: %q", got)
	}
	if got := l.get(t, "/open/x").Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("where the edge is silent the upstream says %q", got)
	}
	hr, _ := http.NewRequest("GET", l.url+"api/drip", nil)
	hr.Header.Set("Authorization", strings.TrimPrefix(token, "Authorization: "))
	res, err := fresh.Do(hr)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 4)
	if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "one " {
		t.Errorf("an answer without an end: %q %v", first, err)
	}
}

// TestUpstreamIsGone: an upstream that does not answer is a 502 of ours.
func TestUpstreamIsGone(t *testing.T) {
	l := newLab(t, map[string]any{"proxy": proxyTo("http://127.0.0.1:1")}, nil)
	if a := l.get(t, "/public/x"); a.StatusCode != 502 || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%v %s", a.Response, a.body)
	}
}

// TestPages: the identity is handed on, and so is the request, in one spelling.
func TestPages(t *testing.T) {
	l := newLab(t, map[string]any{"proxy": proxyTo("")}, nil)
	options := l.options
	addModules(t, options["folder"].(string), parts+"/pagesbridge.mjs", "../driver/pages.mjs")
	options["modules"] = slices.Insert(slices.Clone(options["modules"].([]string)), 0, "pagesbridge.mjs", "pages.mjs")
	pages := &lab{workerd: start(t, options), issuer: l.issuer}
	token := pages.issuer.token(t, time.Now(), jwt.StringClaim("scope", "orders:read"))
	type handed struct {
		URL, Subject, Body string
		User               *struct {
			Subject, Issuer, Method string
			Permissions             []string
		}
	}
	hand := func(path string, fields ...string) (h handed) {
		t.Helper()
		a, err := pages.ask("POST", path, "form", append(fields, "Host: site.example")...)
		if err == nil {
			err = json.Unmarshal(a.body, &h)
		}
		if err != nil || a.StatusCode != 200 {
			t.Fatalf("%v %s", err, a.body)
		}
		return h
	}
	h := hand("/%61pi/x?a=1", "Authorization: Bearer "+token)
	if h.URL != "http://site.example/api/x?a=1" || h.Subject != "alice" || h.Body != "form" {
		t.Errorf("the function got %+v", h)
	}
	if u := h.User; u == nil || u.Subject != "alice" || u.Issuer != pages.issuer.URL || u.Method != "bearer" || !slices.Equal(u.Permissions, []string{"orders:read"}) {
		t.Errorf("context.data.user is %+v", u)
	}
	if h := hand("/public/x", "Authorization: Bearer "+token); h.User != nil || h.Subject != "" {
		t.Errorf("where nobody is asked: %+v", h)
	}
	if a := pages.get(t, "/api/x"); a.StatusCode != 401 {
		t.Errorf("without a credential: %d", a.StatusCode)
	}
}

// TestWebSocket: an upgrade is decided like every request, and passes.
func TestWebSocket(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		sum := sha1.Sum([]byte(hr.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455 §4.2.2
		io.WriteString(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Subject: "+hr.Header.Get("X-Auth-Subject")+
			"\r\nSec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n\x81\x05hello")
		rw.Flush()
		io.Copy(io.Discard, rw)
	}))
	t.Cleanup(upstream.Close) // after the runtime, which may hold a connection
	l := newLab(t, map[string]any{"proxy": proxyTo(upstream.URL)}, nil)
	for token, status := range map[string]int{l.issuer.token(t, time.Now()): 101, "x.y.z": 401} {
		conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(l.url, "http://"), "/"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /api/x HTTP/1.1\r\nHost: site.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "+token+"\r\n\r\n")
		r := bufio.NewReader(conn)
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != status {
			t.Fatalf("%v, %v, want %d", res, err, status)
		}
		if status != 101 {
			continue
		}
		if got := res.Header.Get("X-Subject"); got != "alice" {
			t.Errorf("the upstream heard of %q", got)
		}
		frame := make([]byte, 7)
		if _, err := io.ReadFull(r, frame); err != nil || string(frame) != "\x81\x05hello" {
			t.Errorf("the upstream's frame: %q, %v", frame, err)
		}
	}
}
