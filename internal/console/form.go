package console

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxBody     = 32 << 10         // bytes of a form
	bodyTimeout = 10 * time.Second // to send all of it
	pageSize    = 50               // rows of a list
)

// A mistake is something in a form that its sender can put right. It is shown.
type mistake string

func (m mistake) Error() string { return "console: " + string(m) }

func mistaken(format string, args ...any) error { return mistake(fmt.Sprintf(format, args...)) }

// A form is the parameters of a request, each there once, without outer spaces.
type form map[string]string

// query reads the parameters of a GET.
func (x *exchange) query() (form, error) { return parseForm(x.visit.Request.RawQuery) }

// form reads the body of a POST.
func (x *exchange) form() (form, error) {
	if mediaType, _, err := mime.ParseMediaType(x.in.Header.Get("Content-Type")); err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, mistaken("The request is no form.")
	}
	client := http.NewResponseController(x.w)
	_ = client.SetReadDeadline(time.Now().Add(bodyTimeout)) // not every reader has one
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.in.Body, maxBody))
	if err != nil {
		return nil, mistaken("The form is too large, or broke off.")
	}
	_ = client.SetReadDeadline(time.Time{})
	x.heard = true
	return parseForm(string(body))
}

// parseForm refuses a parameter that is there twice: what is in front may have
// read the other one.
func parseForm(text string) (form, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, mistaken("The form cannot be read.")
	}
	f := make(form, len(values))
	for name, list := range values {
		if len(list) > 1 {
			return nil, mistaken("A field of the form is there twice.")
		}
		f[name] = strings.TrimSpace(list[0])
	}
	return f, nil
}

// need returns a field that has to be filled in.
func (f form) need(name, label string) (string, error) {
	if f[name] == "" {
		return "", mistaken("Please fill in: %s.", label)
	}
	return f[name], nil
}

// link returns path with the parameters that have a value, given as name and
// value in turn.
func link(path string, parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		if parameters[i+1] != "" {
			values.Set(parameters[i], parameters[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
