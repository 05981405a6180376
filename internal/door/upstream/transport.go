package upstream

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// The time-outs and bounds of upstreams that set none.
const (
	defaultConnect  = 5 * time.Second
	defaultResponse = 60 * time.Second // as nginx's proxy_read_timeout
	defaultIdle     = 90 * time.Second
)

// How long a connection in HTTP/2 may be silent before it is asked whether it lives,
// and how long it may take to say so. A server that vanished would else be found out
// by the time-out of each request.
const (
	pingAfter   = 15 * time.Second
	pingTimeout = 5 * time.Second
)

// A Transport carries requests to upstreams that are nothing but a URL. Share one
// between the proxies of successive configurations: a reload then keeps the
// connections.
type Transport struct {
	*http.Transport // bounds the wait for an answer by defaultResponse
	direct          direct

	once    sync.Once
	patient *http.Transport
}

// NewTransport returns a Transport: connections are kept, silence is bounded, and
// nothing is changed on the way (no decompression). It does not look at
// HTTP_PROXY: a gateway that a stray variable sends elsewhere hands identities to
// a stranger.
func NewTransport() *Transport {
	return &Transport{
		Transport: newTransport(defaultConnect, defaultResponse, defaultIdle),
		direct:    direct{dial: dialer(defaultConnect), response: defaultResponse, kept: keep{idle: defaultIdle}},
	}
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(out *http.Request) (*http.Response, error) {
	if t.direct.takes(out) {
		return t.direct.RoundTrip(out)
	}
	return t.Transport.RoundTrip(out.WithContext(settled(out.Context())))
}

// CloseIdleConnections closes the connections that wait for a request.
func (t *Transport) CloseIdleConnections() {
	t.direct.kept.closeAll()
	t.Transport.CloseIdleConnections()
}

// Patient returns the transport that leaves the wait for an answer to a [Trip]. It
// has connections of its own.
func (t *Transport) Patient() http.RoundTripper {
	t.once.Do(func() {
		t.patient = t.Clone()
		t.patient.ResponseHeaderTimeout = 0
	})
	return t.patient
}

// patient returns the transport that waits for an answer as long as a trip says.
func patient(t http.RoundTripper) http.RoundTripper {
	if t, ok := t.(interface{ Patient() http.RoundTripper }); ok {
		return t.Patient()
	}
	return t
}

func newTransport(connect, response, idle time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:           settlingAll(dialer(connect)),
		TLSHandshakeTimeout:   connect,
		ResponseHeaderTimeout: response,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       idle,
		MaxIdleConnsPerHost:   256,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

// dialer connects to a host, or to the socket that a host stands for.
func dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if address[0] == socketHost[0] {
			host, _, _ := net.SplitHostPort(address)
			if socket, ok := socketOf(host); ok {
				return d.DialContext(ctx, "unix", socket)
			}
		}
		return d.DialContext(ctx, network, address)
	}
}
