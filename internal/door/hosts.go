package door

import (
	"net/http"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// OnlyHosts returns next for requests to d.Hosts; others are refused with
// [edgeward.UnknownHost] (421), whoever asks. An upstream that serves several
// virtual hosts chooses by Host, which the decision does not look at: without a
// list, whoever names another host reaches it by the rules of this one. What is
// no host at all is left to next, which refuses it.
func (d *Door) OnlyHosts(next http.Handler) http.Handler {
	if d.Hosts == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if host, err := canonical.Host(hr.Host, "http"); err != nil || d.Hosts.Has(host) { // a port decides nothing
			next.ServeHTTP(w, hr)
			return
		}
		Refuse(w, hr, d.ReceiveBy(hr, func(hr *http.Request, v *Visit) error {
			if err := d.Read(hr, v); err != nil {
				return err
			}
			return d.Hosts.Check(v.Request.Host)
		}))
	})
}
