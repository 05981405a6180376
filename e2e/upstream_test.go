package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

// An upstream is the application behind the gateway. It answers with what it
// received.
type upstream struct {
	url      string
	address  string // host:port
	received atomic.Int64
}

// A report is what the upstream received.
type report struct {
	Method string
	Target string // as on the wire
	Host   string
	Header http.Header
	Body   string
}

// fields returns the values of a field, "" when there is none or nothing arrived.
func (r *report) fields(name string) string {
	if r == nil {
		return ""
	}
	return strings.Join(r.Header.Values(name), ", ")
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	u.url, u.address = server.URL, server.Listener.Addr().String()
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.received.Add(1)
	if r.Header.Get("Sec-WebSocket-Key") != "" {
		stayOpen(w, r)
		return
	}
	if r.Header.Get("Accept") == "text/event-stream" {
		keepTelling(w, r)
		return
	}
	w.Header().Set("X-Upstream", "1")
	if origin := r.URL.Query().Get("cors"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	if code := r.URL.Query().Get("script"); code != "" { // a hostile application's
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, code)
		return
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.NewEncoder(w).Encode(report{r.Method, r.RequestURI, r.Host, r.Header, string(body)})
}

// stayOpen is a WebSocket that says who opened it and then waits for its end.
func stayOpen(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // whose page it is, the gateway has to tell
	if err != nil {
		return
	}
	defer conn.CloseNow()
	if conn.Write(r.Context(), websocket.MessageText, []byte(r.Header.Get("X-Auth-Subject"))) == nil {
		_, _, _ = conn.Read(r.Context())
	}
}

// keepTelling is an event stream that says whose it is and then waits for its end.
func keepTelling(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "data: %s\n\n", r.Header.Get("X-Auth-Subject"))
	_ = http.NewResponseController(w).Flush() // the client may be gone
	<-r.Context().Done()
}

// An answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
	// report is what the upstream received; nil when it was not reached.
	report *report
}

// say sends the bytes of one HTTP/1.1 request, as no well-behaved client would
// write them, and reads the answer. Host and Connection: close come first where
// lines does not bring them; a body may follow an empty line in the last one.
func say(t *testing.T, address, requestLine string, lines ...string) answer {
	t.Helper()
	a, err := trySay(address, requestLine, lines...)
	if err != nil {
		t.Fatalf("%s: %v", requestLine, err)
	}
	return a
}

func trySay(address, requestLine string, lines ...string) (answer, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return answer{}, err
	}
	return sayOver(conn, address, requestLine, lines...)
}

// sayOver is say over a connection, which it closes.
func sayOver(conn net.Conn, address, requestLine string, lines ...string) (answer, error) {
	defer conn.Close()
	if !names(lines, "Host") {
		lines = append([]string{"Host: " + address}, lines...)
	}
	if !names(lines, "Connection") {
		lines = append([]string{"Connection: close"}, lines...)
	}
	fmt.Fprintf(conn, "%s HTTP/1.1\r\n%s\r\n\r\n", requestLine, strings.Join(lines, "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(body)}
	if res.Header.Get("X-Upstream") != "" {
		a.report = new(report)
		err = json.Unmarshal(body, a.report)
	}
	return a, err
}

// names reports whether lines hold the header field name.
func names(lines []string, name string) bool {
	for _, line := range lines {
		if field, _, _ := strings.Cut(line, ":"); strings.EqualFold(field, name) {
			return true
		}
	}
	return false
}

func bearer(token string) string { return "Authorization: Bearer " + token }
