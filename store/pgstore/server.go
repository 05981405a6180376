package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// oldest is the first version that the layout was written for.
const oldest = 130000

// setup is done on every connection. A node that is cut off in the middle of a
// write holds the lock that all others need, and the server sees a connection
// that is merely quiet: its TCP has to notice (11 s), and those who wait give up
// before that. The names in statements mean what the server defines, not what
// another role has made. They are no startup parameters, which poolers drop.
const setup = `
	SET synchronous_commit = on;
	SET default_transaction_isolation = 'read committed';
	SET search_path = pg_catalog;
	SET lock_timeout = '2s';
	SET statement_timeout = '10s';
	SET idle_in_transaction_session_timeout = '10s';
	SET tcp_keepalives_idle = 5;
	SET tcp_keepalives_interval = 2;
	SET tcp_keepalives_count = 3;
	SET tcp_user_timeout = 10000;
	SET enable_seqscan = off; -- a plan that was made while the table was small
	SET jit = off             -- before 18, what is off costs enough for its queries to be compiled: 0.1 s each`

// A server makes connections.
type server struct {
	config *pgx.ConnConfig
}

// patience is how long it takes to find the one of all hosts that answers.
func (s *server) patience() time.Duration {
	return s.config.ConnectTimeout*time.Duration(1+len(s.config.Fallbacks)) + timeout
}

// A link is one connection, and what its server said when it was made.
type link struct {
	*pgx.Conn
	epoch  string       // of the server's history: another one may lack what was committed
	warned *atomic.Bool // by the server, since this was last cleared
	used   time.Time
}

func (l *link) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.Close(ctx)
}

func (l *link) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return l.Ping(ctx) == nil
}

func newServer(c Config) (*server, error) {
	if err := checkSchema(c.Schema); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if c.Failover < None || c.Failover > Asynchronous {
		return nil, fmt.Errorf("%w: say what happens when the server fails: nothing takes over (none), a standby that has all that was acknowledged (synchronous), or one that may not (asynchronous)", ErrConfig)
	}
	if c.Readers < 0 || c.Readers > 100 {
		return nil, fmt.Errorf("%w: %d connections for reads, 1 to 100 are possible", ErrConfig, c.Readers)
	}
	config, err := parse(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &server{config: config}, nil
}

// parse reads the URL. Errors of the reader are not passed on: a URL that
// cannot be read may have its password anywhere.
func parse(c Config) (*pgx.ConnConfig, error) {
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("the URL cannot be read: it has the form postgres://user@host:5432/database?sslmode=verify-full, with % for special characters of a password")
	}
	config, err := pgx.ParseConfig(c.URL.Reveal())
	if err != nil {
		return nil, errors.New("a part of the URL, or a file that it names, cannot be used: look at the port, sslmode, sslrootcert, sslcert and sslkey")
	}
	if !c.Password.IsZero() {
		config.Password = c.Password.Reveal()
	}
	if !c.InsecureTransport {
		if err := protected(config); err != nil {
			return nil, err
		}
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "edgeward"
	}
	config.ConnectTimeout = timeout / 2 // for each host: a dead one must not take the time of the next
	config.ValidateConnect = acceptsWrites
	return config, nil
}

// protected refuses a server that is reached over a network without TLS, or
// with TLS that does not ask who is at the other end. Without sslmode that is
// what libpq does: it tries TLS and falls back.
func protected(config *pgx.ConnConfig) error {
	check := func(host string, secure bool) error {
		if secure || local(host) {
			return nil
		}
		return fmt.Errorf("the connection to %s would not be protected: add sslmode=verify-full to the URL, and sslrootcert=FILE if its certificate is from an authority of your own", host)
	}
	verified := func(c *pgconn.FallbackConfig) bool {
		t := c.TLSConfig
		return t != nil && (!t.InsecureSkipVerify || t.VerifyPeerCertificate != nil || t.VerifyConnection != nil)
	}
	for _, f := range append([]*pgconn.FallbackConfig{{Host: config.Host, TLSConfig: config.TLSConfig}}, config.Fallbacks...) {
		if err := check(f.Host, verified(f)); err != nil {
			return err
		}
	}
	return nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || filepath.IsAbs(host) || ip != nil && ip.IsLoopback()
}

