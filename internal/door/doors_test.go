package door_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

func TestProxy(t *testing.T)      { doorstest.Run(t, openProxy) }
func TestMiddleware(t *testing.T) { doorstest.Run(t, openMiddleware) }
func TestTraefik(t *testing.T) {
	doorstest.Run(t, front{describe: likeTraefik, status: traefikStatus}.open)
}
func TestNginx(t *testing.T) { doorstest.Run(t, front{describe: likeNginx, asksAgain: true}.open) }

// ingress-nginx asks for no refusal, and names the host that it has chosen.
func TestIngressNginx(t *testing.T) {
	doorstest.Run(t, front{describe: likeNginx, status: nginxStatus, redirect: 401, names: true}.open)
}

func openProxy(t testing.TB, d edgeward.Decider, trusted []netip.Prefix) doorstest.Door {
	app := &doorstest.Application{Careless: true} // the edge has the last word
	upstream := httptest.NewServer(app)
	t.Cleanup(upstream.Close)
	p, err := proxy.New(proxy.Config{Decider: d, Trusted: trust(t, trusted), Upstream: upstream.URL})
	if err != nil {
		t.Fatal(err)
	}
	front := door.Door{Trusted: trust(t, trusted), Hosts: hosts(t)} // as internal/setup/config puts it together
	return through(t, front.OnlyHosts(p), app)
}

