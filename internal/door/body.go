package door

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// sendTimeout is how long a client may take to send all of a body that we read.
const sendTimeout = 10 * time.Second

// ReadBody reads a body of at most most bytes, within 10 seconds. Errors are
// [endpoint.BodyError]'s; the connection then is not to be used again, which
// [LimitUnreadBody] sees to.
func ReadBody(w http.ResponseWriter, hr *http.Request, most int64) ([]byte, error) {
	client := http.NewResponseController(w)
	_ = client.SetReadDeadline(time.Now().Add(sendTimeout)) // not every reader has one
	body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, most))
	if err != nil { // the deadline stays, or the server would wait for the rest
		return nil, brokenBody(err)
	}
	_ = client.SetReadDeadline(time.Time{})
	return body, nil
}

// brokenBody says why a body was not read to its end.
func brokenBody(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return endpoint.BodyError(problem.BodyTooLarge)
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return endpoint.BodyError(problem.RequestTimeout)
	}
	return endpoint.BodyError(problem.BodyBroken)
}

// ReadForm reads a body as [ReadBody] does, and its parameters: see
// [endpoint.Call.Form].
func ReadForm(w http.ResponseWriter, hr *http.Request, most int) (form.Form, error) {
	c := endpoint.Call{
		Request: &edgeward.Request{Header: edgeward.Header(hr.Header)},
		Read:    func(most int) ([]byte, error) { return ReadBody(w, hr, int64(most)) },
	}
	return c.Form(most)
}