// acceptsWrites passes over a standby, so that of several hosts the primary is
// found.
func acceptsWrites(ctx context.Context, c *pgconn.PgConn) error {
	result := c.ExecParams(ctx, `SELECT 1 WHERE pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean`, nil, nil, nil, nil).Read()
	if result.Err == nil && len(result.Rows) > 0 {
		return ErrStandby
	}
	return result.Err
}

// connect makes a connection to a server that keeps the contract.
func (s *server) connect(ctx context.Context) (*link, error) {
	l, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.inspect(ctx, l, None); err != nil {
		l.end()
		return nil, err
	}
	return l, nil
}

func (s *server) dial(ctx context.Context) (*link, error) {
	l := &link{warned: new(atomic.Bool)}
	config := s.config.Copy()
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.SeverityUnlocalized == "WARNING" {
			l.warned.Store(true)
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, explained(err, config)
	}
	l.Conn, l.used = conn, time.Now()
	return l, nil
}

// explained says what to do where somebody can do something.
func explained(err error, config *pgx.ConnConfig) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == invalidPassword {
		return fmt.Errorf("the server refuses the password of user %s: %w", config.User, err)
	}
	if errors.Is(err, ErrStandby) {
		return fmt.Errorf("%w. Name the primary, or all hosts with commas between: %w", ErrStandby, err)
	}
	return err
}

// settings are what the contract depends on.
type settings struct {
	version                                          int
	fsync, pages, commit, isolation, standbys, epoch string
}

// inspect sets a connection up and asks the server. A setting that is wrong is
// named with its remedy. That standbys are named is asked at the start only: a
// standby that has just taken over has none yet.
func (s *server) inspect(ctx context.Context, l *link, failover Failover) error {
	if _, err := l.PgConn().Exec(ctx, setup).ReadAll(); err != nil {
		return err
	}
	var v settings
	err := l.QueryRow(ctx, `SELECT current_setting('server_version_num')::integer,
		current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
		current_setting('transaction_isolation'), current_setting('synchronous_standby_names'),
		(SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)`,
	).Scan(&v.version, &v.fsync, &v.pages, &v.commit, &v.isolation, &v.standbys, &v.epoch)
	if err != nil {
		return err
	}
	l.epoch = v.epoch
	return v.check(failover)
}

func (v settings) check(failover Failover) error {
	unsafe := func(what string) error { return fmt.Errorf("%w: %s", ErrUnsafe, what) }
	switch {
	case v.version < oldest:
		return fmt.Errorf("%w: it is PostgreSQL %d, and 13 is needed", ErrOld, v.version/10000)
	case v.fsync != "on":
		return unsafe("fsync is off, so that a crash loses or damages what was acknowledged: set fsync = on")
	case v.pages != "on":
		return unsafe("full_page_writes is off, so that a crash may damage what was acknowledged: set full_page_writes = on")
	case v.commit != "on" && v.commit != "remote_apply":
		return unsafe("synchronous_commit is " + v.commit + " although on was asked for: a pooler may have changed it")
	case v.isolation != "read committed":
		return unsafe("the isolation is " + v.isolation + " although read committed was asked for: a pooler may have changed it")
	case failover == Synchronous && v.standbys == "":
		return unsafe("synchronous_standby_names is empty, so that a standby that takes over may lack what was acknowledged: name the standbys, or say that fail-over is asynchronous")
	}
	return nil
}

// hears checks that a notification of one connection reaches another. Poolers
// in transaction mode answer LISTEN and pass nothing on.
func hears(ctx context.Context, listening, notifying *link) error {
	const test = "edgeward.test"
	if _, err := listening.Exec(ctx, `LISTEN "`+test+`"`); err != nil {
		return err
	}
	nonce := fmt.Sprint(listening.PgConn().PID())
	if _, err := notifying.Exec(ctx, `SELECT pg_notify($1, $2)`, pgx.QueryExecModeExec, test, nonce); err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, 3*timeout)
	defer cancel()
	for {
		n, err := listening.WaitForNotification(patient)
		if patient.Err() != nil && ctx.Err() == nil {
			return fmt.Errorf("%w: connect to PostgreSQL itself, or through a pooler in session mode", ErrPooler)
		}
		if err != nil {
			return err
		}
		if n.Payload == nonce {
			_, err := listening.Exec(ctx, `UNLISTEN *`)
			return err
		}
	}
}
