package console

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

const (
	maxForm  = 32 << 10 // bytes
	pageSize = 50       // rows of a list
)

// A mistake is something in a form that its sender can put right. It is shown.
type mistake string

func (m mistake) Error() string { return "console: " + string(m) }

func mistaken(format string, args ...any) error { return mistake(fmt.Sprintf(format, args...)) }

// Fields are the parameters of a request, without outer spaces.
type fields map[string]string

// query reads the parameters of a GET.
func (x *exchange) query() (fields, error) { return fieldsOf(form.Parse(x.visit.Request.RawQuery)) }

// form reads the body of a POST.
func (x *exchange) form() (fields, error) {
	f, err := door.ReadForm(x.w, x.in, maxForm)
	if _, broken := errors.AsType[*problem.Failure](err); broken {
		return nil, mistaken("The form is too large, or broke off.")
	}
	x.heard = true
	return fieldsOf(f, err)
}

func fieldsOf(f form.Form, err error) (fields, error) {
	switch {
	case errors.Is(err, form.ErrRepeated):
		return nil, mistaken("A field of the form is there twice.")
	case err != nil:
		return nil, mistaken("The form cannot be read.")
	}
	for name, value := range f {
		f[name] = strings.TrimSpace(value)
	}
	return fields(f), nil
}

// need returns a field that has to be filled in.
func (f fields) need(name, label string) (string, error) {
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
