// Package transport is how HTTP is spoken by the listeners of a gateway, and by it to
// upstreams: certificates, sockets, the PROXY protocol, the section upstreams. A Worker
// has none of it.
package transport

import (
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// A Transport is how a listener is spoken to, beside plain HTTP/1.1 on TCP.
type Transport struct {
	TLS           *TLS   // nil: plain HTTP
	H2C           bool   // HTTP/2 without TLS
	SocketMode    uint32 // of a Unix socket; 0: the usual one
	ProxyProtocol Peers  // who begins with a PROXY header
	Redirect      string // host:port that sends browsers to HTTPS; "" for none
}

// unixPrefix begins the address of a Unix socket.
const unixPrefix = "unix:"

// OnSocket reports whether the address is that of a Unix socket.
func OnSocket(address string) bool { return strings.HasPrefix(address, unixPrefix) }

// A Source is where the files are that the sections name; what it returns holds only
// without a fault.
type Source interface {
	// Locate returns the path of the file that the configuration calls name.
	Locate(name string) string
	// Certificate returns a chain and its key, which fit.
	Certificate(certificate, key string) (Certificate, *document.Fault)
	// ClientCertificate is Certificate for one by which we are the client.
	ClientCertificate(certificate, key string) (Certificate, *document.Fault)
	// Authority returns certificates in PEM that those of servers are verified by.
	Authority(reference string) ([]byte, *document.Fault)
}

// A decoder is what the sections are read by.
type decoder struct {
	*schema.Reader
	source Source
}

type (
	table[P any] = schema.Table[decoder, P]
	key[P any]   = schema.Key[decoder, P]
)

// transportTable has what the sections of listeners share. Each has rows of its own
// for those that make sense there.
var transportTable = table[*Transport]{
	Name: "a listener",
	Keys: []key[*Transport]{
		{Name: "tls", Kind: "mapping", Read: func(d decoder, n *document.Node, t *Transport) { t.TLS = tlsTable.ReadInto(d.Reader, d, n, &TLS{}) }},
		{Name: "h2c", Kind: "true or false", Read: func(d decoder, n *document.Node, t *Transport) { t.H2C = d.Boolean(n) }},
		{Name: "socket_mode", Kind: "text", Read: func(d decoder, n *document.Node, t *Transport) { t.SocketMode = d.fileMode(n) }},
		{Name: "proxy_protocol", Kind: "list of CIDR blocks", Read: func(d decoder, n *document.Node, t *Transport) { t.ProxyProtocol = ReadPeers(d.Reader, n) }},
		{Name: "redirect", Kind: "host:port", Read: func(d decoder, n *document.Node, t *Transport) { t.Redirect = d.tcpAddress(n) }},
	},
}

// Read reads the value n of one key of a listener into t.
func Read(r *schema.Reader, from Source, n *document.Node, name string, t *Transport) {
	transportTable.Keys[schema.Index(transportTable.Rows(), name)].Read(decoder{r, from}, n, t)
}

func (d decoder) tcpAddress(n *document.Node) string {
	return d.Held(n, ":80", func(s string) *document.Fault { return rule.TCPAddress(s, true) })
}

// fileMode reads "0660".
func (d decoder) fileMode(n *document.Node) uint32 {
	mode, err := strconv.ParseUint(n.Text, 8, 32)
	if n.Kind != document.Text && n.Kind != document.Number || err != nil || mode == 0 || mode > 0o777 {
		d.Refuse(n.Place, `like this: "0660"`, "this is not the mode of a file, in octal")
		return 0
	}
	return uint32(mode)
}

// Rows returns the keys of the tables.
func Rows() (upstream, health, tls, certificate, acme []schema.Row) {
	return upstreamTable.Rows(), healthTable.Rows(), tlsTable.Rows(), certificateTable.Rows(), acmeTable.Rows()
}
