package proxy

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// An upstream is a base URL, prepared.
type upstream struct {
	scheme, host string
	path         string // canonical, without a trailing slash: prefixed to every path
	escaped      string // path, escaped
}

// CheckUpstream reports why base cannot be an upstream: it must be an absolute
// http or https URL with a host, without userinfo (a secret in a
// configuration), query or fragment, and its path must be canonical.
func CheckUpstream(base string) error {
	_, err := newUpstream(base)
	return err
}

func newUpstream(base string) (*upstream, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("proxy: upstream is not a URL") // err quotes it, secrets included
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("proxy: upstream has userinfo, which would be a secret in the configuration")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("proxy: upstream %q does not start with http:// or https://", base)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(base, "#"):
		return nil, fmt.Errorf("proxy: upstream %q has a query or a fragment", base)
	}
	host, err := canonical.Host(u.Host, u.Scheme)
	if err != nil {
		return nil, fmt.Errorf("proxy: upstream %q has no usable host", base)
	}
	path, err := canonical.Path(cmp.Or(u.EscapedPath(), "/"))
	if err != nil {
		return nil, fmt.Errorf("proxy: upstream %q has a path with two readings", base)
	}
	path = strings.TrimSuffix(path, "/")
	return &upstream{scheme: u.Scheme, host: host, path: path, escaped: canonical.EscapePath(path)}, nil
}

// url returns where r goes. Its path is spelled in one way, whatever the client
// wrote: what was decided is what is forwarded.
func (u *upstream) url(r *edgeward.Request) url.URL {
	return url.URL{
		Scheme:   u.scheme,
		Host:     u.host,
		Path:     u.path + r.Path,
		RawPath:  u.escaped + canonical.EscapePath(r.Path),
		RawQuery: r.RawQuery,
	}
}
