package door

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// sendTimeout is how long a client may take to send all of a body that we read.
const sendTimeout = 10 * time.Second

// A BodyError is why a body was not read to its end: [problem.BodyTooLarge],
// [problem.RequestTimeout] or [problem.BodyBroken]. It wraps
// [edgeward.MalformedRequest].
type BodyError struct{ Fault problem.Fault }

// Error implements error.
func (e *BodyError) Error() string {
	return fmt.Sprintf("door: body: %s: %v", e.Fault.Explanation(), edgeward.MalformedRequest)
}

// Unwrap returns the Reason.
func (e *BodyError) Unwrap() error { return edgeward.MalformedRequest }

// ReadBody reads a body of at most most bytes, within 10 seconds. Errors are of
// type [*BodyError]; the connection then is not to be used again, which [LimitUnreadBody]
// sees to.
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

func brokenBody(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &BodyError{problem.BodyTooLarge}
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return &BodyError{problem.RequestTimeout}
	}
	return &BodyError{problem.BodyBroken}
}

// ReadForm reads a body as [ReadBody] does, and its parameters. An empty body is
// an empty form, of whatever type. Errors wrap [edgeward.MalformedRequest].
func ReadForm(w http.ResponseWriter, hr *http.Request, most int64) (form.Form, error) {
	body, err := ReadBody(w, hr, most)
	if err != nil {
		return nil, err
	}
	if mediaType, _, err := mime.ParseMediaType(hr.Header.Get("Content-Type")); len(body) > 0 && (err != nil || mediaType != "application/x-www-form-urlencoded") {
		return nil, Malformed("the body has to be application/x-www-form-urlencoded")
	}
	return form.Parse(string(body))
}
