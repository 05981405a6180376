package identity_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/edgeward/edgeward"
)

// TestConnectionNamesTheIdentity runs CVE-2026-29054 through the two reverse
// proxies that Go has. Both remove what the client's Connection field names:
// one with Rewrite does it before it calls us, one with Director after a
// middleware of ours has set the identity.
func TestConnectionNamesTheIdentity(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "subject %q underscore %q", r.Header.Values("X-Auth-Subject"), r.Header["X_auth_subject"])
	}))
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := allowed(t)
	inside := &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
		pr.SetURL(target)
		plain.Apply(edgeward.Header(pr.Out.Header), d)
	}}
	application := httputil.NewSingleHostReverseProxy(target)
	behind := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		plain.Apply(edgeward.Header(r.Header), d)
		application.ServeHTTP(w, r)
	})
	for name, gateway := range map[string]http.Handler{"Rewrite": inside, "middleware before Director": behind} {
		t.Run(name, func(t *testing.T) {
			if got, want := ask(t, gateway), `subject ["ada"] underscore []`; got != want {
				t.Errorf("upstream saw %s, want %s", got, want)
			}
		})
	}
}

// ask sends the attack as bytes, since net/http's client mends it.
func ask(t *testing.T, gateway http.Handler) string {
	t.Helper()
	server := httptest.NewServer(gateway)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close, X-Auth-Subject\r\n"+
		"X-Auth-Subject: admin\r\nx_auth_subject: admin\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line, _ := bufio.NewReader(response.Body).ReadString('\n')
	return line
}
