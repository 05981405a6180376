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

// The controller chooses the application by the host of the request line, and asks
// about that in Host. With its name in auth-url the rules of one host never decide
// about the application of another, whatever of nginx' reading a client makes use of.
func TestIngressNginxAsksAboutTheHostThatItChose(t *testing.T) {
	t.Parallel()
	const guarded, open = "admin.example.com", "status.example.com"
	secrets, public := newUpstream(t), newUpstream(t)
	g := &gateway{t: t, dir: t.TempDir(), verify: loopback(freePort(t)), admin: loopback(freePort(t))}
	g.write("edgeward.yaml", `
forward_auth: {listen: "`+g.verify+`"}
admin: {listen: "`+g.admin+`"}
trusted_proxies: ["127.0.0.1/32"]
issuers: [{issuer: "`+newProvider(t, "").issuer+`", audiences: ["`+audience+`"]}]
hosts:
  `+guarded+`: {routes: {_middleware: {authenticate: [bearer]}, index: {authenticate: []}}}
  "*.preview.example.com": {authenticate: [bearer]}
  `+open+`: {authenticate: []}
`)
	g.start()
	g.ready()
	address := startController(t, g, public, func(conf string) string {
		maps, server, _ := strings.Cut(conf, "server {")
		named := func(names, application string) string {
			return "server { server_name " + names + ";" + strings.ReplaceAll(server, "127.0.0.1:3000", application)
		}
		// The first is for what no name covers, as an Ingress without a host.
		return maps + named("_", secrets.address) + named(guarded+" *.preview.example.com", secrets.address) + named(open, "127.0.0.1:3000")
	})
	for _, row := range []struct {
		line  string
		lines []string
		want  int
	}{
		{"GET /board", []string{"Host: " + open}, 200},
		{"GET /board", []string{"Host: " + strings.ToUpper(open) + ".:8080"}, 200},
		{"GET http://" + open + "/board", []string{"Host: " + open}, 200},
		{"GET /board", []string{"Host: " + guarded}, 302},
		{"GET http://" + guarded + "/board", []string{"Host: " + open}, 403},
		{"GET https://" + guarded + "/board", []string{"Host: " + open}, 403},
		{"GET http://" + open + "/board", []string{"Host: " + guarded}, 403},
		{"GET /board", []string{"Host: " + guarded + "?"}, 403},
		{"GET /board", []string{"Host: " + guarded + "?.preview.example.com"}, 403},
		{"GET /board", []string{"Host: " + open + "?.preview.example.com"}, 403},
		{"GET /board", []string{"Host: " + open + "#.preview.example.com"}, 403},
		{"GET /board", []string{"Host: " + open + "@x.preview.example.com"}, 403},
		{"GET /board", []string{"Host: x.preview.example.com", "X-Original-URL: http://" + open + "/board"}, 302},
	} {
		if a := say(t, address, row.line, row.lines...); a.status != row.want || secrets.received.Load() != 0 {
			t.Fatalf("%s with %q: status %d, want %d; the guarded application was reached %d times", row.line, row.lines, a.status, row.want, secrets.received.Load())
		}
	}
	if public.received.Load() != 3 {
		t.Errorf("the open one was reached %d times", public.received.Load())
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
	_, asked, _ := strings.Cut(string(ingress), "svc.cluster.local:8082")
	asked, _, _ = strings.Cut(asked, "\n")
	for _, line := range append(want, "proxy_buffer_size          32k;", "set $target http://127.0.0.1:8082"+asked+";") {
		if !strings.Contains(string(generated), line) {
			t.Errorf("the fixture has no %s", line)
		}
	}
	for name := range identity.Names(nil) {
		if !strings.Contains(list, name) {
			t.Errorf("auth-response-headers has no %s", name)
		}
	}
}
