package admin

import (
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A document is an answer in the making, as openapi.json describes it.
type document struct{ strictjson.Writer }

// lastInstant is the last one that RFC 3339 can spell, in UTC.
var lastInstant = time.Date(9999, time.December, 31, 23, 59, 59, 999_000_000, time.UTC)

// optionalTime is time for an instant that is left out where it is zero.
func (d *document) optionalTime(name string, t time.Time) {
	if !t.IsZero() {
		d.time(name, t)
	}
}

// time writes an instant. A row may say more than RFC 3339 can spell, and one
// such row must not hide all others of a list.
func (d *document) time(name string, t time.Time) {
	if t = t.UTC(); t.After(lastInstant) {
		t = lastInstant
	}
	d.String(name, t.Format(time.RFC3339Nano))
}

// page is a page of a list, and where to go on, "" at its end.
func page[T any](name string, rows []T, next string, show func(*T) []byte) []byte {
	var d document
	d.Array(name, len(rows), func(dst []byte, i int) []byte { return append(dst, show(&rows[i])...) })
	d.Optional("next", next)
	return d.End()
}
