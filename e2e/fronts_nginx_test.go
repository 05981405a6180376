package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/identity"
)

// An Edgeward that hangs does not hold a page for nginx' minute.
func TestNginxDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	hung, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Close()
	u := newUpstream(t)
	address := startNginx(t, &gateway{verify: hung.Addr().String()}, u)
	if a := say(t, address, "GET /public"); a.status < 500 || u.received.Load() != 0 {
		t.Errorf("status %d, the application was reached %d times", a.status, u.received.Load())
	}
}

// HTTP/1.0 knows no Host, and old monitors send none.
func TestNginxReadsARequestWithoutHost(t *testing.T) {
	t.Parallel()
	s := newPortalSite(t, "nginx", startNginx, nil)
	conn, err := net.Dial("tcp", s.address)
	s.must(err)
	defer conn.Close()
	fmt.Fprint(conn, "GET /public HTTP/1.0\r\n\r\n")
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") || s.app.received.Load() != 1 {
		t.Errorf("%v: %s", err, answer)
	}
}

// Behind ingress-nginx a 401 leads to the sign-in and back to the page; other
// refusals are its own.
func TestIngressNginxSendsPeopleToSignIn(t *testing.T) {
	t.Parallel()
	s := newPortalSite(t, "ingress-nginx", startIngressNginx, nil)
	k := s.issue("ada")
	a := s.say("GET /page?x=1", "Sec-Fetch-Mode: navigate")
	if want := "http://" + s.address + "/auth/login?return_to=http://" + s.address + "/page?x=1"; a.status != 302 || a.header.Get("Location") != want {
		t.Errorf("status %d to %s", a.status, a.header.Get("Location"))
	}
	for rule, row := range map[string]struct {
		status int
		line   []string
	}{
		"GET /page":       {200, []string{k.bearer}},
		"GET /cors/admin": {403, []string{k.bearer}},
		"GET /a//b":       {403, nil},
		"GET /public":     {200, []string{"X-Auth-Request-Redirect: https://evil.example", "X-Auth-Request-Email: root@evil.example"}},
		"GET /more":       {403, []string{"X-Forwarded-Uri: /public"}},
		"GET /most":       {403, []string{"X-Original-URI: /public"}},
	} {
		if a := s.say(rule, row.line...); a.status != row.status {
			t.Errorf("%s: status %d, want %d", rule, a.status, row.status)
		}
	}
	if seen, _ := s.reached(t, "GET /page", k.bearer, "X-Auth-Subject: root"); !slices.Equal(seen.Header["X-Auth-Subject"], []string{"ada"}) {
		t.Errorf("the application saw %q", seen.Header["X-Auth-Subject"])
	}
}

// The fixture is what the controller makes of these very annotations.
func TestTheIngressAndItsFixtureAgree(t *testing.T) {
	ingress, err := os.ReadFile("../examples/ingress-nginx/ingress.yaml")
	if err != nil {
		t.Fatal(err)
	}
	generated, err := os.ReadFile("testdata/ingress-nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(ingress), "auth-response-headers: ")
	list, _, _ = strings.Cut(list, "\n")
	var want []string
	for i, name := range strings.Split(list, ",") {
		want = append(want, fmt.Sprintf("proxy_set_header '%s' $authHeader%d;", name, i))
	}
	for _, line := range append(want, "proxy_buffer_size          32k;") {
		if !strings.Contains(string(generated), line) {
			t.Errorf("the fixture has no %s", line)
		}
	}
	for _, name := range identity.Names() {
		if !strings.Contains(list, name) {
			t.Errorf("auth-response-headers has no %s", name)
		}
	}
}
