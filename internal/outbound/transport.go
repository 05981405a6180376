package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	maxHeader   = 64 << 10         // bytes of a response's header
	idle        = 10 * time.Second // from one document to the next
)

// redirects keeps a request where it was sent: an open redirect at a provider
// must not choose whose keys we believe, nor reach into our network. Of the
// redirects within the host it follows so many; the one beyond 0 is an answer
// like any other.
func redirects(most int) func(next *http.Request, via []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		first := via[0].URL
		switch {
		case most == 0:
			return http.ErrUseLastResponse
		case len(via) > most:
			return errors.New("outbound: too many redirects")
		case !strings.EqualFold(next.URL.Host, first.Host) || next.URL.User != nil:
			return errors.New("outbound: redirect to another host")
		case first.Scheme == "https" && next.URL.Scheme != "https":
			return errors.New("outbound: redirect from https to http")
		}
		return nil
	}
}

func newTransport(roots *x509.CertPool, control func(network, address string, _ syscall.RawConn) error) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, Control: control}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        idle,
		MaxIdleConns:           1,
	}
}

// viaProxy leaves the choice of addresses to the operator's egress proxy where
// there is one; its own address is often private.
type viaProxy struct {
	proxied http.RoundTripper
	direct  *http.Transport
}

// RoundTrip implements [http.RoundTripper].
func (v viaProxy) RoundTrip(r *http.Request) (*http.Response, error) {
	proxy, err := v.direct.Proxy(r)
	if err != nil {
		return nil, err
	}
	if proxy != nil {
		return v.proxied.RoundTrip(r)
	}
	return v.direct.RoundTrip(r)
}
