package server

import (
	"net/http"
	"sync/atomic"
	"time"
)

// The limits of HTTP/2, beside those of every listener.
const (
	maxStreams    = 100              // at once, of one connection (RFC 9113 §6.5.2 advises no fewer)
	streamBuffers = 1 << 20          // bytes of bodies that are not read yet, of a connection
	streamBuffer  = 256 << 10        // and of a stream
	stallTimeout  = 30 * time.Second // how long a peer may take nothing of what is written
)

func protocols(t *Transport) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(t.TLS != nil)
	p.SetUnencryptedHTTP2(t.H2C && t.TLS == nil)
	return p
}

// atMost answers 503 to a request of HTTP/2 beyond most that are under way. In
// HTTP/1.1 a connection carries one, and the bound of connections is theirs too;
// here each would carry a hundred. The connection stays.
func atMost(most int, next http.Handler) http.Handler {
	var under atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if hr.ProtoMajor < 2 {
			next.ServeHTTP(w, hr)
			return
		}
		defer under.Add(-1)
		if under.Add(1) > int64(most) {
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, hr)
	})
}
