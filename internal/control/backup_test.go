package control_test

import (
	"context"
	"os"

	"github.com/edgeward/edgeward/store/storetest"
)

// write is a Config.Backup that writes text.
func write(text string) func(context.Context, string) error {
	return func(_ context.Context, path string) error { return os.WriteFile(path, []byte(text), 0o600) }
}

// down is the plan of a store that answers nothing but what caches hold.
var down storetest.Plan = storetest.Down
