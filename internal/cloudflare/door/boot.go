package door

import (
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// Boot makes what answers requests in an instance. The frame is the configuration, and the
// names and values of the Worker's secrets.
func Boot(f runtime.Frame) (*runtime.Tasks, error) {
	if len(f)%2 == 0 {
		return nil, errors.New("worker: boot: a configuration, then names and values")
	}
	secrets := map[string]edgeward.Secret{}
	for pairs := f[1:]; len(pairs) > 0; pairs = pairs[2:] {
		secrets[pairs[0]] = edgeward.NewSecret(pairs[1])
	}
	c, err := ParseConfiguration(f[0], secrets)
	if err != nil {
		return nil, err
	}
	s, err := NewSystem(c, time.Now)
	if err != nil {
		return nil, err
	}
	return runtime.NewTasks(s.Handle, overloaded), nil
}
