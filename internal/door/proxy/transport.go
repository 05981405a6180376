package proxy

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// NewTransport returns a transport for upstreams: connections are kept, silence
// is bounded, and nothing is changed on the way (no decompression). It does not
// look at HTTP_PROXY: a gateway that a stray variable sends elsewhere hands
// identities to a stranger.
func NewTransport() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second, // as nginx's proxy_read_timeout
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   256,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

const bufferSize = 32 << 10

var bufferPool = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// buffers is the [httputil.BufferPool] of all proxies.
type buffers struct{}

func (buffers) Get() []byte  { return bufferPool.Get().(*[bufferSize]byte)[:] }
func (buffers) Put(b []byte) { bufferPool.Put((*[bufferSize]byte)(b)) }
