package door_test

import (
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// One request more than an instance can hold is asked to come again.
func TestOneRequestTooManyIsUnavailable(t *testing.T) {
	i := newIssuer(t)
	tasks, err := door.Boot(runtime.Frame{`{"proxy":{"listen":"127.0.0.1:8080","upstream":"https://o.example"},"routes":{"_middleware":{"authenticate":["bearer"]}},` +
		`"issuers":[{"issuer":"` + i.URL + `","audiences":["` + audience + `"],"jwks_uri":"` + i.URL + `/jwks"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	request := runtime.Frame{"GET", "https://edge.example/x", "192.0.2.1", "", "authorization", "Bearer " + i.token(t, time.Now())}.Append(nil)
	for id := range int32(runtime.MaxTasks) {
		if said := tasks.Start(id, request); said[0] != "effect" {
			t.Fatalf("task %d: %q", id, said)
		}
	}
	said := tasks.Start(runtime.MaxTasks, request)
	if len(said) < 3 || said[0] != "answer" || said[2] != "503" || !slices.Contains(said, "Retry-After") {
		t.Errorf("%q", said)
	}
}
