package canonical

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

// MaxHosts bounds a list of hosts.
const MaxHosts = 1000

// Hosts are those that a door answers for. Nil are all; the zero value has none.
// It is immutable and safe for concurrent use.
type Hosts struct {
	exact    map[string]bool
	suffixes []string // with the dot that they begin with
}

// NewHosts reads names, without a port and in any case: "api.example.com", an IP
// address, or "*.example.com" for every name below example.com, of whatever
// depth, but not example.com itself. No names mean every host.
func NewHosts(names []string) (*Hosts, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if len(names) > MaxHosts {
		return nil, fmt.Errorf("canonical: %d hosts, at most %d", len(names), MaxHosts)
	}
	h := &Hosts{exact: map[string]bool{}}
	for _, name := range names {
		rest, below := strings.CutPrefix(name, "*.")
		host, err := Host(rest, "http")
		if err != nil || Hostname(host) != host || strings.HasSuffix(rest, ":80") {
			return nil, fmt.Errorf("canonical: %q is no host name", name)
		}
		if below && (strings.HasPrefix(host, "[") || numeric(host[strings.LastIndexByte(host, '.')+1:])) {
			return nil, fmt.Errorf("canonical: %q: nothing is below an IP address", name)
		}
		if below {
			h.suffixes = append(h.suffixes, "."+host)
		} else {
			h.exact[host] = true
		}
	}
	return h, nil
}

// Has reports whether host, canonical and with its port or without, is one of h.
func (h *Hosts) Has(host string) bool {
	if h == nil {
		return true
	}
	name := Hostname(host)
	if h.exact[name] {
		return true
	}
	for _, suffix := range h.suffixes {
		if len(name) > len(suffix) && strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// Check refuses a request for a host that h does not have.
func (h *Hosts) Check(host string) error {
	if h.Has(host) {
		return nil
	}
	return fmt.Errorf("canonical: nothing is configured for the host of the request: %w", edgeward.UnknownHost)
}

// Hostname returns a canonical host without its port.
func Hostname(host string) string {
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		return host[:colon]
	}
	return host
}
