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
}

// expect gives the client time for what is written next.
func (c *client) expect() { _ = c.control.SetWriteDeadline(time.Now().Add(takeIdle)) }

// Write implements [io.Writer].
func (c *client) Write(p []byte) (int, error) {
	c.expect()
	return c.ResponseWriter.Write(p)
}

// WriteHeader implements [http.ResponseWriter]. It writes to the connection
// when status is informational.
func (c *client) WriteHeader(status int) {
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
