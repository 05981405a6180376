package warn

import (
	"fmt"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// certificates says which certificates no browser takes now. It stops nothing: a
// gateway has other hosts, and a restart must not be what takes them down.
func certificates(c *config.Config, now time.Time) (all []string) {
	for _, l := range c.Listeners() {
		if l.TLS == nil {
			continue
		}
		for _, s := range l.TLS.Certificates {
			switch {
			case now.After(s.NotAfter):
				all = append(all, fmt.Sprintf("%s.tls.certificates: %s expired on %s: renew it", l.Section(), s.Name, s.NotAfter.UTC().Format(time.RFC3339)))
			case now.Before(s.NotBefore):
				all = append(all, fmt.Sprintf("%s.tls.certificates: %s is not valid before %s: look at the clock of this machine, or wait", l.Section(), s.Name, s.NotBefore.UTC().Format(time.RFC3339)))
			}
		}
	}
	return all
}
