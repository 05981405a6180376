package login

import (
	"strings"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// HandsOver reports whether sign-ins are handed over to an origin: that of a host
// that [Login.Over] was given, with the scheme and the port of the login's own
// origin, which it is not. Without HTTPS, where only this machine is served, it has
// to be a name of this machine, and listed by itself.
func (l *Login) HandsOver(scheme, host string) bool {
	ownScheme, ownHost, _ := strings.Cut(l.origin, "://")
	name := canonical.Hostname(host)
	if l.hosts == nil || scheme != ownScheme || host == ownHost || host[len(name):] != ownHost[len(canonical.Hostname(ownHost)):] {
		return false
	}
	entry, listed := l.hosts(host)
	if !listed {
		return false
	}
	return scheme == "https" || !strings.HasPrefix(entry, "*.") && (canonical.IsLoopback(name) || strings.HasSuffix(name, ".localhost"))
}

// Over returns a Login that hands sign-ins over to hosts, and shares with l all that
// it has found out.
func (l *Login) Over(hosts Hosts) *Login {
	over := *l
	over.hosts = hosts
	return &over
}

// Hosts says which entry lists a host, with or without a port: its name, or one
// that begins with "*.". It is safe for concurrent use.
type Hosts func(host string) (entry string, listed bool)

// HostPage reads where a user wants to return to as a page of a host that sign-ins
// are handed over to: an absolute URL whose origin is spelled exactly. ok is false
// for all else.
func (l *Login) HostPage(raw string) (origin, page string, ok bool) {
	target, err := canonical.RequestTarget(raw)
	if err != nil || target.Scheme == "" || !l.HandsOver(target.Scheme, target.Host) {
		return "", "", false
	}
	origin = target.Scheme + "://" + target.Host
	rest, ours := strings.CutPrefix(raw, origin)
	page, err = ReturnTo(rest, "", nil) // which begins with a slash
	return origin, page, ours && err == nil
}

// Destination reads where a user wants to return to, as [ReturnTo] does for the
// origin and the list of this login: a page of a host that sign-ins are handed over
// to is among it, in one spelling. Errors wrap [ErrReturnTo].
func (l *Login) Destination(raw string) (string, error) {
	if len(raw) <= MaxReturnTo {
		if origin, page, ok := l.HostPage(raw); ok {
			return origin + page, nil
		}
	}
	return ReturnTo(raw, l.origin, l.returnTo)
}
