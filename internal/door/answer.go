package door

import (
	"net/http"
	"time"
)

// How long a client may take with an answer that no application gives.
const (
	takeTimeout = 30 * time.Second // to take all of it
	bodyTimeout = 2 * time.Second  // to stop sending a body that nobody reads
)

// LimitUnreadBody is called before an answer of our own to hr is written. A client that
// does not take it, or announces a body that never comes, would hold its
// connection for ever: net/http reads up to 256 KiB of an unread body before it
// writes an answer, and again after it, and bounds neither. A connection with
// such a body ends with the answer, which is sent at once. In HTTP/2 an
// unread body ends with its stream.
func LimitUnreadBody(w http.ResponseWriter, hr *http.Request) {
	limitAnswer(w, hr)
	if ambiguous(hr) || hr.ProtoMajor == 1 && hr.ContentLength != 0 {
		w.Header().Set("Connection", "close")
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	}
}

// limitAnswer is for an answer to a request whose body was read.
func limitAnswer(w http.ResponseWriter, hr *http.Request) {
	if !hasWriteTimeout(hr) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(takeTimeout))
	}
}

// hasWriteTimeout reports whether the program around the middleware bounds all
// answers by itself, maybe closer.
func hasWriteTimeout(hr *http.Request) bool {
	server, ok := hr.Context().Value(http.ServerContextKey).(*http.Server)
	return ok && server.WriteTimeout > 0
}
