package upstream

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// A target is a base URL, prepared.
type target struct {
	name         string // in messages: host:port, or unix:/path
	scheme, host string // what net/http connects by
	own          string // the Host that belongs to it
	path         string // canonical, without a trailing slash: prefixed to every path
	escaped      string // path, escaped
}

// Check reports why base cannot be an upstream: it must be an absolute http or
// https URL with a host, without userinfo (a secret in a configuration), query or
// fragment, and its path must be canonical; or unix: and the absolute path of a
// socket, where HTTP is spoken without TLS.
func Check(base string) error {
	_, err := parse(base)
	return err
}

func parse(base string) (*target, error) {
	if socket, ok := strings.CutPrefix(base, unixScheme); ok {
		return parseSocket(socket)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("upstream: this is not a URL") // err quotes it, secrets included
	}
	switch {
	case u.User != nil:
		return nil, errors.New("upstream: the URL has userinfo, which would be a secret in the configuration")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("upstream: %q does not start with http://, https:// or unix:/", base)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(base, "#"):
		return nil, fmt.Errorf("upstream: %q has a query or a fragment", base)
	}
	host, err := canonical.Host(u.Host, u.Scheme)
	if err != nil {
		return nil, fmt.Errorf("upstream: %q has no usable host", base)
	}
	at, err := canonical.Path(cmp.Or(u.EscapedPath(), "/"))
	if err != nil {
		return nil, fmt.Errorf("upstream: %q has a path with two readings", base)
	}
	at = strings.TrimSuffix(at, "/")
	return &target{name: host, scheme: u.Scheme, host: host, own: host, path: at, escaped: canonical.EscapePath(at)}, nil
}

const (
	unixScheme = "unix:"
	// maxSocket is what Linux has room for in the address of a socket, less the
	// closing zero.
	maxSocket = 107
	// socketHost begins the host by which net/http knows a socket. No URL has such a
	// host: see canonical.Host.
	socketHost = "!unix!"
)

// parseSocket makes the target of a Unix socket. It has no host of its own, so that
// an application which is sent its own sees localhost.
func parseSocket(socket string) (*target, error) {
	switch {
	case !strings.HasPrefix(socket, "/") || path.Clean(socket) != socket || socket == "/" || strings.ContainsFunc(socket, func(r rune) bool { return r < ' ' }):
		return nil, fmt.Errorf("upstream: unix:%q is not the absolute path of a socket in its shortest form", socket)
	case len(socket) > maxSocket:
		return nil, fmt.Errorf("upstream: the path of a socket has at most %d bytes", maxSocket)
	}
	return &target{name: unixScheme + socket, scheme: "http", host: socketHost + hex.EncodeToString([]byte(socket)), own: "localhost"}, nil
}

// socketOf returns the path of the socket that a host stands for.
func socketOf(host string) (string, bool) {
	digits, ok := strings.CutPrefix(host, socketHost)
	if !ok {
		return "", false
	}
	socket, err := hex.DecodeString(digits)
	return string(socket), err == nil
}

// url returns where r goes, by the path to. It is spelled in one way, whatever the
// client wrote: what was decided is what is forwarded.
func (t *target) url(r *edgeward.Request, to string) url.URL {
	return url.URL{
		Scheme:   t.scheme,
		Host:     t.host,
		Path:     t.path + to,
		RawPath:  t.escaped + canonical.EscapePath(to),
		RawQuery: r.RawQuery,
	}
}
