package telemetry

import (
	"bufio"
	"net"
	"net/http"
)

// An answer is a ResponseWriter that knows its status.
type answer struct {
	http.ResponseWriter
	status int // 0: none yet
}

// Unwrap lets [http.ResponseController] flush, and reach what else the server
// offers.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// Hijack implements [http.Hijacker]. What takes the connection over (a
// WebSocket) writes its own status line, so 101 is noted here.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil && a.status == 0 {
		a.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// end says that the handler has returned: of one that wrote nothing net/http
// makes a 200.
func (a *answer) end() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
}

// class is the first digit of the status, and 0 of one that is none.
func (a *answer) class() int {
	if a.status < 100 || a.status > 599 {
		return 0
	}
	return a.status / 100
}
