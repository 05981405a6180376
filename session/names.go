package session

import (
	"strings"
	"sync"
)

// maxNames bounds what is shared. Issuers and permissions are few; should they
// not be, the rest is not shared.
const maxNames = 1024

// names holds the issuers and permissions of sessions once, whatever the number
// of sessions in the cache.
type names struct {
	mu    sync.Mutex
	known map[string]string
}

// share makes s refer to shared names and, beyond them, to nothing of the row
// that it was read from: an identity in the cache would keep all of it.
func (n *names) share(s *Session) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.Issuer, s.Subject = n.shared(s.Issuer), strings.Clone(s.Subject)
	for i, p := range s.Permissions {
		s.Permissions[i] = n.shared(p)
	}
}

// sharedAll returns all as shared names, in a list of their own.
func (n *names) sharedAll(all []string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	own := make([]string, len(all))
	for i := range all {
		own[i] = n.shared(all[i])
	}
	return own
}

// one returns name as a shared one, "" as it is.
func (n *names) one(name string) string {
	if name == "" {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.shared(name)
}

func (n *names) shared(name string) string {
	known, found := n.known[name]
	if found {
		return known
	}
	name = strings.Clone(name)
	if n.known == nil {
		n.known = map[string]string{}
	}
	if len(n.known) < maxNames {
		n.known[name] = name
	}
	return name
}
