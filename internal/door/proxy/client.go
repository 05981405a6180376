package proxy

import (
	"net/http"
	"time"
)

// takeIdle bounds how long a client may leave the next bytes of an answer
// untaken, as nginx's send_timeout does: one that asks for a large file and
// reads none of it would hold a connection here and one at the upstream. How
// long the answer takes as a whole has no bound.
const takeIdle = time.Minute

// A client is where the answer goes.
type client struct {
	http.ResponseWriter
	control *http.ResponseController
	early   bool      // it knows informational answers: HTTP/1.0 takes one for the answer (RFC 9110 §15.2)
	until   time.Time // that the client has; zero: nothing is said yet
}

// expect gives the client time for what is written next, or a little less: in HTTP/2
// a deadline is a message to the connection's own goroutine, and an answer asks for
// three.
func (c *client) expect() {
	if until := time.Now().Add(takeIdle); until.Sub(c.until) > time.Second {
		c.until = until
		_ = c.control.SetWriteDeadline(until)
	}
}

// Write implements [io.Writer].
func (c *client) Write(p []byte) (int, error) {
	c.expect()
	return c.ResponseWriter.Write(p)
}

// WriteHeader implements [http.ResponseWriter]. It writes to the connection
// when status is informational.
func (c *client) WriteHeader(status int) {
	if status < http.StatusOK {
		if !c.early {
			return
		}
		// In HTTP/2 the header of an informational answer may still be written when the
		// stream was reset and ReverseProxy clears it, which ends the process. net/http
		// copies one that has this field, and leaves the field out.
		h := c.Header()
		h["Transfer-Encoding"] = nil
		defer delete(h, "Transfer-Encoding")
	}
	c.expect()
	c.ResponseWriter.WriteHeader(status)
}

// FlushError is what [http.ResponseController.Flush] calls.
func (c *client) FlushError() error {
	c.expect()
	return c.control.Flush()
}

// Unwrap lets [http.ResponseController] reach what else the server offers.
func (c *client) Unwrap() http.ResponseWriter { return c.ResponseWriter }
