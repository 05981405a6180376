package browser

import (
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/problem"
)

const (
	maxForm     = 16 << 10         // bytes; the longest thing in one is a logout token of 8 KiB
	formTimeout = 10 * time.Second // to send all of it
)

// A form is a request's parameters. One that nobody knows is ignored.
type form map[string]string

// query reads what the URL says.
func query(r *edgeward.Request) (form, error) { return parse(r.RawQuery) }

// readForm reads the body; an empty one is an empty form.
func (x *exchange) readForm() (form, error) {
	client := http.NewResponseController(x.w)
	_ = client.SetReadDeadline(time.Now().Add(formTimeout)) // not every reader has one
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.in.Body, maxForm))
	if err != nil { // the deadline stays, or the server would wait for the rest
		return nil, brokenBody(err)
	}
	_ = client.SetReadDeadline(time.Time{})
	if mediaType, _, err := mime.ParseMediaType(x.in.Header.Get("Content-Type")); len(body) > 0 && (err != nil || mediaType != "application/x-www-form-urlencoded") {
		return nil, malformed("the body has to be application/x-www-form-urlencoded")
	}
	return parse(string(body))
}

func brokenBody(err error) error {
	refusal := malformed("the body broke off, is too large or too slow")
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &failure{problem.BodyTooLarge, refusal}
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return &failure{problem.RequestTimeout, refusal}
	}
	return &failure{problem.BodyBroken, refusal}
}

// parse reads parameters strictly: of one that is there twice, a proxy or a log
// in front may have read the other one.
func parse(encoded string) (form, error) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, malformed("the parameters are no form")
	}
	f := make(form, len(values))
	for name, list := range values {
		if len(list) > 1 {
			return nil, malformed("a parameter is repeated")
		}
		f[name] = list[0]
	}
	return f, nil
}

// has tells an empty parameter from none.
func (f form) has(name string) bool { _, ok := f[name]; return ok }
