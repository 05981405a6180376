package pgstore

import (
	"context"
	"time"
)

// Sweep removes what has been gone for longer than age.
func (s *Store) Sweep(ctx context.Context, age time.Duration) (swept int64, err error) {
	l, err := s.refresh(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer l.end()
	err = l.QueryRow(ctx, s.sql.sweep, age, step).Scan(&swept)
	return swept, err
}

// InSchema fills the schema's name in.
func InSchema(query, schema string) string { return inSchema(query, schema) }

// Timeout bounds a command.
const Timeout = timeout
