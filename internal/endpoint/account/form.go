package account

import (
	"errors"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

const maxForm = 16 << 10 // bytes; the longest thing in one is a logout token of 8 KiB

// readForm reads the body; an empty one is an empty form.
func (x *exchange) readForm() (form.Form, error) {
	f, err := door.ReadForm(x.w, x.in, maxForm)
	if body, ok := errors.AsType[*door.BodyError](err); ok {
		err = &problem.Failure{Fault: body.Fault, Err: err}
	}
	return f, err
}
