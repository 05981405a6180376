package worker

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/revocation"
)

// NewDoor returns the handler of a Worker whose decisions are d's.
func NewDoor(d edgeward.Decider, upstream string, hosts ...string) Handler {
	only, err := canonical.NewHosts(hosts)
	if err != nil {
		panic(err)
	}
	s := &System{
		hosts:  only,
		config: &Configuration{Upstream: upstream}, engine: d, revocations: new(revocation.Log), now: time.Now,
	}
	s.revoked.run = func(context.Context) error { return errors.New("nobody tells") }
	return s.Handle
}

// ImportKey makes a key that the platform verifies with.
var ImportKey = importKey

// PutCopy and GetCopy write and read one copy.
func PutCopy(ctx context.Context, c Copies, key string, made time.Time, content Frame) {
	c.put(ctx, key, made, content, cacheLife)
}

func GetCopy(ctx context.Context, c Copies, key string, now time.Time, maxAge time.Duration) (Frame, time.Time, bool) {
	return c.get(ctx, key, now, maxAge)
}

// LogTo has a Worker's log told to f.
func LogTo(s *System, f func(line string)) { s.log = f }
