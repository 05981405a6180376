package door_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/door/doorstest"
)

// TestDoor holds the Worker to the table of all doors, on the real runtime. The
// decisions are made out here, where they can be compared.
func TestDoor(t *testing.T) { doorstest.Run(t, openWorker) }

func openWorker(t testing.TB, d edgeward.Decider, _ []netip.Prefix) doorstest.Door {
	app := &doorstest.Application{Careless: true}
	upstream := httptest.NewServer(app)
	handle := door.NewDoor(d, upstream.URL, doorstest.Hosts...)
	decider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		body, err := io.ReadAll(hr.Body)
		if err != nil {
			t.Error(err)
		}
		frame, err := runtime.ParseFrame(body)
		if err != nil {
			t.Error(err)
		}
		w.Write(handle(hr.Context(), frame).Append(nil))
	}))
	t.Cleanup(func() { decider.Close(); upstream.Close() })
	names := append([]string{"doorbridge.mjs"}, driver[2:]...)
	files := []string{parts + "/doorbridge.mjs"}
	for _, name := range driver[2:] {
		files = append(files, "../driver/"+name)
	}
	r := start(t, map[string]any{
		"folder": modules(t, files...), "modules": names, "bindings": map[string]string{"DECIDER": decider.URL},
	})
	address := strings.TrimSuffix(strings.TrimPrefix(r.url, "http://"), "/")
	return doorstest.Door{Send: func(t testing.TB, r doorstest.Request) (doorstest.Answer, *doorstest.Seen) {
		app.Take()
		answer, seen := send(t, address, r), app.Take()
		if seen != nil { // the platform writes Host by the upstream's URL
			seen.Host = seen.Header.Get("X-Forwarded-Host")
		}
		return answer, seen
	}, Waived: waived()}
}

// waived are the rows of the table that the platform answers or changes before a
// Worker sees them. TestThePlatformsReading shows that none opens anything.
func waived() map[string]string {
	rows := map[string]string{}
	for why, rules := range map[string][]string{
		"the platform resolves it, and what it shows is decided on and forwarded": {
			"36: two readings: /public/../api", "36: two readings: /public/%2e%2e/api", "36: two readings: /public/.%2e/api", "36: two readings: /public/%2E./api",
			"36: two readings: /public;x/..", "36: two readings: /public/.", "36: two readings: /public/./x", "36: two readings: /public/x#y",
			`36: two readings: /public/..\api`, `36: two readings: /public\x`, "36: two readings: /public/\x80", "36: two readings: /public/x?a#b",
			"36: two readings: /public/<x>", "37: host a: is refused",
		},
		"the platform refuses it": {
			"36: two readings: public/x", "36: two readings: *", "36: two readings: ?", "36: two readings: http:/public/x",
			"36: not covered: http://api.example.com", "37: host a@b is refused", "37: host a,b is refused", "37: host a/b is refused", "37: host a:99999 is refused",
			"37: host a:x is refused", "37: host [::1 is refused", "37: host a%41 is refused", "37: host a#b is refused", `37: host a\b is refused`,
			"37: method get", "37: method Get", "37: method PATCH_", "37: method TRACK",
			"37: absolute-form names the host", "37: absolute-form names the host, also one that is none of those", "37: absolute-form with another scheme", "37: absolute-form with userinfo",
			"37: absolute-form names the host whose rules hold",
		},
		"the platform joins fields of one name, and what comes of it is refused for another reason": {
			"17: a second, empty Authorization field", "22: the same cookie in two fields",
		},
		"the platform knows the scheme, whatever X-Forwarded-Proto says": {
			"35: a declared proxy's X-Forwarded-Proto is believed", "35: a WebSocket's X-Forwarded-Proto is https, too", "35: two schemes are none",
			"nor from another scheme", "24: a form of a page without HTTPS",
		},
	} {
		for _, rule := range rules {
			rows[rule] = why
		}
	}
	return rows
}

// TestThePlatformsReading: what is decided on is what is forwarded, also where
// the platform has changed it.
func TestThePlatformsReading(t *testing.T) {
	l := newLab(t, nil, nil)
	address := strings.TrimSuffix(strings.TrimPrefix(l.url, "http://"), "/")
	for _, target := range []string{
		"/public/../api/x", "/public/%2e%2e/api/x", "/public/.%2e/api/x", "/public/%2E./api/x", "/public;x/../api/x", "/public/./../api/x",
		`/public/..\api\x`, `\api\x`, "/public/x#/../../api/x", "/public/<x>", "/public/\x80", "/public/..%2fapi/x", "/public/..%5capi/x", "//api/x", "/public/%2e%2e%2fapi",
		"public/../api/x", "http:/api/x", "*", "?", "/public/x?/../../api/x", "/public/\t../api/x", "/.%09./api/x", "/public/x/..;/../api/x",
	} {
		l.origin.seen.Store(nil)
		a := send(t, address, doorstest.Request{Method: "GET", Target: target, Host: "api.example.com", Peer: doorstest.Client})
		seen := l.origin.seen.Load()
		if (a.Status == http.StatusOK) != (seen != nil) {
			t.Errorf("%q: status %d, the origin was reached: %v", target, a.Status, seen != nil)
		}
		if seen != nil && !strings.HasPrefix(seen.URL.Path, "/public/") {
			t.Errorf("%q went to %s without a credential", target, seen.URL.Path)
		}
	}
}

// send writes a request as it is, with the address of the client as the platform
// tells it: that of who asked the declared proxy, whom it is itself.
func send(t testing.TB, address string, r doorstest.Request) doorstest.Answer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer := r.Peer.String()
	if doorstest.Proxies.Contains(r.Peer) {
		for _, field := range r.Fields {
			if chain, found := strings.CutPrefix(field, "X-Forwarded-For: "); found {
				peer = strings.TrimSpace(chain[strings.LastIndexByte(chain, ',')+1:])
			}
		}
	}
	lines := append([]string{r.Method + " " + r.Target + " HTTP/1.1", "Host: " + r.Host, "CF-Connecting-IP: " + peer}, r.Fields...)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: r.Method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doorstest.Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
}