func hosts(t testing.TB) *canonical.Hosts {
	h, err := canonical.NewHosts(doorstest.Hosts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func openMiddleware(t testing.TB, d edgeward.Decider, trusted []netip.Prefix) doorstest.Door {
	app := &doorstest.Application{}
	auth, err := httpauth.New(d, httpauth.Config{TrustedProxies: trusted, Hosts: doorstest.Hosts})
	if err != nil {
		t.Fatal(err)
	}
	return through(t, auth(app), app)
}

// through is a door that stands in the request's way.
func through(t testing.TB, h http.Handler, app *doorstest.Application) doorstest.Door {
	wire := doorstest.NewWire(t, h)
	return doorstest.Door{Send: func(t testing.TB, r doorstest.Request) (doorstest.Answer, *doorstest.Seen) {
		answer := wire.Send(t, r)
		return answer, app.Take()
	}}
}

func trust(t testing.TB, prefixes []netip.Prefix) *clientip.Trusted {
	trusted, err := clientip.New(prefixes)
	if err != nil {
		t.Fatal(err)
	}
	return trusted
}

// A front is a proxy that asks forward-auth, as far as that matters here.
type front struct {
	describe func(r doorstest.Request, h http.Header) // sets the fields of the dialect
	status   func(edgeward.Reason, doorstest.Request) int
	redirect int // with which status a person is told where to sign in; zero means 302
	// asksAgain: auth_request throws a refusal away, and the location for errors
	// asks what the client gets.
	asksAgain bool
	names     bool // the host that it has chosen, in the path of the question
}

// path is where it asks.
func (f front) path(r doorstest.Request) string {
	if !f.names {
		return forwardauth.Path
	}
	host := r.Host
	if _, rest, absolute := strings.Cut(r.Target, "://"); absolute && r.Target[0] != '/' {
		host, _, _ = strings.Cut(strings.ReplaceAll(rest, "?", "/"), "/")
	}
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	return forwardauth.NamedPath + strings.ToLower(strings.TrimSuffix(host, "."))
}

func (f front) open(t testing.TB, d edgeward.Decider, trusted []netip.Prefix) doorstest.Door {
	wire := doorstest.NewWire(t, forwardauth.New(forwardauth.Config{Decider: d, Trusted: trust(t, trusted), Hosts: hosts(t)}))
	names := doorstest.FieldNames(t)
	send := func(t testing.TB, r doorstest.Request) (doorstest.Answer, *doorstest.Seen) {
		h := clientFields(r)
		asking := h.Clone()
		f.describe(r, asking)
		asking.Set("X-Forwarded-For", strings.TrimPrefix(strings.Join(append(h.Values("X-Forwarded-For"), r.Peer.String()), ", "), ", "))
		answer := wire.Send(t, doorstest.Request{Method: "GET", Target: f.path(r), Host: "auth.internal", Fields: lines(asking), Peer: doorstest.Nearer})
		if answer.Status/100 == 2 {
			return answer, forwarded(names, r, h, answer)
		}
		if f.asksAgain {
			answer = askAgain(t, wire, asking, answer)
		}
		return answer, nil
	}
	return doorstest.Door{Send: send, Status: f.status, Redirect: f.redirect, Beside: true}
}

// askAgain asks for what the client gets, as nginx does: of the first answer it
// kept what auth_request_set names, and the challenge of a 401.
func askAgain(t testing.TB, wire *doorstest.Wire, asking http.Header, first doorstest.Answer) doorstest.Answer {
	asking.Set("X-Edgeward-Refusal", first.Header.Get("X-Edgeward-Refusal"))
	answer := wire.Send(t, doorstest.Request{Method: "GET", Target: "/refusal", Host: "auth.internal", Fields: lines(asking), Peer: doorstest.Nearer})
	for _, cookie := range first.Header.Values("Set-Cookie") {
		answer.Header.Add("Set-Cookie", cookie)
	}
	if answer.Status == 401 {
		answer.Header["Www-Authenticate"] = append(first.Header["Www-Authenticate"], answer.Header["Www-Authenticate"]...)
	}
	return answer
}

// clientFields reads the client's fields as a proxy does, which removes what
// Connection names.
func clientFields(r doorstest.Request) http.Header {
	h := http.Header{}
	for _, line := range r.Fields {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	for _, name := range strings.Split(strings.Join(h.Values("Connection"), ","), ",") {
		h.Del(strings.TrimSpace(name))
	}
	h.Del("Connection")
	return h
}

func lines(h http.Header) (all []string) {
	for name, values := range h {
		for _, value := range values {
			all = append(all, name+": "+value)
		}
	}
	return all
}

// forwarded is the request that the front sends to the application: the
// client's, with the identity fields of the answer over it, and those that can
// carry a credential.
func forwarded(names edgeward.FieldNames, r doorstest.Request, h http.Header, answer doorstest.Answer) *doorstest.Seen {
	for name := range identity.Names(names) {
		name = textproto.CanonicalMIMEHeaderKey(name)
		delete(h, name)
		if values, present := answer.Header[name]; present {
			h[name] = values
		} else {
			h.Set(name, "missing in the answer")
		}
	}
	for _, name := range append([]string{"Authorization", "Cookie", "X-Api-Key"}, names.Touched()...) {
		h.Del(name)
		if value := answer.Header.Get(name); value != "" {
			h.Set(name, value)
		}
	}
	u, _ := url.ParseRequestURI(r.Target)
	return &doorstest.Seen{Method: r.Method, Host: r.Host, Target: r.Target, Path: u.Path, Header: h}
}

// likeTraefik believes what a declared proxy says of the scheme, as Traefik is
// set up to behind another one.
func likeTraefik(r doorstest.Request, h http.Header) {
	h.Set("X-Forwarded-Method", r.Method)
	h.Set("X-Forwarded-Uri", r.Target)
	h.Set("X-Forwarded-Host", r.Host)
	if !doorstest.Proxies.Contains(r.Peer) || h.Get("X-Forwarded-Proto") == "" {
		h.Set("X-Forwarded-Proto", "http")
	}
}

func likeNginx(r doorstest.Request, h http.Header) {
	h.Set("X-Original-Method", r.Method)
	h.Set("X-Original-Uri", r.Target)
	h.Set("X-Original-Host", r.Host)
	if !doorstest.Proxies.Contains(r.Peer) {
		h.Set("X-Original-Proto", "http")
		h.Del("X-Forwarded-Proto")
	}
	h.Del("X-Forwarded-Host")
	h.Del("X-Edgeward-Refusal")
}

func traefikStatus(reason edgeward.Reason, r doorstest.Request) int {
	for _, field := range r.Fields {
		if strings.HasPrefix(field, "X-Original-U") { // looks like nginx
			return nginxStatus(reason, r)
		}
	}
	if reason == edgeward.Preflight {
		return 403 // 2xx would let it through to the application
	}
	return reason.Status()
}

func nginxStatus(reason edgeward.Reason, _ doorstest.Request) int {
	switch s := reason.Status(); {
	case s == 200, s == 401, s >= 500:
		return s
	default:
		return 403
	}
}
