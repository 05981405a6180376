package door

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/revocation"
)

// NewDoor returns the handler of a Worker whose decisions are d's.
func NewDoor(d edgeward.Decider, upstream string, hosts ...string) runtime.Handler {
	only, err := canonical.NewHosts(hosts)
	if err != nil {
		panic(err)
	}
	s := &System{
		hosts:  only,
		config: &Configuration{Config: &config.Config{Proxy: &config.Proxy{Upstream: upstream}}}, engine: d, revocations: new(revocation.Log), now: time.Now,
	}
	s.revoked.Run = func(context.Context) error { return errors.New("nobody tells") }
	return s.Handle
}

// LogTo has a Worker's log told to f.
func LogTo(s *System, f func(line string)) { s.log = f }
