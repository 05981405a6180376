package config

import (
	"net/netip"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

// A Transport is how a listener is spoken to, beside plain HTTP/1.1 on TCP.
type Transport struct {
	TLS           *TLS   // nil: plain HTTP
	H2C           bool   // HTTP/2 without TLS
	SocketMode    uint32 // of a Unix socket; 0: the usual one
	ProxyProtocol Peers  // who begins with a PROXY header
	Redirect      string // host:port that sends browsers to HTTPS; "" for none
}

// Peers are who connects, by network; and on Unix sockets, where there are no
// addresses.
type Peers struct {
	Networks []netip.Prefix
	Unix     bool
}

// A TLS is by which certificates a listener speaks TLS. One of both is there.
type TLS struct {
	Certificates []Certificate // the first is for clients that name no host
	Modern       bool          // TLS 1.3 only
	ACME         *ACME         // nil: none are ordered
}

// A Certificate is a chain and the key of its first certificate, which fit.
type Certificate struct {
	Name                string // of its file
	Chain               []byte // PEM
	Key                 edgeward.Secret
	Hosts               []string // that it is for
	NotBefore, NotAfter time.Time
}

// An ACME is where certificates are ordered (RFC 8555), for which hosts.
type ACME struct {
	Email     string // of the account; "" for none
	Directory string
	CA        []byte   // PEM, that the directory's certificate is verified by; nil: the system's
	Hosts     []string // that certificates are ordered for
	Cache     string   // folder of the account's key and the certificates
}

// unixPrefix begins the address of a Unix socket.
const unixPrefix = "unix:"

// OnSocket reports whether the address is that of a Unix socket.
func OnSocket(address string) bool { return strings.HasPrefix(address, unixPrefix) }

// defaultDirectory is that of Let's Encrypt.
const defaultDirectory = "https://acme-v02.api.letsencrypt.org/directory"
