package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	"modernc.org/sqlite"
)

// A conn is one connection with the statements that it has prepared. It is
// the driver's own: the pool of database/sql would start goroutines, and
// hides which statement runs on which connection. One goroutine at a time
// uses it.
type conn struct {
	raw        driver.Conn
	statements map[string]driver.Stmt
}

// connect opens a file that exists; mode is ro or rw.
func connect(path, mode string) (*conn, error) {
	uri := url.URL{Scheme: "file", Path: path, RawQuery: "mode=" + mode}
	raw, err := new(sqlite.Driver).Open(uri.String())
	if err != nil {
		return nil, err
	}
	return &conn{raw: raw, statements: map[string]driver.Stmt{}}, nil
}

func (c *conn) close() (err error) {
	for _, s := range c.statements {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.raw.Close())
}

func (c *conn) prepare(query string) (driver.Stmt, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	s, err := c.raw.Prepare(query)
	if err == nil {
		c.statements[query] = s
	}
	return s, err
}

func bind(args []driver.Value) []driver.NamedValue {
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return named
}

// exec runs a statement, and tells how many rows it has changed. No context
// reaches SQLite: nobody's cancellation interrupts what is done for others.
func (c *conn) exec(query string, args ...driver.Value) (changed int64, err error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := s.(driver.StmtExecContext).ExecContext(context.Background(), bind(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// script runs statements once.
func (c *conn) script(ctx context.Context, queries string, args ...driver.Value) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(ctx, queries, bind(args))
	return err
}

// query calls scan for every row. The row is scan's only until it returns,
// the bytes in it for good.
func (c *conn) query(scan func(row []driver.Value), query string, args ...driver.Value) (err error) {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), bind(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); err {
		case nil:
			scan(row)
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

func (c *conn) integer(query string) (n int64, err error) {
	err = c.query(func(row []driver.Value) { n, _ = row[0].(int64) }, query)
	return n, err
}

func (c *conn) text(query string) (text string, err error) {
	err = c.query(func(row []driver.Value) { text = fmt.Sprint(row[0]) }, query)
	return text, err
}
