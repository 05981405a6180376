package admin

import (
	"errors"
	"slices"
	"strconv"

	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/store"
)

// pageSize is how much a list shows when the caller does not say.
const pageSize = 100

// A query is the parameters of a request, read like a [body].
type query struct {
	values form.Form
	known  []string
	wrong  error
}

// readQuery refuses a parameter that is there twice: what is in front may have
// read the other one.
func readQuery(raw string) (*query, error) {
	values, err := form.Parse(raw)
	if repeated, ok := errors.AsType[*form.RepeatedError](err); ok {
		return nil, malformed("The parameter %s is repeated.", quote(repeated.Name))
	}
	if err != nil {
		return nil, malformed("The query cannot be read.")
	}
	return &query{values: values}, nil
}

// text reads a parameter, "" when there is none. One that is there and empty is a
// mistake: taken for absent, "subject" would list everybody.
func (q *query) text(name string) string {
	text := q.place(name)
	if text == "" && q.values.Has(name) {
		q.wrong = malformed("The parameter %s is empty.", quote(name))
	}
	return text
}

// place reads where a list goes on, "" for its beginning.
func (q *query) place(name string) string {
	q.known = append(q.known, name)
	return q.values[name]
}

// page reads which part of a list is wanted.
func (q *query) page() (after string, limit int) {
	limit = pageSize
	if text := q.text("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > store.MaxList {
			q.wrong = malformed("The parameter \"limit\" has to be from 1 to %d.", store.MaxList)
		}
		limit = n
	}
	return q.place("after"), limit
}

// end refuses what was wrong, and what the operation does not know: a misspelt "subject"
// would list everybody. It names no value, which may be a key.
func (q *query) end() error {
	if q.wrong != nil {
		return q.wrong
	}
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			return malformed("The parameter %s is unknown.", quote(name))
		}
	}
	return nil
}
