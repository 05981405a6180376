package e2e

import (
	"net"
	"strings"
	"testing"
)

// A portalSite is a gateway with everything that people and programs come with,
// behind one front. Nothing is asked of /public.
type portalSite struct {
	*hybrid
	name, address string
	app           *upstream
}

// page is the other origin whose scripts may call /cors.
const page = "https://app.example"

// behindEach runs test behind every web server, each with a site of its own.
func behindEach(t *testing.T, test func(t *testing.T, s *portalSite)) {
	t.Parallel()
	for _, way := range fronts[1:] { // the first is the gateway's own proxy
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			isAtHand(t, way.name)
			test(t, newPortalSite(t, way.name, way.start, nil))
		})
	}
}

// behindIngressNginxToo runs test behind every web server and the controller,
// whose refusals are nginx' own.
func behindIngressNginxToo(t *testing.T, test func(t *testing.T, s *portalSite)) {
	behindEach(t, test)
	t.Run("ingress-nginx", func(t *testing.T) {
		t.Parallel()
		test(t, newPortalSite(t, "ingress-nginx", startIngressNginx, nil))
	})
}

func newPortalSite(t *testing.T, name string, front func(*testing.T, *gateway, *upstream) string, edits *strings.Replacer) *portalSite {
	t.Helper()
	u := newUpstream(t)
	s := &portalSite{hybrid: prepareHybrid(t, u, "edgeward.db", ""), name: name, app: u}
	s.edits = edits
	s.address = front(t, s.gateway, u)
	s.private("client-secret", clientSecret)
	s.write("edgeward.yaml", s.configuration())
	s.start()
	return s
}

func (s *portalSite) configuration() string {
	return `
forward_auth: {listen: "` + s.verify + `"}
admin: {listen: "` + s.admin + `"}
trusted_proxies: ["127.0.0.1/32"]
client_networks: ["` + oneClient + `/32"]
store: {path: edgeward.db}
tokens: {issuer: "` + ownIssuer + `", audience: "` + audience + `", keys: "file:keyring.jwks", secret: "file:secret", refresh_grace: 300s}
sessions: {insecure_http: true, cookie: people}
api_keys: {}
login:
  origin: "http://` + s.address + `"
  outcome: both
  providers: [{name: first, issuer: "http://` + loopback(freePort(s.t)) + `", client_id: edgeward, client_secret: "file:client-secret"}]
routes:
  _middleware: {authenticate: [api_key, bearer, cookie, session]}
  public: {authenticate: []}
  kept: {forward_credential: true}
  cors/_middleware: {cors: {origins: ["` + page + `"], methods: [GET, PUT], headers: [X-One], expose: [X-Upstream], credentials: true}}
  cors/admin: {permissions: [admin]}
  own/_middleware: {cors: {origins: ["` + page + `"], credentials: true}, methods: {OPTIONS: {authenticate: []}}}
`
}

// oneClient is the address of one that is no proxy, at which failed attempts count.
const oneClient = "127.0.0.2"

// sayAs is say from that address.
func (s *portalSite) sayAs(requestLine string, lines ...string) answer {
	s.t.Helper()
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(oneClient)}}
	conn, err := from.DialContext(s.t.Context(), "tcp", s.address)
	s.must(err)
	a, err := sayOver(conn, s.address, requestLine, lines...)
	s.must(err)
	return a
}

// say asks for path at the front.
func (s *portalSite) say(requestLine string, lines ...string) answer {
	s.t.Helper()
	return say(s.t, s.address, requestLine, lines...)
}

// reached asks for path and returns what the application saw.
func (s *portalSite) reached(t *testing.T, requestLine string, lines ...string) (report, answer) {
	t.Helper()
	a := say(t, s.address, requestLine, lines...)
	if a.report == nil {
		t.Fatalf("%s with %q: status %d, %s", requestLine, lines, a.status, a.body)
	}
	return *a.report, a
}
