package server

import (
	"crypto/tls"
	"net"
)

// A failure is why a connection came to nothing before its first request.
type failure = int32

const (
	unheard            failure = iota // it ended, or was too slow, before anything was sent
	notTLS                            // what was sent is not TLS
	noCertificate                     // there is none
	tooOld                            // the client knows no version that is spoken
	clientLeft                        // the client did not go on: it does not trust the certificate, or shares no cipher
	introductionFailed                // a declared peer sent no PROXY header
	failures
)

// failureNames are the kinds, as metrics call them.
var failureNames = [failures]string{"unheard", "not_tls", "no_certificate", "version", "client", "proxy_header"}

// Refused returns how many connections came to nothing before their first request,
// by kind: what the handshake failed for, or the PROXY header.
func (s *Server) Refused() map[string]uint64 {
	all := make(map[string]uint64, failures)
	for kind, name := range failureNames {
		all[name] = s.conns.refused[kind].Load()
	}
	return all
}

// tls returns what a listener shakes hands by: choose, after it was noted how far
// the handshake came.
func (c *connections) tls(choose func(*tls.ClientHelloInfo) (*tls.Config, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		config, err := choose(hello)
		if cn, ok := hello.Conn.(*conn); ok {
			cn.shake.failed.Store(wouldFail(hello, config, err))
		}
		return config, err
	}}
}

// wouldFail returns why a handshake that came so far fails, if it does.
func wouldFail(hello *tls.ClientHelloInfo, config *tls.Config, err error) failure {
	if err != nil || config == nil {
		return noCertificate
	}
	for _, version := range hello.SupportedVersions {
		if version >= config.MinVersion && version <= tls.VersionTLS13 {
			return clientLeft
		}
	}
	return tooOld
}

// note counts a connection that ended within its handshake.
func (c *connections) note(nc net.Conn, cn *conn) {
	over, ok := nc.(*tls.Conn)
	if !ok || cn.intro.err != nil || over.ConnectionState().HandshakeComplete {
		return
	}
	kind := cn.shake.failed.Load()
	if kind == unheard && cn.shake.heard.Load() {
		kind = notTLS
	}
	c.refused[kind].Add(1)
}

// beneath returns the connection that nc is, or speaks TLS over.
func beneath(nc net.Conn) (*conn, bool) {
	if over, ok := nc.(*tls.Conn); ok {
		nc = over.NetConn()
	}
	cn, ok := nc.(*conn)
	return cn, ok
}
