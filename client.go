package edgeward

import "net/netip"

// A Client is where a request came from, for people to recognise. It proves
// nothing: a client chooses its user agent.
type Client struct {
	IP        netip.Addr // unmapped and without a zone; invalid when unknown
	UserAgent string
}

// maxUserAgent bounds what is kept of a user agent, in bytes.
const maxUserAgent = 256

// Client returns who sent r.
func (r *Request) Client() Client { return Client{r.ClientIP, r.Header.First("User-Agent")} }

// Bounded returns c as it may stand in a row and on a terminal: 256 bytes of the
// user agent, in printable ASCII. It must make no row unreadable or too large.
func (c Client) Bounded() Client {
	agent := []byte(c.UserAgent[:min(len(c.UserAgent), maxUserAgent)])
	for i, b := range agent {
		if b < ' ' || b >= 0x7f {
			agent[i] = '?'
		}
	}
	return Client{c.IP.WithZone(""), string(agent)}
}
