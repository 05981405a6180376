// Package server listens, survives slow and greedy clients, and stops without
// dropping what it has begun.
//
// A client can hold a connection for free, so every wait has a bound: a header
// must arrive within 10 s, the whole request within 20 s unless the handler that
// reads the body gives it longer, an idle connection is closed after 2 minutes, or
// after 10 s where the listener is nearly full, and when it is full the connection
// that has waited longest for a request makes room for the next. Answers have no bound in time here:
// a download or an event stream may last for days, and the door knows which
// answers are its own.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// The limits of every listener.
const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 20 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	maxConnections = 16_384
	drainTimeout   = 30 * time.Second

	// headerSlop is what net/http reads beyond MaxHeaderBytes.
	headerSlop = 4096
)

// A Config says where to listen and what to serve.
type Config struct {
	Name    string // for messages and metrics: "proxy.listen"
	Address string // host:port, where port 0 takes a free one; or unix: and a path
	Handler http.Handler
	// MaxConnections bounds the connections open at once; 0 means 16,384, or a
	// quarter of the files that the process may have open if that is less: a
	// request that is passed on takes a second one, and there are more listeners.
	MaxConnections int
	// Drain bounds how long requests that have begun may go on after the end;
	// 0 means 30 s.
	Drain time.Duration
	Log   *slog.Logger // nil discards
	// ErrorLog is for what net/http says by itself of connections; nil discards.
	// Clients choose what is in it, so it has to be bounded.
	ErrorLog *log.Logger
	Transport
}

// A Transport says how a listener is spoken to, beside plain HTTP/1.1 on TCP.
type Transport struct {
	// TLS returns what a client is spoken to by, HTTP/2 among it; nil: no TLS. An
	// error ends the handshake.
	TLS func(*tls.ClientHelloInfo) (*tls.Config, error)
	// H2C takes HTTP/2 without TLS, too, from clients that begin with it (RFC 9113
	// §3.3). There is no upgrade to it.
	H2C bool
	// SocketMode is that of a Unix socket; 0 means 0660.
	SocketMode os.FileMode
	// Introduced are the peers that begin with a PROXY header; nil: none.
	Introduced *clientip.Trusted
}

// A Server is an open listener.
type Server struct {
	name     string
	conns    *connections
	listener net.Listener // over conns
	http     *http.Server
	drain    time.Duration
	abort    context.CancelFunc
}

// Listen opens the listener. Nothing is served until [Server.Run].
func Listen(c Config) (*Server, error) {
	listener, err := listen(c.Address, c.SocketMode)
	if err != nil {
		return nil, &ListenError{c.Name, c.Address, err}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = affordable(c.Name, c.Log)
	}
	if c.ErrorLog == nil {
		c.ErrorLog = silent
	}
	base, abort := context.WithCancel(context.Background())
	s := &Server{name: c.Name, conns: limit(listener, c.MaxConnections), drain: c.Drain, abort: abort}
	s.conns.introduce, s.conns.secure = c.Introduced, c.TLS != nil
	s.listener = s.conns
	if c.TLS != nil {
		s.listener = tls.NewListener(s.conns, s.conns.tls(c.TLS))
	}
	if s.drain == 0 {
		s.drain = drainTimeout
	}
	s.http = &http.Server{
		Handler:           guard(atMost(c.MaxConnections, c.Handler), c.Log),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout, // also of a body that net/http drains by itself
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes - headerSlop,
		ConnState:         s.conns.changed,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          c.ErrorLog,
		// "OPTIONS *" is a request like any other, and the doors refuse it.
		DisableGeneralOptionsHandler: true,
		Protocols:                    protocols(&c.Transport),
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReceiveBufferPerConnection: streamBuffers, MaxReceiveBufferPerStream: streamBuffer, WriteByteTimeout: stallTimeout},
	}
	return s, nil
}

var silent = log.New(io.Discard, "", 0)

// affordable returns how many connections a listener may have open when nobody
// says so.
func affordable(name string, log *slog.Logger) int {
	files := openFiles()
	if files/4 >= maxConnections {
		return maxConnections
	}
	most := max(files/4, 1)
	log.Info("the limit of open files (ulimit -n) bounds the connections", "listener", name, "connections", most, "open_files", files)
	return most
}

// Name returns the name that the Config gave.
func (s *Server) Name() string { return s.name }

// Address returns where the server listens, with the port that it took.
func (s *Server) Address() string {
	if a := s.conns.Addr(); a.Network() == "unix" {
		return unixPrefix + a.String()
	}
	return s.conns.Addr().String()
}

// Connections returns how many connections are open, and how many were closed
// so far to make room.
func (s *Server) Connections() (open int, evicted uint64) { return s.conns.stats() }

// Close closes the listener of a server that will not run.
func (s *Server) Close() error {
	s.abort()
	return s.conns.Close()
}

// Run serves until ctx is done. Then it accepts nothing new, lets requests
// that have begun end, and after the drain deadline closes what is left.
// Connections that were taken over (WebSockets) are closed at once: they have
// no end to wait for. An orderly end returns nil.
func (s *Server) Run(ctx context.Context) error {
	defer s.abort()
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("server: %s: %w", s.name, err)
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	_ = s.http.Shutdown(deadline) // an error says that some did not end in time
	s.conns.closeAll()
	<-served
	return nil
}

// A ListenError says that an address could not be listened on.
type ListenError struct {
	Name, Address string
	Err           error
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("server: %s %s: %v", e.Name, e.Address, e.Err)
}

func (e *ListenError) Unwrap() error { return e.Err }

// Detail says for a person what is wrong.
func (e *ListenError) Detail() string {
	if e.InUse() {
		return fmt.Sprintf("%s is in use by another program (%s)", e.Address, e.Name)
	}
	return fmt.Sprintf("cannot listen on %s (%s): %v", e.Address, e.Name, e.Err)
}

// Remedy says what to do.
func (e *ListenError) Remedy() string {
	switch {
	case e.InUse():
		return "stop that program, or listen elsewhere: change " + e.Name
	case errors.Is(e.Err, errNoSocket):
		return "it is never removed; move it away, or choose another path for " + e.Name
	case errors.Is(e.Err, fs.ErrPermission) && !strings.HasPrefix(e.Address, "unix:"):
		return "a port below 1024 takes a capability: AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit, or setcap cap_net_bind_service=+ep on the program; or choose another port for " + e.Name
	}
	return "choose another address for " + e.Name
}

// InUse reports whether another program listens there already.
func (e *ListenError) InUse() bool { return errors.Is(e.Err, syscall.EADDRINUSE) }
