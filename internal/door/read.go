package door

import (
	"cmp"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// Read reads hr as the request that the client sent. Whatever has two readings
// is refused with [edgeward.MalformedRequest]. The header map is shared with hr,
// not copied.
func (d *Door) Read(hr *http.Request, v *Visit) error {
	peer := PeerOf(hr)
	r := &v.Request
	r.Header = edgeward.Header(hr.Header)
	r.ClientIP = d.Trusted.Client(peer, r.Header)
	v.chain = forwardedFor{d.Trusted, peer}

	var err error
	if r.Method, err = canonical.Method(hr.Method); err != nil {
		return err
	}
	if err := canonical.Headers(r.Header); err != nil {
		return err
	}
	if r.Scheme, err = d.scheme(hr, peer); err != nil {
		return err
	}
	if r.Host, err = canonical.Host(hr.Host, r.Scheme); err != nil {
		return err
	}
	if err := agreesWithField(r); err != nil {
		return err
	}
	return readTarget(hr, r)
}

// agreesWithField refuses a Host field that names another host than :authority does
// (RFC 9113 §8.3.1). net/http leaves it in a request in HTTP/2, so that one host
// would be decided on and another one be there for the application to read.
func agreesWithField(r *edgeward.Request) error {
	for _, field := range r.Header["Host"] {
		if host, err := canonical.Host(field, r.Scheme); err != nil || host != r.Host {
			return Malformed("the Host field is another than :authority")
		}
	}
	return nil
}

// readTarget reads what the wire said. When a handler around a middleware has
// changed the URL since (http.StripPrefix), what the application will see is
// decided, and both have to be canonical.
func readTarget(hr *http.Request, r *edgeward.Request) error {
	wire := hr.RequestURI
	if wire == "" { // made in this process
		wire = hr.URL.RequestURI()
	}
	target, err := canonical.RequestTarget(wire)
	if err != nil {
		return err
	}
	if err := target.Agrees(r.Scheme, r.Host); err != nil {
		return err
	}
	if target.Path != cmp.Or(hr.URL.Path, "/") || target.RawQuery != hr.URL.RawQuery {
		if target, err = canonical.RequestTarget(hr.URL.EscapedPath() + "?" + hr.URL.RawQuery); err != nil {
			return err
		}
	}
	r.Path, r.RawQuery = target.Path, target.RawQuery
	return nil
}

// scheme is that of the connection, unless a trusted proxy knows better.
func (d *Door) scheme(hr *http.Request, peer netip.Addr) (string, error) {
	if told := hr.Header["X-Forwarded-Proto"]; len(told) > 0 && d.Trusted.Contains(peer) {
		if len(told) > 1 {
			return "", Malformed("X-Forwarded-Proto is repeated")
		}
		return canonical.Scheme(told[0])
	}
	if hr.TLS != nil {
		return "https", nil
	}
	return "http", nil
}

// OnThisMachine reports whether hr, read as r, came without HTTPS and from this
// machine, through nothing but declared proxies on it: see
// [cookie.OnThisMachine].
func OnThisMachine(trusted *clientip.Trusted, hr *http.Request, r *edgeward.Request) bool {
	peer := PeerOf(hr)
	return cookie.OnThisMachine(r, peer, trusted.Nearby(peer, r.Header))
}

// UnknownPeer is the address of a peer for whom another one speaks, without a name.
const UnknownPeer = "unknown"

// PeerOf returns the address at the other end of the connection, or
// [clientip.Unix]. It is invalid when there is none, and for [UnknownPeer], also on
// a Unix socket; it is not trusted then.
func PeerOf(hr *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(hr.RemoteAddr)
	if err == nil {
		return peer.Addr()
	}
	if _, local := hr.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr); local && hr.RemoteAddr != UnknownPeer {
		return clientip.Unix
	}
	return netip.Addr{}
}

// ambiguous reports whether hr could have had two framings. Of a request with
// both Content-Length and Transfer-Encoding net/http takes the chunks and forgets
// the length; of one in HTTP/1.0, which has no chunks, it forgets the coding and
// takes the length, or no body at all. A proxy in front that reads it the other
// way takes the rest for the next client's request: the attacker's line, the
// victim's credential. RFC 9112 §6.1 demands that the connection ends then; since
// nothing tells such a request from an honest one any more, it ends after every
// chunked request and every one in HTTP/1.0.
func ambiguous(hr *http.Request) bool {
	return hr.ProtoMajor == 1 && (hr.ProtoMinor == 0 || len(hr.TransferEncoding) > 0)
}

// newID returns a request's id: 128 random bits, so that two nodes never give
// the same one and nobody can tell from it how much traffic there is, as 26
// letters and digits of RFC 4648's base 32. It is no secret, so that it need not
// come from crypto/rand: the runtime's ChaCha8, which the system has seeded, is
// ten times as fast.
func newID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var id [26]byte
	a, b := rand.Uint64(), rand.Uint64()
	for i := range 13 {
		id[i], id[13+i] = alphabet[a%32], alphabet[b%32]
		a, b = a/32, b/32
	}
	return string(id[:])
}

// IsID reports whether id has the form of a request's id.
func IsID(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < 'A' || 'Z' < c) && (c < '2' || '7' < c) {
			return false
		}
	}
	return len(id) == 26
}
