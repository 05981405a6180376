package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"

	"github.com/edgeward/edgeward/internal/door"
)

// A writer is the server's own in the cases in which the middleware has
// something to see to afterwards.
type writer struct {
	http.ResponseWriter
	private  bool           // the answer brings its client a credential
	visit    *door.Visit    // whose route edits the answer; nil: none does
	exchange *door.Exchange // follows the connection if the handler takes it over
}

// keep has the last word on caches, and on what the route edits, when the handler has
// said its own.
func (w *writer) keep() {
	if w.visit != nil {
		door.EditResponse(w.Header(), w.visit)
	}
	if w.private {
		door.ForbidSharedCaching(w.Header())
	}
}

// WriteHeader implements [http.ResponseWriter].
func (w *writer) WriteHeader(status int) {
	w.keep()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(p []byte) (int, error) {
	w.keep()
	return w.ResponseWriter.Write(p)
}

// Flush implements [http.Flusher].
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is what [http.ResponseController.Flush] calls.
func (w *writer) FlushError() error {
	w.keep()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return w.exchange.Follow(conn), buffered, nil
}

// ReadFrom implements [io.ReaderFrom], as the server's own does.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	w.keep()
	return io.Copy(w.ResponseWriter, r)
}

// Unwrap lets [http.ResponseController] reach what else the server offers.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
