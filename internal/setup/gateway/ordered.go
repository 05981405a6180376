package gateway

import (
	"reflect"

	"github.com/edgeward/edgeward/internal/certificate/ordered"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
)

// ordering is what orders the certificates of one listener, and by which
// configuration, so that a reload which does not change it keeps it.
type ordering struct {
	*ordered.Manager
	acme transport.ACME
	http bool
}

// order returns what orders the certificates of l: that of the old System, or a new
// one. It is nil where none are ordered.
func (s *System) order(l config.Listener, old *System) *ordering {
	if l.TLS.ACME == nil {
		return nil
	}
	o := &ordering{acme: *l.TLS.ACME, http: l.Redirect != ""}
	if old != nil && old.Secure[l.Key] != nil {
		if before := old.Secure[l.Key].ordered; before != nil && before.http == o.http && reflect.DeepEqual(before.acme, o.acme) {
			return before
		}
	}
	o.Manager = ordered.New(ordered.Config{
		Directory: o.acme.Directory, CA: o.acme.CA, Email: o.acme.Email, Hosts: o.acme.Hosts, Folder: o.acme.Cache,
		HTTP: o.http, Challenges: s.challenges, Log: s.log,
	})
	return o
}

// Orders returns how many orders of certificates succeeded and failed, and whether
// any are ordered at all.
func (s *System) Orders() (done, failed uint64, any bool) {
	for _, secure := range s.Secure {
		if secure.ordered != nil {
			d, f := secure.ordered.Orders()
			done, failed, any = done+d, failed+f, true
		}
	}
	return done, failed, any
}
