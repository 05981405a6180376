package authapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/edgeward/edgeward"
)

const (
	maxBody     = 16 << 10         // bytes of a form; the longest thing in one is a token of 8 KiB
	bodyTimeout = 10 * time.Second // to send all of it
)

var (
	errTooLarge = fmt.Errorf("authapi: the body exceeds %d bytes: %w", maxBody, edgeward.MalformedRequest)
	errTooSlow  = fmt.Errorf("authapi: the body took longer than %v: %w", bodyTimeout, edgeward.MalformedRequest)
)

// A form is a request's parameters. One without a value counts as absent, and
// one that nobody knows is ignored (RFC 6749 §3.2).
type form map[string]string

// form reads the body strictly: of a parameter that is there twice, a proxy or
// a log in front may have read the other one.
func (x *exchange) form() (form, error) {
	if mediaType, _, err := mime.ParseMediaType(x.in.Header.Get("Content-Type")); err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, refuse(invalidRequest, "the body has to be application/x-www-form-urlencoded")
	}
	client := http.NewResponseController(x.w)
	_ = client.SetReadDeadline(time.Now().Add(bodyTimeout)) // not every reader has one
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.in.Body, maxBody))
	if err != nil { // the deadline stays, or the server would wait for the rest
		return nil, brokenBody(err)
	}
	_ = client.SetReadDeadline(time.Time{})
	return parseForm(string(body))
}

func brokenBody(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return errTooLarge
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return errTooSlow
	}
	return refuse(invalidRequest, "the body broke off")
}

func parseForm(body string) (form, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, refuse(invalidRequest, "the body is no form")
	}
	f := make(form, len(values))
	for name, list := range values {
		if len(list) > 1 {
			return nil, refuse(invalidRequest, "a parameter is repeated")
		}
		f[name] = list[0]
	}
	return f, nil
}

// publicClient refuses a client that proves who it is: none can here, and one
// that thinks it has must not be left in that belief.
func (f form) publicClient(r *edgeward.Request) error {
	for _, name := range [...]string{"client_secret", "client_assertion", "client_assertion_type"} {
		if f[name] != "" {
			return refuse(invalidClient, "clients are public and have no secret")
		}
	}
	if len(r.Header["Authorization"]) > 0 {
		return refuse(invalidClient, "clients are public and have no secret")
	}
	return nil
}
