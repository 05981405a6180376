package account

import (
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/form"
)

const maxForm = 16 << 10 // bytes; the longest thing in one is a logout token of 8 KiB

// readForm reads the body; an empty one is an empty form.
func (x *exchange) readForm() (form.Form, error) {
	return door.ReadForm(x.w, x.in, maxForm)
}
